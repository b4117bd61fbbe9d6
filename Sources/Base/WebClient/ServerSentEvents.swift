/// One message of an event stream (`text/event-stream`).
package struct ServerSentEvent: Sendable, Hashable {
    /// Its type, "message" unless it says otherwise.
    package var type = "message"
    /// Its lines of data, joined by line feeds.
    package var data = ""
    /// The number of the last message that had one.
    package var id = ""
}

/// Cuts the bytes of an event stream into messages, as the HTML standard has it: lines end in CR, LF or both, a blank line ends
/// a message, one without data is none, and what the stream ends in the midst of is dropped.
package struct ServerSentEventParser {
    /// The most bytes of one message.
    package static let limit = 16 << 20

    private var line: [UInt8] = []
    private var event = ServerSentEvent()
    private var hasData = false
    private var size = 0
    private var isAfterReturn = false
    private var isFirstLine = true

    /// Makes a parser at the beginning of a stream.
    package init() {}

    /// Takes the next bytes; returns the messages that end in them.
    package mutating func parse(_ bytes: some Sequence<UInt8>) throws(HTTPFailure) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            defer { isAfterReturn = byte == UInt8(ascii: "\r") }
            switch byte {
            case UInt8(ascii: "\n") where isAfterReturn: break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if let event = endLine() { events.append(event) }
            default:
                line.append(byte)
                size += 1
                guard size <= Self.limit else {
                    throw HTTPFailure(reason: "one event has more than \(Self.limit) bytes", mayPass: false)
                }
            }
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        var text = line[...]
        if isFirstLine, text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        isFirstLine = false
        defer { line.removeAll(keepingCapacity: true) }
        guard !text.isEmpty else {
            defer {
                event = ServerSentEvent(id: event.id)
                (hasData, size) = (false, 0)
            }
            return hasData ? event : nil
        }
        let colon = text.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
        var value = text[min(colon + 1, text.endIndex)...]
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        let string = String(decoding: value, as: UTF8.self)
        switch String(decoding: text[..<colon], as: UTF8.self) {
        case "data":
            event.data += hasData ? "\n" + string : string
            hasData = true
        case "event": event.type = string.isEmpty ? "message" : string
        case "id" where !value.contains(0): event.id = string
        default: break
        }
        return nil
    }
}
