/// The printable characters with which byte-level vocabularies write bytes (from GPT-2's release).
enum ByteAlphabet {
    /// The scalar that stands for each byte.
    static let scalars: [Unicode.Scalar] = {
        var next: UInt32 = 256
        return (0...255 as ClosedRange<UInt32>).map { byte in
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(byte) ?? " "
            default:
                defer { next += 1 }
                return Unicode.Scalar(next) ?? " "
            }
        }
    }()

    static let scalarValues = scalars.map { UInt16(truncatingIfNeeded: $0.value) }

    /// The UTF-8 of the scalar that stands for each byte: one or two bytes.
    static let encoded: [[UInt8]] = scalars.map { Array(String($0).utf8) }

    private static let bytesByScalar: [UInt8?] = {
        var table = [UInt8?](repeating: nil, count: 0x144)
        for (byte, scalar) in scalars.enumerated() { table[Int(scalar.value)] = UInt8(byte) }
        return table
    }()

    /// The byte that `scalar` stands for.
    static func byte(for scalar: Unicode.Scalar) -> UInt8? {
        scalar.value < 0x144 ? bytesByScalar[Int(scalar.value)] : nil
    }

    /// The ids of the 256 pieces of a single byte, -1 where one is missing.
    static func ids(in vocabulary: Vocabulary) -> [Int32] { encoded.map { vocabulary.id(of: $0) ?? -1 } }

    /// The bytes that `piece` stands for, or nil if one of its characters stands for none.
    static func decode(_ piece: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(piece.count)
        for scalar in String(lossy: piece).unicodeScalars {
            guard let byte = byte(for: scalar) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    /// The byte that a piece such as `<0x0A>` stands for.
    static func fallbackByte(_ piece: some Collection<UInt8>) -> UInt8? {
        guard piece.count == 6, piece.starts(with: "<0x".utf8), piece.dropFirst(5).first == UInt8(ascii: ">") else {
            return nil
        }
        return UInt8(String(lossy: piece.dropFirst(3).prefix(2)), radix: 16)
    }

    /// The ids of the 256 fallback pieces `<0x00>` to `<0xFF>`, or nil if one is missing.
    static func fallbackIDs(in vocabulary: Vocabulary) -> [Int32]? {
        let digits = Array("0123456789ABCDEF".utf8)
        var ids: [Int32] = []
        for byte in 0..<256 {
            let piece = Array("<0x".utf8) + [digits[byte >> 4], digits[byte & 15], UInt8(ascii: ">")]
            guard let id = vocabulary.id(of: piece) else { return nil }
            ids.append(id)
        }
        return ids
    }
}
