import CKernels

/// Conversions to f16, for platforms where Swift has no `Float16` too.
package enum Half {
    /// The bits of the f16 number nearest to `value`, to the even one of two.
    package static func bits(rounding value: Float) -> UInt16 {
        var bits: UInt16 = 0
        withUnsafePointer(to: value) { _ = swiftlet_round_to_halves($0, 1, &bits) }
        return bits
    }

    /// The number that the bits of an f16 number stand for.
    package static func float(_ bits: UInt16) -> Float {
        var value: Float = 0
        withUnsafePointer(to: bits) { swiftlet_dequantize(SWIFTLET_FORMAT_F16, $0, 1, &value) }
        return value
    }

    /// The nearest number that f16 holds.
    package static func rounded(_ value: Float) -> Float { float(bits(rounding: value)) }
}
