/// Reads strings as Python's `repr` writes them, which is how RWKV lists its vocabulary.
enum PythonLiteral {
    /// The bytes that `text`, the inside of a literal, stands for; `\x` escapes are bytes in a literal of bytes, else
    /// characters.
    static func unescape(_ text: some Collection<UInt8>, isBytes: Bool) -> [UInt8] {
        var output: [UInt8] = []
        var rest = Array(text)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
                output.append(byte)
                continue
            }
            switch escape {
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "x"):
                guard let value = hexadecimal(&rest, 2) else { continue }
                output +=
                    isBytes
                    ? [UInt8(truncatingIfNeeded: value)]
                    : Array(String(Unicode.Scalar(UInt8(truncatingIfNeeded: value))).utf8)
            case UInt8(ascii: "u"), UInt8(ascii: "U"):
                if let value = hexadecimal(&rest, escape == UInt8(ascii: "u") ? 4 : 8) {
                    output += String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8
                }
            default: output.append(escape)
            }
        }
        return output
    }

    private static func hexadecimal(_ rest: inout ArraySlice<UInt8>, _ count: Int) -> UInt32? {
        defer { rest = rest.dropFirst(count) }
        return UInt32(String(lossy: rest.prefix(count)), radix: 16)
    }
}
