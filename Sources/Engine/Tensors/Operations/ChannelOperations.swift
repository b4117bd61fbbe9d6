// The protocol documents the methods.

/// Parts of rows, and how large rows are.
package protocol ChannelOperations: OperationTypes {
    /// Some channels of each row, `[tokens, range.count]`.
    func channels(_ range: Range<Int>, of input: Activations) -> Activations

    /// The root mean square of each row or its standard deviation, `[tokens, 1]`: what a normalization divides by.
    func magnitudes(_ input: Activations, _ kind: Normalization) -> Activations
}

extension ReferenceOperations {
    package func channels(_ range: Range<Int>, of input: Activations) -> Activations {
        Activations(
            values: (0..<input.tokens).flatMap { token in range.map { input.values[token * input.width + $0] } },
            width: range.count)
    }

    package func magnitudes(_ input: Activations, _ kind: Normalization) -> Activations {
        let values = (0..<input.tokens).map { token in
            let row = input.row(token).map(Double.init)
            let mean = kind == .deviation ? row.reduce(0, +) / Double(row.count) : 0
            let squares = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return Float((squares / Double(row.count)).squareRoot())
        }
        return Activations(values: values, width: 1)
    }
}

extension FastOperations {
    package func channels(_ range: Range<Int>, of input: Activations) -> Activations {
        let output = make(input.tokens, range.count)
        for token in 0..<input.tokens {
            output.row(token).update(from: input.row(token) + range.lowerBound, count: range.count)
        }
        return output
    }

    package func magnitudes(_ input: Activations, _ kind: Normalization) -> Activations {
        let output = make(input.tokens, 1)
        forEachRow(input.tokens, width: input.width) { token in
            output.values[token] = magnitude(input.row(token), input.width, kind).value
        }
        return output
    }
}

/// The root mean square or the standard deviation of values, and their mean, which is 0 for the former.
func magnitude(
    _ values: UnsafePointer<Float>, _ count: Int, _ kind: Normalization
) -> (value: Float, mean: Float) {
    var mean: Float = 0
    if kind == .deviation {
        for index in 0..<count { mean += values[index] }
        mean /= Float(count)
    }
    var squares: Float = 0
    for index in 0..<count { squares += (values[index] - mean) * (values[index] - mean) }
    return ((squares / Float(count)).squareRoot(), mean)
}
