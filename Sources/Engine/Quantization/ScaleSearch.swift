/// The searches for the scales of blocks, as llama.cpp makes its files: the same candidates and the same sums in the same
/// order, for eight blocks at once.
extension LaneBlocks {
    /// What magnitudes count as nothing.
    static let smallest: Float = 1e-15

    /// Finds scales for codes from `-levels` to `levels - 1` that make the weighted square error smallest, and the codes.
    ///
    /// Codes of blocks of zeros are `-levels`.
    func searchSymmetric(levels: Float) -> Lanes {
        let extreme = extremes()
        let isZero = extreme.absolute .< Lanes(repeating: Self.smallest)
        let maximum = extreme.replacing(with: 1, where: isZero)
        for index in 0..<count { scratch[index] = weights[index] * values[index] }
        var inverse = Lanes(repeating: -levels) / maximum
        var (products, squares) = fit(inverse, levels)
        var scale = (products / squares).replacing(with: 0, where: squares .== 0)
        var best = scale * products
        for step in -9...9 where step != 0 {
            let candidate = Lanes(repeating: -(levels + 0.1 * Float(step))) / maximum
            (products, squares) = fit(candidate, levels)
            let isBetter = (squares .> 0) .& (products * products .> best * squares)
            guard any(isBetter) else { continue }
            let fitted = products / squares
            scale.replace(with: fitted, where: isBetter)
            best.replace(with: fitted * products, where: isBetter)
            inverse.replace(with: candidate, where: isBetter)
        }
        for index in 0..<count {
            let code = (inverse * values[index]).nearest.clamped(-levels, levels - 1)
            codes[index] = code.replacing(with: Lanes(repeating: -levels), where: isZero)
        }
        return scale.replacing(with: 0, where: isZero)
    }

    /// The sums of products of weights, values and codes, and of weights and squared codes.
    @inline(__always)
    private func fit(_ inverse: Lanes, _ levels: Float) -> (products: Lanes, squares: Lanes) {
        var (products, squares) = (Lanes.zero, Lanes.zero)
        for index in 0..<count {
            let code = (inverse * values[index]).nearest.clamped(-levels, levels - 1)
            products += scratch[index] * code
            squares += weights[index] * code * code
        }
        return (products, squares)
    }

    /// The first of the values with the largest magnitude.
    func extremes() -> Lanes {
        var (extreme, largest) = (Lanes.zero, Lanes.zero)
        for index in 0..<count {
            let magnitude = values[index].absolute
            let isLarger = magnitude .> largest
            largest.replace(with: magnitude, where: isLarger)
            extreme.replace(with: values[index], where: isLarger)
        }
        return extreme
    }

    /// The candidates for the step of codes with a minimum.
    struct AffineSteps {
        /// Codes go from 0 to this.
        let levels: Float
        /// The first candidate is for `levels` plus this.
        let first: Float
        /// What is added for each next one.
        let increment: Float
        /// The number of the last one, from 0.
        let last: Int
        /// Whether magnitudes of errors are summed, not their squares.
        var sumsMagnitudes = false
    }

    /// Finds scales and minimums (none above zero) for codes from 0 that make the weighted error smallest, and the codes.
    func searchAffine(_ steps: AffineSteps) -> (scales: Lanes, minimums: Lanes) {
        let (lowest, highest, total, sum) = range()
        let isFlat = highest .== lowest
        // Codes are counted from the best minimum so far, not from the lowest value.
        var (minimum, firstValue) = (lowest, lowest)
        var inverse = Lanes(repeating: steps.levels) / (highest - lowest).replacing(with: 1, where: isFlat)
        var scale = 1 / inverse
        encode(inverse, minimum, steps.levels, into: codes)
        var best = error(of: codes, scale, minimum, steps.sumsMagnitudes)
        for step in 0...steps.last {
            let width = (highest - minimum).replacing(with: 1, where: isFlat)
            let candidate = Lanes(repeating: steps.first + steps.increment * Float(step) + steps.levels) / width
            let (codeSum, squareSum, productSum) = encode(candidate, minimum, steps.levels, into: scratch)
            let determinant = total * squareSum - codeSum * codeSum
            var fittedScale = (total * productSum - sum * codeSum) / determinant
            var fittedMinimum = (squareSum * sum - codeSum * productSum) / determinant
            let isPositive = fittedMinimum .> 0
            fittedMinimum.replace(with: 0, where: isPositive)
            fittedScale.replace(with: productSum / squareSum, where: isPositive)
            let error = error(of: scratch, fittedScale, fittedMinimum, steps.sumsMagnitudes)
            let isBetter = (determinant .> 0) .& (error .< best)
            guard any(isBetter) else { continue }
            best.replace(with: error, where: isBetter)
            inverse.replace(with: candidate, where: isBetter)
            firstValue.replace(with: minimum, where: isBetter)
            scale.replace(with: fittedScale, where: isBetter)
            minimum.replace(with: fittedMinimum, where: isBetter)
        }
        inverse.replace(with: 0, where: isFlat)
        encode(inverse, firstValue, steps.levels, into: codes)
        return (scale.replacing(with: 0, where: isFlat), minimum.replacing(with: lowest, where: isFlat))
    }

    /// The ends of the values (the lower one not above zero), the sum of weights and that of weighted values.
    private func range() -> (lowest: Lanes, highest: Lanes, total: Lanes, sum: Lanes) {
        var (lowest, highest, total) = (values[0], values[0], weights[0])
        var sum = total * values[0]
        for index in 1..<count {
            let (value, weight) = (values[index], weights[index])
            lowest.replace(with: value, where: value .< lowest)
            highest.replace(with: value, where: value .> highest)
            total += weight
            sum += weight * value
        }
        return (lowest.replacing(with: 0, where: lowest .> 0), highest, total, sum)
    }

    @inline(__always) @discardableResult
    private func encode(
        _ inverse: Lanes, _ lowest: Lanes, _ levels: Float, into codes: UnsafeMutablePointer<Lanes>
    ) -> (codes: Lanes, squares: Lanes, products: Lanes) {
        var (codeSum, squareSum, productSum) = (Lanes.zero, Lanes.zero, Lanes.zero)
        for index in 0..<count {
            let code = (inverse * (values[index] - lowest)).nearest.clamped(0, levels)
            codes[index] = code
            let weighted = weights[index] * code
            codeSum += weighted
            squareSum += weighted * code
            productSum += weighted * values[index]
        }
        return (codeSum, squareSum, productSum)
    }

    @inline(__always)
    private func error(
        of codes: UnsafeMutablePointer<Lanes>, _ scale: Lanes, _ minimum: Lanes, _ sumsMagnitudes: Bool
    ) -> Lanes {
        var sum = Lanes.zero
        if sumsMagnitudes {
            for index in 0..<count {
                sum += weights[index] * (scale * codes[index] + minimum - values[index]).absolute
            }
        } else {
            for index in 0..<count {
                let difference = scale * codes[index] + minimum - values[index]
                sum += weights[index] * (difference * difference)
            }
        }
        return sum
    }
}
