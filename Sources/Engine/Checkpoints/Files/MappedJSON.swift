import Files
import JSONValues

extension MappedFile {
    /// Reads the one JSON value that fills `range`; the errors of `body` are told with their place in the file.
    func readJSON<R>(
        _ range: Range<Int>, acceptsNonFinite: Bool = false, _ body: (inout JSONReader) throws(JSONError) -> R
    ) throws(CheckpointError) -> R {
        let slice = UnsafeRawBufferPointer(rebasing: bytes[range])
        defer { withExtendedLifetime(self) {} }
        do throws(JSONError) {
            var reader = JSONReader(
                slice.assumingMemoryBound(to: UInt8.self), source: path, acceptsNonFinite: acceptsNonFinite)
            let result = try body(&reader)
            try reader.finish()
            return result
        } catch {
            throw CheckpointError(
                path: path, location: "line \(error.line), column \(error.column)", reason: error.reason)
        }
    }

    /// The whole file as JSON, with what Python writes for numbers that JSON lacks.
    func json() throws(CheckpointError) -> JSON {
        try readJSON(0..<count, acceptsNonFinite: true) { (reader) throws(JSONError) in try reader.readValue() }
    }
}
