// The protocol documents these methods.

extension TapedOperations {
    package func normalize(_ input: TapedRows, _ norm: Norm<ParameterView>, groups: Int) -> TapedRows {
        let isTrained = norm.weight?.isTrainable == true || norm.bias?.isTrainable == true
        let output = make(input.tokens, input.width, isTracked: input.isTracked || isTrained)
        let width = input.width / groups
        // What each part was shifted by and multiplied with.
        let statistics = make(input.tokens, 2 * groups, isTracked: false)
        let (weight, bias) = (norm.weight?.values, norm.bias?.values)
        // Weights are as long as a row or as a part.
        let weightStep = norm.weight?.count == width ? 0 : width
        forEachRow(input.tokens, width: input.width) { token in
            for group in 0..<groups {
                let (values, out) = (input.row(token) + group * width, output.row(token) + group * width)
                var mean: Float = 0
                if norm.kind == .deviation {
                    for c in 0..<width { mean += values[c] }
                    mean /= Float(width)
                }
                var squares: Float = 0
                for c in 0..<width { squares += (values[c] - mean) * (values[c] - mean) }
                let factor = 1 / (squares / Float(width) + norm.epsilon).squareRoot()
                statistics.row(token)[2 * group] = mean
                statistics.row(token)[2 * group + 1] = factor
                for c in 0..<width {
                    let place = group * weightStep + c
                    out[c] = (values[c] - mean) * factor * (weight?[place] ?? 1) + (bias?[place] ?? 0)
                }
            }
        }
        record(output) { gradient in
            self.leadNormalized(gradient, input, norm, groups, statistics, weightStep)
        }
        return output
    }

    private func leadNormalized(
        _ gradient: UnsafeMutablePointer<Float>, _ input: TapedRows, _ norm: Norm<ParameterView>, _ groups: Int,
        _ statistics: TapedRows, _ weightStep: Int
    ) {
        let width = input.width / groups
        if input.isTracked {
            let (target, weight) = (input.openGradient(), norm.weight?.values)
            forEachRow(input.tokens, width: input.width) { token in
                for group in 0..<groups {
                    let start = token * input.width + group * width
                    let (values, outer, inner) = (input.values + start, gradient + start, target + start)
                    let mean = statistics.row(token)[2 * group]
                    let factor = statistics.row(token)[2 * group + 1]
                    var (sum, product) = (Float(0), Float(0))
                    for c in 0..<width {
                        let scaled = outer[c] * (weight?[group * weightStep + c] ?? 1)
                        sum += scaled
                        product += scaled * (values[c] - mean)
                    }
                    sum = norm.kind == .deviation ? sum / Float(width) : 0
                    product *= factor * factor / Float(width)
                    for c in 0..<width {
                        let scaled = outer[c] * (weight?[group * weightStep + c] ?? 1)
                        inner[c] += factor * (scaled - sum - (values[c] - mean) * product)
                    }
                }
            }
        }
        let weight = norm.weight.flatMap { $0.isTrainable ? $0.gradient : nil }
        let bias = norm.bias.flatMap { $0.isTrainable ? $0.gradient : nil }
        guard weight != nil || bias != nil else { return }
        forEachBlock(weightStep == 0 ? width : input.width) { block in
            for token in 0..<input.tokens {
                for group in weightStep == 0 ? 0..<groups : 0..<1 {
                    for channel in block {
                        let column = group * width + channel
                        let index = token * input.width + column
                        let part = statistics.row(token) + 2 * (column / width)
                        weight?[channel] += gradient[index] * (input.values[index] - part[0]) * part[1]
                        bias?[channel] += gradient[index]
                    }
                }
            }
        }
    }
}
