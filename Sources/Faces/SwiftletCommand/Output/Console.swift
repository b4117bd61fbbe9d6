import Platform

/// The command's two streams: answers on standard output, everything else on standard error.
enum Console {
    /// Writes text to standard output at once.
    static func write(_ text: String) throws(OutputError) {
        if let code = put(text, on: STDOUT_FILENO) { throw OutputError(code: code) }
    }

    /// Ends standard output, which is when some file systems find out that there is no room.
    static func finish() throws(OutputError) {
        if closeFile(STDOUT_FILENO) != 0, errno != EBADF { throw OutputError(code: errno) }
    }

    /// Writes to a terminal, of which nothing is kept.
    static func draw(_ text: String, on descriptor: Int32 = STDOUT_FILENO) {
        _ = put(text, on: descriptor)
    }

    /// Writes a line to standard error.
    static func note(_ text: String) {
        _ = put(text + "\n", on: STDERR_FILENO)
    }

    /// Says what is odd about a model's files.
    static func note(oddities: [String]) {
        for oddity in oddities { note("note: " + oddity) }
    }

    /// Reports an error the way every subcommand does.
    static func error(_ message: String) {
        note("error: " + message)
    }

    /// Writes all of `text`; returns the number of the error that prevents it.
    private static func put(_ text: String, on descriptor: Int32) -> Int32? {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = writeBytes(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                guard count > 0 else { return count < 0 ? errno : EIO }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            }
            return nil
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

    /// Whether standard input is a pipe or a file, not a terminal, a device, or closed.
    static var inputIsPiped: Bool {
        var status = stat()
        guard fstat(STDIN_FILENO, &status) == 0 else { return false }
        return [S_IFIFO, S_IFREG].contains(status.st_mode & S_IFMT)
    }

    /// What is piped or redirected in beside a text that was given; nothing if standard input is neither.
    static func pipedInput() throws(CommandError) -> [UInt8] {
        guard inputIsPiped else { return [] }
        if !inputComes(within: 2000) {
            note("waiting for the text that is piped in; with </dev/null there is none")
        }
        return try standardInput()
    }

    /// Whether standard input has something, or has ended, before `milliseconds` are over.
    static func inputComes(within milliseconds: Int32) -> Bool {
        var request = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, milliseconds) != 0
    }

    /// Whether a stream is a terminal.
    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }
}

/// Standard output cannot be written: what was asked for is not there.
struct OutputError: Error, CustomStringConvertible {
    /// The system's number of the error.
    var code: Int32

    /// Whether a reader left, who wants nothing more: no failure to speak of.
    var isClosedPipe: Bool { code == EPIPE }

    var description: String { "standard output cannot be written: \(String(cString: strerror(code)))" }
}

/// C's `close`.
private func closeFile(_ descriptor: Int32) -> Int32 { close(descriptor) }

/// C's `write`, which the method of that name hides.
private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

/// C's `read`, which the method of that name hides.
private func readBytes(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, bytes, count)
}
