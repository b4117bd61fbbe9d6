import CZlib

/// Unpacks what is packed with DEFLATE (RFC 1951), with zlib.
package enum Inflation {
    /// What stands around the packed bytes.
    package enum Wrapping {
        /// Nothing, as in zip archives.
        case none
        /// The header and checksum of gzip (RFC 1952), or zlib's.
        case gzip
    }

    package enum Failure: Error {
        /// The bytes are not what they should be, or end too early.
        case damaged
        /// More comes out than is allowed; so much came.
        case tooLarge(Int)
    }

    /// - Parameter limit: the most bytes that may come out: what a header says is not taken for true.
    package static func unpack(
        _ packed: some Collection<UInt8>, _ wrapping: Wrapping, limit: Int
    ) throws(Failure) -> [UInt8] {
        var result: [UInt8] = []
        var stream = z_stream()
        let window: Int32 = wrapping == .none ? -15 : 15 + 32
        guard inflateInit2_(&stream, window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .damaged
        }
        defer { inflateEnd(&stream) }
        var input = Array(packed)
        var piece = [UInt8](repeating: 0, count: 1 << 18)
        let status = input.withUnsafeMutableBufferPointer { input -> Int32 in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(clamping: input.count)
            while true {
                let status = piece.withUnsafeMutableBufferPointer { piece -> Int32 in
                    stream.next_out = piece.baseAddress
                    stream.avail_out = UInt32(piece.count)
                    return inflate(&stream, Z_NO_FLUSH)
                }
                result += piece.prefix(piece.count - Int(stream.avail_out))
                if status != Z_OK || result.count > limit { return status }
            }
        }
        guard result.count <= limit else { throw .tooLarge(result.count) }
        guard status == Z_STREAM_END else { throw .damaged }
        return result
    }
}
