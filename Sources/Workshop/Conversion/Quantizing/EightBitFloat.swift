/// Floats of 8 bits, 4 of them for the exponent (OCP E4M3).
enum EightBitFloat {
    /// The bits of the nearest number, of two the even one; beyond 448 the largest. What is no number stays none.
    static func bits(rounding value: Float) -> UInt8 {
        guard !value.isNaN else { return 0x7F }
        let sign: UInt8 = value.sign == .minus ? 0x80 : 0
        let magnitude = min(abs(value), 448)
        // Below 2^-6 the steps are all 2^-9.
        guard magnitude >= 0x1p-6 else { return sign | UInt8((magnitude * 512).rounded(.toNearestOrEven)) }
        let exponent = Int(magnitude.exponent)
        let step = Float(sign: .plus, exponent: exponent - 3, significand: 1)
        let steps = Int((magnitude / step).rounded(.toNearestOrEven))
        return sign | UInt8((exponent + 6) << 3 + steps)
    }
}
