import CZlib

/// Archives as office programs write them, for tests.
enum Archives {
    /// An archive of files in their order.
    static func zip(_ files: [(name: String, content: [UInt8])]) -> [UInt8] {
        var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
        for (name, content) in files {
            let packed = deflate(content)
            let sizes = number(0, 4) + number(packed.count, 4) + number(content.count, 4)
            let names = number(name.utf8.count, 2)
            directory += number(0x0201_4B50, 4) + number(20, 2) + number(20, 2) + number(0, 2) + number(8, 2)
            directory += number(0, 4) + sizes + names + number(0, 12) + number(bytes.count, 4) + Array(name.utf8)
            bytes += number(0x0403_4B50, 4) + number(20, 2) + number(0, 2) + number(8, 2) + number(0, 4)
            bytes += sizes + names + number(0, 2) + Array(name.utf8) + packed
        }
        let end =
            number(0x0605_4B50, 4) + number(0, 4) + number(files.count, 2) + number(files.count, 2)
            + number(directory.count, 4) + number(bytes.count, 4) + number(0, 2)
        return bytes + directory + end
    }

    static func zip(_ files: [(name: String, content: String)]) -> [UInt8] {
        zip(files.map { ($0.name, Array($0.content.utf8)) })
    }

    private static func number(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
    }

    private static func deflate(_ content: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        deflateInit2_(
            &stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        var (input, output) = (content, [UInt8](repeating: 0, count: content.count + 64))
        let capacity = output.count
        input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
                (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(capacity))
                _ = CZlib.deflate(&stream, Z_FINISH)
            }
        }
        return Array(output.prefix(capacity - Int(stream.avail_out)))
    }
}
