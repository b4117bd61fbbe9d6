/// How messages write what is not ASCII.
enum MailText {
    /// The text of bytes in a character set; sets that are not known are taken for what the bytes look like.
    static func text(_ bytes: [UInt8], characterSet: String?) -> String? {
        switch characterSet {
        case "iso-8859-1", "latin1", "windows-1252", "iso-8859-15": TextDecoding.windows1252(bytes)
        default: TextDecoding.text(bytes)
        }
    }

    /// Decodes base64 (RFC 4648), whatever stands between its characters.
    static func base64(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var (result, buffer, bits): ([UInt8], UInt32, Int) = ([], 0, 0)
        for byte in bytes {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte + 4
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: continue
            }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                result.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
                buffer &= 1 << UInt32(bits) - 1
            }
        }
        return result
    }

    /// Decodes quoted-printable (RFC 2045).
    static func quotedPrintable(_ bytes: some Sequence<UInt8>, underscoreIsSpace: Bool = false) -> [UInt8] {
        var result: [UInt8] = []
        var rest = Array(bytes)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "_"), underscoreIsSpace {
                result.append(0x20)
            } else if byte != UInt8(ascii: "=") {
                result.append(byte)
            } else if let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2 {
                result.append(value)
                rest = rest.dropFirst(2)
            } else {
                // An equals sign at the end of a line joins it with the next.
                rest = rest.drop { $0 == 0x20 || $0 == 0x0D }
                if rest.first == 0x0A { rest = rest.dropFirst() }
            }
        }
        return result
    }

    /// Decodes headers such as `=?utf-8?q?Gr=C3=BC=C3=9Fe?=` (RFC 2047).
    static func decodedWords(_ text: String) -> String {
        let pattern = /=\?([^?]+)\?([bBqQ])\?([^?]*)\?=(?:\s+(?==\?))?/
        return text.replacing(pattern) { match in
            let bytes = Array(match.3.utf8)
            let isBase64 = match.2.lowercased() == "b"
            let decoded = isBase64 ? base64(bytes) : quotedPrintable(bytes, underscoreIsSpace: true)
            return Self.text(decoded, characterSet: match.1.lowercased()) ?? String(match.0)
        }
    }
}
