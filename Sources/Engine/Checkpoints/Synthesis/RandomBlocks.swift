import Platform
import Tensors

/// Random weights of one storage type: every code is as likely as every other, the scales give the values a mean of 0 and
/// the wanted deviation.
struct RandomBlocks: Sendable {
    private let dataType: DataType
    /// The scale that all blocks have in common.
    private let scale: Float

    /// Makes weights with the given standard deviation; nil for a type that has no random form here.
    init?(_ dataType: DataType, deviation: Float) {
        guard let unit = Self.unitDeviation(of: dataType) else { return nil }
        self.dataType = dataType
        scale = deviation / unit
    }

    /// The types that files can be made of.
    static let dataTypes = DataType.allCases.filter { unitDeviation(of: $0) != nil }

    /// Fills whole blocks.
    func fill(_ bytes: UnsafeMutableRawBufferPointer, _ generator: inout SplitMix64) {
        guard let base = bytes.baseAddress else { return }
        switch dataType {
        case .f32: fillFloats(bytes, as: UInt32.self, &generator) { $0.bitPattern }
        case .f16: fillFloats(bytes, as: UInt16.self, &generator, Half.bits)
        case .bf16:
            fillFloats(bytes, as: UInt16.self, &generator) { UInt16($0.roundedToBFloat.bitPattern >> 16) }
        default:
            generator.fill(bytes)
            for offset in stride(from: 0, to: bytes.count, by: dataType.blockByteCount) {
                setScales(base + offset, generator.next())
            }
        }
    }

    private func fillFloats<Bits>(
        _ bytes: UnsafeMutableRawBufferPointer, as type: Bits.Type, _ generator: inout SplitMix64,
        _ bits: (Float) -> Bits
    ) {
        for index in 0..<bytes.count / MemoryLayout<Bits>.size {
            // Evenly distributed in -1..<1.
            let value = Float(Int32(truncatingIfNeeded: generator.next())) * 0x1p-31
            bytes.storeBytes(of: bits(value * scale), toByteOffset: index * MemoryLayout<Bits>.size, as: type)
        }
    }

    /// Puts scales in the place of random bits, where any bits would not do.
    private func setScales(_ block: UnsafeMutableRawPointer, _ random: UInt64) {
        // 0.75..<1.25, and either sign where codes lie a half off zero.
        let size = scale * (0.75 + Float(random & 0xFFFF) * 0x1p-17)
        let signed = random >> 63 == 0 ? size : -size
        func put(_ value: Float, at offset: Int) {
            block.storeBytes(of: Half.bits(rounding: value).littleEndian, toByteOffset: offset, as: UInt16.self)
        }
        switch dataType {
        case .q4x1, .q5x1:
            put(size, at: 0)
            put(size * (dataType == .q4x1 ? -7.5 : -15.5), at: 2)
        case .q2K:
            // The minimums of the sixteens have the same 4 bits as their scales.
            let bytes = block.assumingMemoryBound(to: UInt8.self)
            for index in 0..<16 { bytes[index] = bytes[index] & 15 | bytes[index] << 4 }
            put(size, at: 80)
            put(size * 1.5, at: 82)
        case .q4K, .q5K:
            // The same with 6 bits, of the thirty-twos.
            let bytes = block.assumingMemoryBound(to: UInt8.self)
            for index in 4..<8 {
                bytes[index + 4] = bytes[index]
                bytes[index + 8] = bytes[index + 8] & 15 | bytes[index + 8] << 4
            }
            put(size, at: 0)
            put(size * (dataType == .q4K ? 7.5 : 15.5), at: 2)
        case .q3K: put(signed, at: 108)
        case .q6K: put(signed, at: 208)
        case .mxfp4:
            // The power of two below the scale or the one above, so that the mean square is right.
            let isLarger = (scale / scale.binade - 1) * (scale / scale.binade + 1) / 3 * 0x1p16 > Float(random & 0xFFFF)
            block.storeBytes(of: UInt8(Int(scale.exponent) + 127 + (isLarger ? 1 : 0)), as: UInt8.self)
        default: put(signed, at: 0)
        }
    }

    /// The root mean square of the values with a scale of 1.
    private static func unitDeviation(of type: DataType) -> Float? {
        // Of n-bit codes around a zero point that is one of them, and around their mean.
        func signed(_ bits: Float) -> Float { ((pow(4, bits) + 2) / 12).squareRoot() }
        func centred(_ bits: Float) -> Float { ((pow(4, bits) - 1) / 12).squareRoot() }
        // Of unsigned block scales.
        func unsigned(_ bits: Float) -> Float { ((pow(2, bits) - 1) * (pow(2, bits + 1) - 1) / 6).squareRoot() }
        return switch type {
        case .f32, .f16, .bf16: Float(1.0 / 3).squareRoot()
        case .q4x0: signed(4)
        case .q4x1: centred(4)
        case .q5x0: signed(5)
        case .q5x1: centred(5)
        case .q8x0: signed(8)
        case .q2K: centred(2) * unsigned(4)
        case .q3K: signed(3) * signed(6)
        case .q4K: centred(4) * unsigned(6)
        case .q5K: centred(5) * unsigned(6)
        case .q6K: signed(6) * signed(8)
        case .iq4NL: 67.44
        case .iq4XS: 67.44 * signed(6)
        case .mxfp4: 2.93
        default: nil
        }
    }
}

/// SplitMix64 (Steele, Lea & Flood 2014): any number is a good seed, so that every row can have its own.
struct SplitMix64 {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        var offset = 0
        while offset + 8 <= bytes.count {
            bytes.storeBytes(of: next().littleEndian, toByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        var rest = next()
        while offset < bytes.count {
            bytes[offset] = UInt8(truncatingIfNeeded: rest)
            rest >>= 8
            offset += 1
        }
    }
}
