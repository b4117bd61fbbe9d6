import Files
package import JSONValues
import OrderedCollections

/// The key-value pairs of a GGUF file; arrays are decoded when they are asked for.
package struct GGUFMetadata: Sendable {
    let file: MappedFile
    var entries: OrderedDictionary<String, GGUFEntry> = [:]

    /// The keys, in the order of the file.
    package var keys: [String] { Array(entries.keys) }
    /// Whether the file has `key`.
    package func contains(_ key: String) -> Bool { entries[key] != nil }

    /// The string under `key`, nil if it is absent; another kind is an error.
    package func string(_ key: String) throws(CheckpointError) -> String? {
        guard let value = entries[key] else { return nil }
        guard case .string(let start) = value else { throw mismatch(key, "a string", value) }
        var cursor = FileCursor(file: file, offset: start)
        return try cursor.readString()
    }

    /// The integer under `key`, nil if it is absent; another kind, or one above `Int.max`, is an error.
    package func int(_ key: String) throws(CheckpointError) -> Int? {
        guard let entry = entries[key] else { return nil }
        guard case .number(let value) = entry else { throw mismatch(key, "an integer", entry) }
        if case .uint64(let number) = value, number > Int.max {
            throw CheckpointError(
                path: file.path, location: "key \(key)", reason: "\(number) is too large; at most \(Int.max)")
        }
        guard case .integer(let number) = value.json else { throw mismatch(key, "an integer", entry) }
        return number
    }

    /// The number under `key`, an integer too; nil if it is absent; another kind is an error.
    package func double(_ key: String) throws(CheckpointError) -> Double? {
        guard let entry = entries[key] else { return nil }
        guard case .number(let value) = entry, let number = value.json.doubleValue else {
            throw mismatch(key, "a number", entry)
        }
        return number
    }

    /// The Boolean under `key`, nil if it is absent; another kind is an error.
    package func bool(_ key: String) throws(CheckpointError) -> Bool? {
        guard let value = entries[key] else { return nil }
        guard case .number(.bool(let flag)) = value else { throw mismatch(key, "a Boolean", value) }
        return flag
    }

    /// The value under `key` as JSON, nested arrays too; nil if it is absent. Unsigned integers above `Int.max` become
    /// doubles; a string that is not valid UTF-8 is an error.
    package func json(_ key: String) throws(CheckpointError) -> JSON? {
        try value(key)?.json
    }

    /// The value under `key` with its own type, as `GGUFWriter` writes it back; nil if it is absent. A string that is not
    /// valid UTF-8 is an error.
    package func value(_ key: String) throws(CheckpointError) -> GGUFValue? {
        guard let entry = entries[key] else { return nil }
        return try value(entry)
    }

    private func value(_ entry: GGUFEntry) throws(CheckpointError) -> GGUFValue {
        switch entry {
        case .number(let value): return value
        case .string(let start):
            var cursor = FileCursor(file: file, offset: start)
            return .string(try cursor.readString())
        case .array(let type, let count, let start):
            var cursor = FileCursor(file: file, offset: start)
            var elements: [GGUFValue] = []
            elements.reserveCapacity(count)
            for _ in 0..<count { elements.append(try value(try cursor.readValue(type: type))) }
            return .array(elements, type: type)
        }
    }

    func mismatch(_ key: String, _ expected: String, _ found: GGUFEntry) -> CheckpointError {
        CheckpointError(path: file.path, location: "key \(key)", reason: "expected \(expected), found \(found.kind)")
    }
}
