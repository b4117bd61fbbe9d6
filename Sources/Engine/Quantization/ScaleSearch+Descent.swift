/// Searches that move one code after another while that makes the error smaller.
extension LaneBlocks {
    /// Finds scales for codes from `-levels` to `levels - 1`, errors weighted by the squares of the values, and the codes.
    ///
    /// Codes of blocks of zeros are `-levels`.
    func descendSymmetric(levels: Float) -> Lanes {
        let extreme = extremes()
        let isZero = extreme.absolute .< Lanes(repeating: Self.smallest)
        let inverse = Lanes(repeating: -levels) / extreme.replacing(with: 1, where: isZero)
        var (products, squares) = (Lanes.zero, Lanes.zero)
        for index in 0..<count {
            let code = (inverse * values[index]).nearest.clamped(-levels, levels - 1)
            codes[index] = code
            weights[index] = values[index] * values[index]
            scratch[index] = weights[index] * values[index]
            products += scratch[index] * code
            squares += weights[index] * code * code
        }
        for _ in 0..<5 {
            var hasChanged = false
            for index in 0..<count {
                let (code, weight) = (codes[index], weights[index])
                var otherProducts = products - scratch[index] * code
                var otherSquares = squares - weight * code * code
                let next = Self.wrapped(values[index] * otherSquares / otherProducts).clamped(-levels, levels - 1)
                let mayMove = (otherProducts .> 0) .& (next .!= code)
                otherProducts += scratch[index] * next
                otherSquares += weight * next * next
                let isBetter =
                    mayMove .& (otherSquares .> 0)
                    .& (otherProducts * otherProducts * squares .> products * products * otherSquares)
                guard any(isBetter) else { continue }
                codes[index].replace(with: next, where: isBetter)
                products.replace(with: otherProducts, where: isBetter)
                squares.replace(with: otherSquares, where: isBetter)
                hasChanged = true
            }
            if !hasChanged { break }
        }
        for index in 0..<count { codes[index].replace(with: Lanes(repeating: -levels), where: isZero) }
        let scale = (products / squares).replacing(with: 0, where: squares .<= 0)
        return scale.replacing(with: 0, where: isZero)
    }

    /// The nearest integers; what is too large wraps as it does in llama.cpp, whose codes depend on that.
    private static func wrapped(_ value: Lanes) -> Lanes {
        let bits = unsafeBitCast(value + 12_582_912, to: SIMD8<UInt32>.self) & 0x7F_FFFF
        // The bits are an integer plus 2^22, which are those of a number between 2^23 and 2^24 whose last bit is worth one.
        return unsafeBitCast(bits | 0x4B00_0000, to: Lanes.self) - 12_582_912
    }
}

/// The search for a scale of scales, which are not negative.
struct ScaleDescent {
    /// The values in whole steps of the scale.
    private(set) var codes: [Float]
    /// What a step is worth.
    private(set) var scale: Float = 0

    /// Finds the scale for codes from 0 to `levels` that makes the weighted square error smallest.
    init(_ values: [Float], weights: [Float], levels: Float) {
        codes = Array(repeating: 0, count: values.count)
        let maximum = values.reduce(Float(0), Float.larger)
        guard maximum >= LaneBlocks.smallest else { return }
        var inverse = levels / maximum
        var best = Self.error(values, weights, inverse, .infinity)
        for step in -4...4 where step != 0 {
            let candidate = (0.1 * Float(step) + levels) / maximum
            let error = Self.error(values, weights, candidate, levels)
            if error < best { (best, inverse) = (error, candidate) }
        }
        var (products, squares) = (Float(0), Float(0))
        for index in values.indices {
            let code = Swift.min(levels, (inverse * values[index]).nearest)
            codes[index] = code
            products += weights[index] * values[index] * code
            squares += weights[index] * code * code
        }
        for _ in 0..<5 where descend(values, weights, levels, &products, &squares) == false { break }
        scale = squares > 0 ? products / squares : 0
    }

    private static func error(_ values: [Float], _ weights: [Float], _ inverse: Float, _ levels: Float) -> Float {
        let scale = 1 / inverse
        var sum: Float = 0
        for (value, weight) in zip(values, weights) {
            let difference = value - scale * Swift.min(levels, (inverse * value).nearest)
            sum += weight * difference * difference
        }
        return sum
    }

    /// Moves each code once where that helps; tells whether any moved.
    private mutating func descend(
        _ values: [Float], _ weights: [Float], _ levels: Float, _ products: inout Float, _ squares: inout Float
    ) -> Bool {
        var hasChanged = false
        for (index, value) in values.enumerated() {
            let weight = weights[index]
            var otherProducts = products - weight * value * codes[index]
            var otherSquares = squares - weight * codes[index] * codes[index]
            guard otherProducts > 0, otherSquares > 0 else { continue }
            let next = Swift.min(levels, (value * otherSquares / otherProducts).nearest)
            guard next != codes[index] else { continue }
            otherProducts += weight * value * next
            otherSquares += weight * next * next
            if otherProducts * otherProducts * squares > products * products * otherSquares {
                (codes[index], products, squares) = (next, otherProducts, otherSquares)
                hasChanged = true
            }
        }
        return hasChanged
    }
}
