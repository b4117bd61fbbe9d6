/// Makes text of bytes that arrive in portions, and holds a character back until its last byte is there.
struct UTF8Assembler: Sendable {
    private var pending: [UInt8] = []

    /// Adds `bytes` and returns the text that nothing to come can change.
    mutating func append(_ bytes: [UInt8]) -> String {
        pending += bytes
        var end = pending.count
        for length in 1...3 where length <= pending.count {
            if Self.isIncomplete(pending.suffix(length)) {
                end = pending.count - length
                break
            }
        }
        let text = String(lossy: pending[..<end])
        pending.removeFirst(end)
        return text
    }

    /// The text of an incomplete character at the end: U+FFFD, or nothing.
    mutating func finish() -> String {
        defer { pending = [] }
        return String(lossy: pending)
    }

    /// Whether `bytes` are the beginning of a character and not all of it.
    static func isIncomplete(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first else { return false }
        let length: Int
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF: length = 3
        case 0xF0...0xF4: length = 4
        default: return false
        }
        guard bytes.count < length else { return false }
        for (index, byte) in bytes.dropFirst().enumerated() {
            var allowed: ClosedRange<UInt8> = 0x80...0xBF
            if index == 0 {
                switch first {
                case 0xE0: allowed = 0xA0...0xBF
                case 0xED: allowed = 0x80...0x9F
                case 0xF0: allowed = 0x90...0xBF
                case 0xF4: allowed = 0x80...0x8F
                default: break
                }
            }
            guard allowed.contains(byte) else { return false }
        }
        return true
    }
}
