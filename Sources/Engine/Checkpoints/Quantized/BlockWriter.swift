import Tensors

/// Writes blocks of 32 codes in the formats of `CKernels`: scale * (code - zero).
enum BlockWriter {
    /// Q4_0, whose zero is 8.
    static func writeHalfScaled(
        _ block: UnsafeMutableRawPointer, _ codes: UnsafePointer<UInt8>, _ scale: Float, _: Int32
    ) {
        block.storeBytes(of: Half.bits(rounding: scale), as: UInt16.self)
        pack(codes, into: block + 2)
    }

    /// INTEGERS8, of codes whose zero is 128.
    static func writeIntegers(
        _ block: UnsafeMutableRawPointer, _ codes: UnsafePointer<UInt8>, _ scale: Float, _: Int32
    ) {
        block.storeBytes(of: scale, as: Float.self)
        for index in 0..<32 { block.storeBytes(of: codes[index] ^ 0x80, toByteOffset: 4 + index, as: UInt8.self) }
    }

    /// CODES8.
    static func writeBytes(
        _ block: UnsafeMutableRawPointer, _ codes: UnsafePointer<UInt8>, _ scale: Float, _ zero: Int32
    ) {
        block.storeBytes(of: scale, as: Float.self)
        block.storeBytes(of: -scale * Float(zero), toByteOffset: 4, as: Float.self)
        (block + 8).copyMemory(from: codes, byteCount: 32)
    }

    /// CODES4.
    static func writeNibbles(
        _ block: UnsafeMutableRawPointer, _ codes: UnsafePointer<UInt8>, _ scale: Float, _ zero: Int32
    ) {
        block.storeBytes(of: scale, as: Float.self)
        block.storeBytes(of: -scale * Float(zero), toByteOffset: 4, as: Float.self)
        pack(codes, into: block + 8)
    }

    /// The first 16 codes in the low nibbles, the last 16 in the high ones.
    private static func pack(_ codes: UnsafePointer<UInt8>, into bytes: UnsafeMutableRawPointer) {
        let raw = UnsafeRawPointer(codes)
        let low = raw.loadUnaligned(as: SIMD16<UInt8>.self)
        let high = raw.loadUnaligned(fromByteOffset: 16, as: SIMD16<UInt8>.self)
        bytes.storeBytes(of: low | high &<< 4, as: SIMD16<UInt8>.self)
    }
}
