import CKernels

/// Conversions to f16, for platforms where Swift has no `Float16` too.
package enum Half {
    /// The bits of the f16 number nearest to `value`, to the even one of two.
    package static func bits(rounding value: Float) -> UInt16 {
        var bits: UInt16 = 0
        withUnsafePointer(to: value) { _ = swiftlet_round_to_halves($0, 1, &bits) }
        return bits
    }
}
