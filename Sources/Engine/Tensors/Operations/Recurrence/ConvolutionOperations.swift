// The protocol documents the methods.

/// Rows that see those before them.
package protocol ConvolutionOperations: OperationTypes {
    /// The row before each row in its sequence, zero at the beginning. Its state holds the last row.
    func shift(_ input: Activations, state: StateReference, spans: [BatchSpan<Cache>]) -> Activations

    /// A causal convolution of each channel over the last rows: `weight` is `[width, channels]`, the last row's factor
    /// last, `bias` `[channels]`. Its state holds the last `width - 1` rows.
    func convolve(
        _ input: Activations, weight: Vector, bias: Vector?, state: StateReference, spans: [BatchSpan<Cache>]
    ) -> Activations
}

extension ReferenceOperations {
    package func shift(_ input: Activations, state: StateReference, spans: [BatchSpan<Cache>]) -> Activations {
        var output = input
        forEachRow(spans, state, count: input.width) { row, state in
            output.values.replaceSubrange(row * input.width..<(row + 1) * input.width, with: state.map { Float($0) })
            state = input.row(row).map(Double.init)
        }
        return output
    }

    package func convolve(
        _ input: Activations, weight: [Float], bias: [Float]?, state: StateReference, spans: [BatchSpan<Cache>]
    ) -> Activations {
        var output = input
        forEachRow(spans, state, count: weight.count - input.width) { row, state in
            let taps = state + input.row(row).map(Double.init)
            for channel in 0..<input.width {
                output.values[row * input.width + channel] = Float(
                    stride(from: channel, to: taps.count, by: input.width).reduce(Double(bias?[channel] ?? 0)) {
                        $0 + Double(weight[$1]) * taps[$1]
                    })
            }
            state = Array(taps.dropFirst(input.width))
        }
        return output
    }
}

extension FastOperations {
    package func shift(_ input: Activations, state: StateReference, spans: [BatchSpan<SequenceCache>]) -> Activations {
        let output = make(input.tokens, input.width)
        for span in spans where !span.rows.isEmpty {
            let saved = span.cache.state(state)
            output.row(span.rows.lowerBound).update(from: saved, count: input.width)
            for row in span.rows.dropFirst() { output.row(row).update(from: input.row(row - 1), count: input.width) }
            saved.update(from: input.row(span.rows.upperBound - 1), count: input.width)
        }
        return output
    }

    package func convolve(
        _ input: Activations, weight: [Float], bias: [Float]?, state: StateReference, spans: [BatchSpan<SequenceCache>]
    ) -> Activations {
        let (output, channels) = (make(input.tokens, input.width), input.width)
        let history = weight.count / channels - 1
        forEachBlock(spans, channels: channels) { span, block in
            let saved = span.cache.state(state)
            /// The value `back` rows before a row; those before the span are in the state.
            func value(_ row: Int, _ back: Int, _ channel: Int) -> Float {
                let index = row - span.rows.lowerBound - back
                return index >= 0
                    ? input.row(row - back)[channel] : saved[(history + index) * channels + channel]
            }
            for row in span.rows {
                let out = output.row(row)
                for channel in block {
                    var sum = bias?[channel] ?? 0
                    for tap in 0...history {
                        sum += weight[tap * channels + channel] * value(row, history - tap, channel)
                    }
                    out[channel] = sum
                }
            }
            // Oldest first: each slot takes a value that is in a later slot or in the input.
            for slot in 0..<history {
                for channel in block {
                    saved[slot * channels + channel] = value(span.rows.upperBound - 1, history - 1 - slot, channel)
                }
            }
        }
        return output
    }
}
