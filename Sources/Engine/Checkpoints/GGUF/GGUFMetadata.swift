import Files
public import JSONValues
import OrderedCollections

/// The key-value pairs of a GGUF file; arrays are decoded when they are asked for.
public struct GGUFMetadata: Sendable {
    let file: MappedFile
    var entries: OrderedDictionary<String, GGUFValue> = [:]

    /// The keys, in the order of the file.
    public var keys: [String] { Array(entries.keys) }
    /// Whether the file has `key`.
    public func contains(_ key: String) -> Bool { entries[key] != nil }

    /// The string under `key`, nil if it is absent; another kind is an error.
    public func string(_ key: String) throws(CheckpointError) -> String? {
        guard let value = entries[key] else { return nil }
        guard case .string(let start) = value else { throw mismatch(key, "a string", value) }
        var cursor = FileCursor(file: file, offset: start)
        return try cursor.readString()
    }

    /// The integer under `key`, nil if it is absent; another kind, or one above `Int.max`, is an error.
    public func int(_ key: String) throws(CheckpointError) -> Int? {
        guard let value = entries[key] else { return nil }
        switch value {
        case .integer(let number): return number
        case .unsigned(let number):
            throw CheckpointError(
                path: file.path, location: "key \(key)", reason: "\(number) is too large; at most \(Int.max)")
        default: throw mismatch(key, "an integer", value)
        }
    }

    /// The number under `key`, an integer too; nil if it is absent; another kind is an error.
    public func double(_ key: String) throws(CheckpointError) -> Double? {
        switch entries[key] {
        case nil: return nil
        case .double(let number): return number
        case .integer(let number): return Double(number)
        case .unsigned(let number): return Double(number)
        case .some(let value): throw mismatch(key, "a number", value)
        }
    }

    /// The Boolean under `key`, nil if it is absent; another kind is an error.
    public func bool(_ key: String) throws(CheckpointError) -> Bool? {
        guard let value = entries[key] else { return nil }
        guard case .bool(let flag) = value else { throw mismatch(key, "a Boolean", value) }
        return flag
    }

    /// The value under `key` as JSON, nested arrays too; nil if it is absent. Unsigned integers above `Int.max` become
    /// doubles; a string that is not valid UTF-8 is an error.
    public func json(_ key: String) throws(CheckpointError) -> JSON? {
        guard let value = entries[key] else { return Optional.none }
        return try json(value)
    }

    private func json(_ value: GGUFValue) throws(CheckpointError) -> JSON {
        switch value {
        case .integer(let number): return .integer(number)
        case .unsigned(let number): return .number(Double(number))
        case .double(let number): return .number(number)
        case .bool(let flag): return .bool(flag)
        case .string(let start):
            var cursor = FileCursor(file: file, offset: start)
            return .string(try cursor.readString())
        case .array(let type, let count, let start):
            var cursor = FileCursor(file: file, offset: start)
            var elements: [JSON] = []
            elements.reserveCapacity(count)
            for _ in 0..<count { elements.append(try json(try cursor.readValue(type: type))) }
            return .array(elements)
        }
    }

    func mismatch(_ key: String, _ expected: String, _ found: GGUFValue) -> CheckpointError {
        CheckpointError(path: file.path, location: "key \(key)", reason: "expected \(expected), found \(found.kind)")
    }
}
