import Files
import JSONValues

extension MappedFile {
    /// Reads the one JSON value that fills `range`; the errors of `body` are told with their place in the file.
    func readJSON<R>(
        _ range: Range<Int>, _ body: (inout JSONReader) throws(JSONError) -> R
    ) throws(CheckpointError) -> R {
        let slice = UnsafeRawBufferPointer(rebasing: bytes[range])
        defer { withExtendedLifetime(self) {} }
        do throws(JSONError) {
            var reader = JSONReader(slice.assumingMemoryBound(to: UInt8.self), source: path)
            let result = try body(&reader)
            try reader.finish()
            return result
        } catch {
            throw CheckpointError(
                path: path, location: "line \(error.line), column \(error.column)", reason: error.reason)
        }
    }

    /// The whole file as JSON.
    func json() throws(CheckpointError) -> JSON {
        try readJSON(0..<count) { (reader) throws(JSONError) in try reader.readValue() }
    }
}
