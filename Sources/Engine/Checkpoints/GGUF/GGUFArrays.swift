extension GGUFMetadata {
    /// The strings under `key`, nil if it is absent; another kind is an error.
    package func strings(_ key: String) throws(CheckpointError) -> [String]? {
        guard let (start, _, count) = try array(key, of: "strings", where: { $0 == 8 }) else { return nil }
        var cursor = start
        var result: [String] = []
        result.reserveCapacity(count)
        for _ in 0..<count { result.append(try cursor.readString()) }
        return result
    }

    /// Calls `body` with the index and bytes of each string under `key`, which need not be valid UTF-8.
    ///
    /// Returns the count, nil if the key is absent; another kind is an error.
    package func withStringBytes(
        _ key: String, _ body: (Int, UnsafeBufferPointer<UInt8>) -> Void
    ) throws(CheckpointError) -> Int? {
        guard let (start, _, count) = try array(key, of: "strings", where: { $0 == 8 }) else { return nil }
        var cursor = start
        for index in 0..<count {
            let length = try cursor.readCount()
            let first = cursor.offset
            try cursor.skip(length)
            UnsafeRawBufferPointer(rebasing: file.bytes[first..<first + length]).withMemoryRebound(to: UInt8.self) {
                body(index, $0)
            }
        }
        return count
    }

    /// The integers under `key`, nil if it is absent; another kind, or one that does not fit, is an error.
    package func ints(_ key: String) throws(CheckpointError) -> [Int]? {
        guard let (start, type, count) = try array(key, of: "integers", where: { $0 <= 5 || $0 == 10 || $0 == 11 })
        else { return nil }
        var cursor = start
        var result: [Int] = []
        result.reserveCapacity(count)
        for _ in 0..<count {
            guard case .number(let value) = try cursor.readValue(type: type) else { continue }
            guard case .integer(let number) = value.json else {
                throw cursor.error("\(value) is too large", at: "key \(key)")
            }
            result.append(number)
        }
        return result
    }

    /// The numbers under `key`, nil if it is absent; another kind is an error.
    package func floats(_ key: String) throws(CheckpointError) -> [Float]? {
        guard let (start, type, count) = try array(key, of: "floats", where: { $0 == 6 || $0 == 12 })
        else { return nil }
        var cursor = start
        var result: [Float] = []
        result.reserveCapacity(count)
        for _ in 0..<count {
            switch try cursor.readValue(type: type) {
            case .number(.float32(let value)): result.append(value)
            case .number(.float64(let value)): result.append(Float(value))
            default: break
            }
        }
        return result
    }

    private func array(
        _ key: String, of what: String, where accepts: (UInt32) -> Bool
    ) throws(CheckpointError) -> (cursor: FileCursor, type: UInt32, count: Int)? {
        guard let value = entries[key] else { return nil }
        guard case .array(let type, let count, let offset) = value, accepts(type) else {
            throw mismatch(key, "an array of \(what)", value)
        }
        return (FileCursor(file: file, offset: offset), type, count)
    }
}
