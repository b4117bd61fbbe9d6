import JSONValues

extension JSONReader {
    /// Reads the one value that fills `bytes`; its errors become those of a tokenizer.
    static func readAll(
        _ bytes: [UInt8], source: String, _ body: (inout JSONReader) throws(JSONError) -> Void
    ) throws(TokenizerError) {
        // A typed error cannot leave the closure of the standard library by itself.
        var problem: JSONError?
        bytes.withUnsafeBufferPointer { buffer in
            var reader = JSONReader(buffer, source: source)
            do throws(JSONError) {
                try body(&reader)
                try reader.finish()
            } catch {
                problem = error
            }
        }
        if let problem { throw TokenizerError(problem) }
    }
}
