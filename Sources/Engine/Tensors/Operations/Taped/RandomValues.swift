/// Random numbers that depend on nothing but what they are for, so that a pass can be computed again.
struct RandomValues {
    /// Different for every pass and every place.
    var seed: UInt64

    /// The number of a place, from 0 up to 1.
    func unit(_ index: Int) -> Float {
        var bits = seed &+ UInt64(truncatingIfNeeded: index) &* 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        return Float(bits >> 40) * 0x1p-24
    }
}

/// Which values are left out in a pass.
struct DropoutMask {
    let values: RandomValues
    /// The share of the values that become zero.
    let share: Float

    /// The factor of a value: 0, or what makes up for the others.
    func factor(_ index: Int) -> Float { values.unit(index) < share ? 0 : 1 / (1 - share) }
}

extension TapedOperations {
    /// Adds noise to rows: to those of a text, uniform numbers within `strength` / sqrt(length x width).
    package func addNoise(_ strength: Float, to target: inout TapedRows, texts: [Range<Int>]) {
        let random = RandomValues(seed: randomSeed &* 0xD134_2543_DE82_EF95 &+ 1)
        let noise = make(target.tokens, target.width, isTracked: false)
        for rows in texts {
            let bound = strength / Float(rows.count * target.width).squareRoot()
            for index in rows.lowerBound * target.width..<rows.upperBound * target.width {
                noise.values[index] = bound * (2 * random.unit(index) - 1)
            }
        }
        add(noise, scale: 1, to: &target)
    }
}
