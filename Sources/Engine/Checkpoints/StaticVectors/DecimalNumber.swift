/// Numbers in decimal digits, as text files of vectors hold them by the million.
enum DecimalNumber {
    private static let powers: [Double] = {
        var powers = [1.0]
        // Powers of ten up to 10^22 are exact in f64, so one multiplication or division rounds correctly.
        for _ in 0..<22 { powers.append((powers.last ?? 1) * 10) }
        return powers
    }()

    /// The number rounded to f64 and then to f32, as the reference readers do; nil if the bytes are no finite number.
    static func float(_ bytes: Slice<UnsafeRawBufferPointer>) -> Float? {
        var position = bytes.startIndex
        let end = bytes.endIndex
        var isNegative = false
        if position < end, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
            isNegative = bytes[position] == UInt8(ascii: "-")
            position += 1
        }
        var (mantissa, digits, exponent, seesPoint): (UInt64, Int, Int, Bool) = (0, 0, 0, false)
        while position < end {
            let byte = bytes[position]
            if (0x30...0x39).contains(byte) {
                guard digits < 18 else { return slow(bytes) }
                mantissa = mantissa * 10 + UInt64(byte - 0x30)
                digits += mantissa == 0 ? 0 : 1
                if seesPoint { exponent -= 1 }
            } else if byte == UInt8(ascii: "."), !seesPoint {
                seesPoint = true
            } else {
                return slow(bytes)
            }
            position += 1
        }
        guard bytes.contains(where: { (0x30...0x39).contains($0) }) else { return nil }
        guard mantissa < 1 << 53, exponent >= -22 else { return slow(bytes) }
        let value = Double(mantissa) / powers[-exponent]
        return Float(isNegative ? -value : value)
    }

    /// Numbers with exponents or with very many digits.
    private static func slow(_ bytes: Slice<UnsafeRawBufferPointer>) -> Float? {
        guard bytes.count <= 1024, let value = Double(String(decoding: bytes, as: UTF8.self)) else { return nil }
        let rounded = Float(value)
        return rounded.isFinite ? rounded : nil
    }
}
