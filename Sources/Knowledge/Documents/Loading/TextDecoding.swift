/// Bytes of a file as text: UTF-8, UTF-16 with a byte-order mark, or else Windows-1252.
enum TextDecoding {
    /// The text without byte-order mark and with `\n` as the end of a line; nil if the bytes are none.
    static func text(_ bytes: [UInt8]) -> String? {
        guard let text = decode(bytes) else { return nil }
        return text.utf8.contains(UInt8(ascii: "\r")) ? withPlainLineEnds(text) : text
    }

    private static func decode(_ bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return String(decoding: bytes.dropFirst(3), as: UTF8.self) }
        if bytes.starts(with: [0xFF, 0xFE]) { return utf16(bytes.dropFirst(2), isLittleEndian: true) }
        if bytes.starts(with: [0xFE, 0xFF]) { return utf16(bytes.dropFirst(2), isLittleEndian: false) }
        let controls = bytes.reduce(0) { $0 + (isControl($1) ? 1 : 0) }
        if let text = String(validating: bytes, as: UTF8.self) { return controls * 10 <= bytes.count ? text : nil }
        guard controls * 100 <= bytes.count, !bytes.contains(0) else { return nil }
        return windows1252(bytes)
    }

    /// The text of bytes in Windows-1252, of which Latin-1 is the part that matters.
    static func windows1252(_ bytes: some Sequence<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        for byte in bytes {
            let value = (0x80...0x9F).contains(byte) ? upper[Int(byte) - 0x80] : UInt32(byte)
            text.append(Unicode.Scalar(value) ?? "\u{FFFD}")
        }
        return String(text)
    }

    private static let upper: [UInt32] = [
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD,
        0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0xFFFD, 0x017E, 0x0178,
    ]

    private static func utf16(_ bytes: ArraySlice<UInt8>, isLittleEndian: Bool) -> String {
        let bytes = Array(bytes)
        var units: [UInt16] = []
        for place in stride(from: 0, to: bytes.count - bytes.count % 2, by: 2) {
            let (first, second) = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
            units.append(isLittleEndian ? first | second << 8 : second | first << 8)
        }
        return String(decoding: units, as: UTF16.self)
    }

    private static func isControl(_ byte: UInt8) -> Bool {
        byte < 0x20 && !(0x08...0x0D).contains(byte) && byte != 0x1B
    }

    private static func withPlainLineEnds(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var isAfterReturn = false
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\n"), isAfterReturn {
                isAfterReturn = false
                continue
            }
            isAfterReturn = byte == UInt8(ascii: "\r")
            bytes.append(isAfterReturn ? UInt8(ascii: "\n") : byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension StringProtocol {
    /// Without white space around it.
    var trimmed: String {
        var rest = self[...].drop(while: \.isWhitespace)
        while rest.last?.isWhitespace ?? false { rest.removeLast() }
        return String(rest)
    }

    /// With single spaces for runs of white space.
    var collapsed: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
