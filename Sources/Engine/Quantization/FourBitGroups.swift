import Tensors

/// Scales of groups of columns whose weights become integers of 4 bits.
package enum FourBitGroups {
    /// A scale, and the code that stands for zero.
    package struct Range: Sendable, Hashable {
        package let scale: Float
        package let zero: UInt8

        package init(scale: Float, zero: UInt8) { (self.scale, self.zero) = (scale, zero) }

        package func code(_ value: Float) -> UInt8 {
            UInt8(min(15, max(0, (value / scale).rounded() + Float(zero))))
        }

        func value(_ code: UInt8) -> Float { scale * (Float(code) - Float(zero)) }
    }

    /// The range with the least square error among those with zero in the middle and scales that f16 holds.
    ///
    /// - Parameters:
    ///   - values: The weights of a group.
    ///   - importance: How much errors of each count.
    package static func symmetric(
        _ values: UnsafeBufferPointer<Float>, importance: UnsafeBufferPointer<Float>
    ) -> Range {
        let extreme = values.reduce(Float(0)) { max($0, abs($1)) }
        return best((0..<21).map { Range(scale: half(extreme / (5.5 + Float($0) / 4)), zero: 8) }, values, importance)
    }

    /// The range with the least square error among those that shorten what lies between the smallest and the largest weight,
    /// zero among them.
    package static func affine(
        _ values: UnsafeBufferPointer<Float>, importance: UnsafeBufferPointer<Float>
    ) -> Range {
        let (least, most) = values.reduce((Float(0), Float(0))) { (min($0.0, $1), max($0.1, $1)) }
        let ranges = (0..<16).map { step -> Range in
            let share = 1 - Float(step) / 32
            let scale = half(share * (most - least) / 15)
            return Range(scale: scale, zero: UInt8(min(15, max(0, (-share * least / scale).rounded()))))
        }
        return best(ranges, values, importance)
    }

    /// Smaller ones are subnormal in f16, larger ones infinite.
    private static func half(_ scale: Float) -> Float { Half.rounded(min(65504, max(scale, 0x1p-14))) }

    private static func best(
        _ ranges: [Range], _ values: UnsafeBufferPointer<Float>, _ importance: UnsafeBufferPointer<Float>
    ) -> Range {
        var (best, least) = (ranges[0], Float.infinity)
        for range in ranges {
            var error: Float = 0
            for index in values.indices {
                let difference = values[index] - range.value(range.code(values[index]))
                error += importance[index] * difference * difference
            }
            if error < least { (best, least) = (range, error) }
        }
        return best
    }
}
