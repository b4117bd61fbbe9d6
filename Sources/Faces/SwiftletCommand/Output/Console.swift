import Platform

/// The command's two streams: answers on standard output, everything else on standard error.
enum Console {
    /// Writes text to standard output at once.
    static func write(_ text: String) {
        write(text, to: STDOUT_FILENO)
    }

    /// Writes a line to standard error.
    static func note(_ text: String) {
        write(text + "\n", to: STDERR_FILENO)
    }

    /// Reports an error the way every subcommand does.
    static func error(_ message: String) {
        note("error: " + message)
    }

    static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = writeBytes(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            }
        }
    }

    /// Reads what standard input has into `buffer`, as C's `read` does.
    static func read(_ buffer: inout [UInt8]) -> Int { readBytes(STDIN_FILENO, &buffer, buffer.count) }

    /// All of standard input; an error if it cannot be read.
    static func standardInput() throws(CommandError) -> [UInt8] {
        var (content, buffer): ([UInt8], [UInt8]) = ([], Array(repeating: 0, count: 1 << 16))
        while true {
            let count = read(&buffer)
            if count == 0 { return content }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw CommandError("standard input cannot be read: \(String(cString: strerror(errno)))")
            }
            content += buffer[..<count]
        }
    }

    /// Whether a stream is a terminal.
    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }
}

/// C's `write`, which the method of that name hides.
private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

/// C's `read`, which the method of that name hides.
private func readBytes(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, bytes, count)
}
