// The protocol documents these methods.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import CKernels
import Platform

extension FastOperations {
    /// Channels that one thread takes at a time.
    private static let channelBlock = 64

    /// Runs `body` for each sequence and each block of channels.
    private func forEachBlock(
        _ spans: [BatchSpan<SequenceCache>], channels: Int, _ body: (BatchSpan<SequenceCache>, Range<Int>) -> Void
    ) {
        let blocks = (channels + Self.channelBlock - 1) / Self.channelBlock
        pool.run(spans.count * blocks) { item, _ in
            let first = item % blocks * Self.channelBlock
            body(spans[item / blocks], first..<min(channels, first + Self.channelBlock))
        }
    }

    public func shift(_ input: Activations, state: StateReference, spans: [BatchSpan<SequenceCache>]) -> Activations {
        let output = make(input.tokens, input.width)
        for span in spans where !span.rows.isEmpty {
            let saved = span.cache.state(state)
            output.row(span.rows.lowerBound).update(from: saved, count: input.width)
            for row in span.rows.dropFirst() { output.row(row).update(from: input.row(row - 1), count: input.width) }
            saved.update(from: input.row(span.rows.upperBound - 1), count: input.width)
        }
        return output
    }

    public func convolve(
        _ input: Activations, weight: [Float], bias: [Float], state: StateReference, spans: [BatchSpan<SequenceCache>]
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
                    var sum = bias.isEmpty ? 0 : bias[channel]
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

    public func scan(
        _ inputs: ScanInputs<Activations>, state: StateReference, spans: [BatchSpan<SequenceCache>]
    ) -> Activations {
        let (values, channels) = (inputs.values, inputs.values.width)
        let output = make(values.tokens, channels)
        let (rates, skip) = (constant(inputs.rates, width: channels), constant(inputs.skip, width: channels))
        forEachBlock(spans, channels: channels) { span, block in
            let first = span.rows.lowerBound
            var request = swiftlet_scan()
            request.tokens = span.rows.count
            request.channels = channels
            request.state_size = inputs.inputs.width
            request.x = UnsafePointer(values.row(first))
            request.steps = UnsafePointer(inputs.steps.row(first))
            request.b = UnsafePointer(inputs.inputs.row(first))
            request.c = UnsafePointer(inputs.outputs.row(first))
            request.a = UnsafePointer(rates.values)
            request.d = UnsafePointer(skip.values)
            request.state = span.cache.state(state)
            request.out = output.row(first)
            kernels.scan(&request, block.lowerBound, block.upperBound)
        }
        return output
    }

    public func averageFading(
        keys: Activations, values: Activations, fading: [Float], bonus: [Float], state: StateReference,
        spans: [BatchSpan<SequenceCache>]
    ) -> Activations {
        let (output, channels) = (make(keys.tokens, keys.width), keys.width)
        forEachBlock(spans, channels: channels) { span, block in
            let saved = span.cache.state(state)
            for channel in block {
                var average = FadingAverage(
                    numerator: saved[channel], denominator: saved[channels + channel],
                    exponent: saved[2 * channels + channel])
                for row in span.rows {
                    output.row(row)[channel] = average.update(
                        key: keys.row(row)[channel], value: values.row(row)[channel], decay: -exp(fading[channel]),
                        bonus: bonus[channel])
                }
                saved[channel] = average.numerator
                saved[channels + channel] = average.denominator
                saved[2 * channels + channel] = average.exponent
            }
        }
        return output
    }

    public func recur(
        receptance: Activations, keys: Activations, values: Activations, decay: [Float], bonus: [Float], heads: Int,
        state: StateReference, spans: [BatchSpan<SequenceCache>]
    ) -> Activations {
        let (output, size) = (make(keys.tokens, keys.width), keys.width / heads)
        let (decay, bonus) = (constant(decay, width: keys.width), constant(bonus, width: keys.width))
        pool.run(spans.count * heads) { item, _ in
            let (span, head) = (spans[item / heads], item % heads)
            let (first, column) = (span.rows.lowerBound, head * size)
            var request = swiftlet_head_recurrence()
            request.tokens = span.rows.count
            request.stride = keys.width
            request.size = Int32(size)
            request.r = UnsafePointer(receptance.row(first) + column)
            request.k = UnsafePointer(keys.row(first) + column)
            request.v = UnsafePointer(values.row(first) + column)
            request.decay = UnsafePointer(decay.values + column)
            request.first = UnsafePointer(bonus.values + column)
            request.state = span.cache.state(state) + head * size * size
            request.out = output.row(first) + column
            kernels.recur(&request)
        }
        return output
    }
}

/// An average whose weights are powers of e, kept relative to the largest exponent so that none overflows.
///
/// A denominator of 0 stands for no values yet, so a zeroed state is a beginning.
struct FadingAverage {
    var numerator: Float
    var denominator: Float
    var exponent: Float

    /// The average with the value at hand, which counts e^(bonus + key); then takes it up with e^key.
    mutating func update(key: Float, value: Float, decay: Float, bonus: Float) -> Float {
        let result = joined(exponent, key + bonus, value)
        let next = joined(exponent + decay, key, value)
        (numerator, denominator, exponent) = next
        return result.numerator / result.denominator
    }

    private func joined(
        _ old: Float, _ new: Float, _ value: Float
    ) -> (numerator: Float, denominator: Float, exponent: Float) {
        guard denominator > 0 else { return (value, 1, new) }
        let largest = max(old, new)
        let (oldWeight, newWeight) = (exp(old - largest), exp(new - largest))
        return (oldWeight * numerator + newWeight * value, oldWeight * denominator + newWeight, largest)
    }
}
