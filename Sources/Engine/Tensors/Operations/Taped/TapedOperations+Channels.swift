// The protocol documents these methods.

extension TapedOperations {
    package func channels(_ range: Range<Int>, of input: TapedRows) -> TapedRows {
        let output = make(input.tokens, range.count, isTracked: input.isTracked)
        for token in 0..<input.tokens {
            output.row(token).update(from: input.row(token) + range.lowerBound, count: range.count)
        }
        record(output) { gradient in
            let target = input.openGradient()
            for token in 0..<input.tokens {
                let inner = target + token * input.width + range.lowerBound
                self.kernels.add(inner, gradient + token * range.count, 1, range.count)
            }
        }
        return output
    }

    package func magnitudes(_ input: TapedRows, _ kind: Normalization) -> TapedRows {
        let (output, width) = (make(input.tokens, 1, isTracked: input.isTracked), input.width)
        let means = make(input.tokens, 1, isTracked: false)
        forEachRow(input.tokens, width: width) { token in
            (output.values[token], means.values[token]) = magnitude(input.row(token), width, kind)
        }
        record(output) { gradient in
            let target = input.openGradient()
            self.forEachRow(input.tokens, width: width) { token in
                // Of a row of zeros the slope is taken to be 0.
                guard output.values[token] > 0 else { return }
                let factor = gradient[token] / (Float(width) * output.values[token])
                let (values, inner) = (input.row(token), target + token * width)
                for channel in 0..<width { inner[channel] += factor * (values[channel] - means.values[token]) }
            }
        }
        return output
    }
}
