// The protocol documents these methods.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Platform

extension ReferenceOperations {
    /// Runs `step` for each row in the order of its sequence with the sequence's state, which begins as zeros.
    private func forEachRow(
        _ spans: [BatchSpan<Cache>], _ reference: StateReference, count: Int,
        _ step: (_ row: Int, _ state: inout [Float]) -> Void
    ) {
        for span in spans {
            var state = span.cache.states[reference] ?? [Float](repeating: 0, count: count)
            for row in span.rows { step(row, &state) }
            span.cache.states[reference] = state
        }
    }

    public func shift(_ input: Activations, state: StateReference, spans: [BatchSpan<Cache>]) -> Activations {
        var output = input
        forEachRow(spans, state, count: input.width) { row, state in
            output.values.replaceSubrange(row * input.width..<(row + 1) * input.width, with: state)
            state = Array(input.row(row))
        }
        return output
    }

    public func convolve(
        _ input: Activations, weight: [Float], bias: [Float], state: StateReference, spans: [BatchSpan<Cache>]
    ) -> Activations {
        var output = input
        forEachRow(spans, state, count: weight.count - input.width) { row, state in
            let taps = state + input.row(row)
            for channel in 0..<input.width {
                output.values[row * input.width + channel] =
                    stride(from: channel, to: taps.count, by: input.width).reduce(bias.isEmpty ? 0 : bias[channel]) {
                        $0 + weight[$1] * taps[$1]
                    }
            }
            state = Array(taps.dropFirst(input.width))
        }
        return output
    }

    public func scan(
        _ inputs: ScanInputs<Activations>, state: StateReference, spans: [BatchSpan<Cache>]
    ) -> Activations {
        var output = inputs.values
        let (channels, size) = (inputs.values.width, inputs.inputs.width)
        forEachRow(spans, state, count: channels * size) { row, state in
            for channel in 0..<channels {
                let (x, step) = (
                    inputs.values.values[row * channels + channel], inputs.steps.values[row * channels + channel]
                )
                var sum = inputs.skip[channel] * x
                for n in 0..<size {
                    let index = n * channels + channel
                    state[index] =
                        state[index] * exp(step * inputs.rates[index]) + step * inputs.inputs.values[row * size + n] * x
                    sum += state[index] * inputs.outputs.values[row * size + n]
                }
                output.values[row * channels + channel] = sum
            }
        }
        return output
    }

    public func averageFading(
        keys: Activations, values: Activations, fading: [Float], bonus: [Float], state: StateReference,
        spans: [BatchSpan<Cache>]
    ) -> Activations {
        var output = values
        let channels = keys.width
        forEachRow(spans, state, count: 3 * channels) { row, state in
            for channel in 0..<channels {
                var average = FadingAverage(
                    numerator: state[channel], denominator: state[channels + channel],
                    exponent: state[2 * channels + channel])
                output.values[row * channels + channel] = average.update(
                    key: keys.values[row * channels + channel], value: values.values[row * channels + channel],
                    decay: -exp(fading[channel]), bonus: bonus[channel])
                state[channel] = average.numerator
                state[channels + channel] = average.denominator
                state[2 * channels + channel] = average.exponent
            }
        }
        return output
    }

    public func recur(
        receptance: Activations, keys: Activations, values: Activations, decay: [Float], bonus: [Float], heads: Int,
        state: StateReference, spans: [BatchSpan<Cache>]
    ) -> Activations {
        var output = values
        let (width, size) = (keys.width, keys.width / heads)
        forEachRow(spans, state, count: width * size) { row, state in
            for channel in 0..<width {
                let (head, j) = (channel / size, channel % size)
                var sum: Float = 0
                for i in 0..<size {
                    let (key, index) = (head * size + i, (head * size + i) * size + j)
                    let product = keys.values[row * width + key] * values.values[row * width + channel]
                    sum += receptance.values[row * width + key] * (bonus[key] * product + state[index])
                    state[index] = decay[key] * state[index] + product
                }
                output.values[row * width + channel] = sum
            }
        }
        return output
    }
}
