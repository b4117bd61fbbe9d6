extension JSONReader {
    /// Reads a string and gives `body` its UTF-8, which is valid until `body` returns; for the hundred thousands of
    /// strings of a vocabulary, of which none need become a `String`.
    package mutating func readStringBytes(
        _ body: (inout JSONReader, UnsafeBufferPointer<UInt8>) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard peek() == UInt8(ascii: "\"") else { throw error("expected a string") }
        let start = position + 1
        var end = start
        var union: UInt8 = 0
        while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"), bytes[end] >= 0x20
        {
            union |= bytes[end]
            end += 1
        }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else {
            // Escapes, and whatever is wrong, are left to the slower way.
            let text = try readString()
            return try Array(text.utf8).withUnsafeBufferPointer { (text) throws(JSONError) in try body(&self, text) }
        }
        let text = UnsafeBufferPointer(rebasing: bytes[start..<end])
        guard union < 0x80 || isUTF8(text) else { throw error("the string is not valid UTF-8", at: start) }
        position = end + 1
        try body(&self, text)
    }

    /// Calls `body` for each member of the object that comes next with the UTF-8 of its key, which is valid until
    /// `body` returns; `body` must read or skip the member's value.
    package mutating func readObjectBytes(
        _ body: (inout JSONReader, UnsafeBufferPointer<UInt8>) throws(JSONError) -> Void
    ) throws(JSONError) {
        try enter(UInt8(ascii: "{"), "an object")
        if !consume(UInt8(ascii: "}")) {
            repeat {
                try readStringBytes { (reader, key) throws(JSONError) in
                    guard reader.consume(UInt8(ascii: ":")) else { throw reader.error("expected ':' after a key") }
                    try body(&reader, key)
                }
            } while consume(UInt8(ascii: ","))
            guard consume(UInt8(ascii: "}")) else { throw error("expected ',' or '}' after a member") }
        }
        depth -= 1
    }

    /// Reads a plain integer of at most 18 digits, or nil (and nothing is read) if something else comes next.
    mutating func readShortInteger() -> Int? {
        guard let first = peek(), first &- UInt8(ascii: "0") < 10 else { return nil }
        var end = position
        var value = 0
        while end < bytes.count, bytes[end] &- UInt8(ascii: "0") < 10, end - position < 19 {
            value = value &* 10 &+ Int(bytes[end] &- UInt8(ascii: "0"))
            end += 1
        }
        let isPlain = first != UInt8(ascii: "0") || end - position == 1
        guard isPlain, end - position < 19, end < bytes.count else { return nil }
        switch bytes[end] {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), 0x20, 0x0A, 0x0D, 0x09: break
        default: return nil
        }
        position = end
        return value
    }
}

/// Whether `text` is well-formed UTF-8 (table 3-7 of the Unicode standard).
private func isUTF8(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var index = 0
    while index < text.count {
        let first = text[index]
        index += 1
        if first < 0x80 { continue }
        let following: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: following = 1
        case 0xE0: (following, second) = (2, 0xA0...0xBF)
        case 0xED: (following, second) = (2, 0x80...0x9F)
        case 0xE1...0xEF: following = 2
        case 0xF0: (following, second) = (3, 0x90...0xBF)
        case 0xF1...0xF3: following = 3
        case 0xF4: (following, second) = (3, 0x80...0x8F)
        default: return false
        }
        guard index + following <= text.count, second.contains(text[index]) else { return false }
        for next in index + 1..<index + following where text[next] & 0xC0 != 0x80 { return false }
        index += following
    }
    return true
}
