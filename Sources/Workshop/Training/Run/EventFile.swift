import Files
import Platform

/// A file of events as TensorBoard reads them: records of TensorFlow with `Event` messages of numbers.
final class EventFile {
    private let file: OutputFile

    /// Begins a file in `folder`, which is made if need be.
    init(folder: String) throws(FileError) {
        try FileSystem.createFolder(folder)
        let now = Self.now
        file = try OutputFile(path: "\(folder)/events.out.tfevents.\(Int(now)).swiftlet.\(getpid())", at: .end)
        try write(ProtocolMessage().double(1, now).text(3, "brain.Event:2"))
    }

    /// Adds the numbers of a step under their names.
    func add(step: Int, _ values: [(name: String, value: Double)]) throws(FileError) {
        var summary = ProtocolMessage()
        for (name, value) in values {
            summary = summary.message(1, ProtocolMessage().text(1, name).float(2, Float(value)))
        }
        try write(ProtocolMessage().double(1, Self.now).integer(2, step).message(5, summary))
    }

    private func write(_ message: ProtocolMessage) throws(FileError) {
        let length = Self.littleEndian(UInt64(message.bytes.count))
        let record =
            length + Self.littleEndian(CRC32C.masked(length)) + message.bytes
            + Self.littleEndian(CRC32C.masked(message.bytes))
        try file.write(record)
    }

    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}

/// A message in the wire format of protocol buffers.
struct ProtocolMessage {
    private(set) var bytes: [UInt8] = []

    func integer(_ field: Int, _ value: Int) -> Self { adding(field, 0, Self.varint(UInt64(bitPattern: Int64(value)))) }
    func double(_ field: Int, _ value: Double) -> Self {
        adding(field, 1, withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) })
    }
    func float(_ field: Int, _ value: Float) -> Self {
        adding(field, 5, withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) })
    }
    func text(_ field: Int, _ text: String) -> Self { delimited(field, Array(text.utf8)) }
    func message(_ field: Int, _ message: ProtocolMessage) -> Self { delimited(field, message.bytes) }

    private func delimited(_ field: Int, _ content: [UInt8]) -> Self {
        adding(field, 2, Self.varint(UInt64(content.count)) + content)
    }

    private func adding(_ field: Int, _ wireType: UInt64, _ content: [UInt8]) -> Self {
        var message = self
        message.bytes += Self.varint(UInt64(field) << 3 | wireType) + content
        return message
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var (rest, bytes) = (value, [UInt8]())
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
