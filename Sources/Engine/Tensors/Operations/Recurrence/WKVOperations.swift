// The protocol documents the methods.

import CKernels
import Platform

/// RWKV's time mixing.
package protocol WKVOperations: OperationTypes {
    /// RWKV-4's: the weighted average of all values so far, by channel (Peng et al. 2023). Weights are e^key, which fade by
    /// e^-e^`timeDecay` a step; the current one counts e^(`timeFirst` + key). The state is `[3, channels]`.
    func wkv4(
        keys: Activations, values: Activations, timeDecay: Vector, timeFirst: Vector, state: StateReference,
        spans: [BatchSpan<Cache>]
    ) -> Activations

    /// RWKV-5's: each head's state `[headSize, headSize]` fades by `decay` a step and takes up key times value; `timeFirst`
    /// is the current product's factor (Peng et al. 2024). Both are `[heads * headSize]`.
    func wkv5(
        receptance: Activations, keys: Activations, values: Activations, decay: Vector, timeFirst: Vector, heads: Int,
        state: StateReference, spans: [BatchSpan<Cache>]
    ) -> Activations
}

extension ReferenceOperations {
    /// The average moves towards each value by the value's share of all weights; what is kept is the average and the
    /// logarithm of those weights, where the fast form keeps sums relative to their largest exponent.
    package func wkv4(
        keys: Activations, values: Activations, timeDecay: [Float], timeFirst: [Float], state: StateReference,
        spans: [BatchSpan<Cache>]
    ) -> Activations {
        var output = values
        let channels = keys.width
        /// A weight's share of itself and the others, both given by their logarithms.
        func share(_ weight: Double, _ others: Double) -> Double { 1 / (1 + exp(others - weight)) }
        forEachRow(spans, state, count: 3 * channels) { row, state in
            for channel in 0..<channels {
                let key = Double(keys.values[row * channels + channel])
                let value = Double(values.values[row * channels + channel])
                let hasBegun = state[2 * channels + channel] > 0
                let (average, total) = (state[channel], hasBegun ? state[channels + channel] : -.infinity)
                let now = share(key + Double(timeFirst[channel]), total)
                output.values[row * channels + channel] = Float(average + (value - average) * now)
                let faded = total - exp(Double(timeDecay[channel]))
                state[channel] = average + (value - average) * share(key, faded)
                state[channels + channel] = max(key, faded) + log1p(exp(-abs(key - faded)))
                state[2 * channels + channel] = 1
            }
        }
        return output
    }

    package func wkv5(
        receptance: Activations, keys: Activations, values: Activations, decay: [Float], timeFirst: [Float], heads: Int,
        state: StateReference, spans: [BatchSpan<Cache>]
    ) -> Activations {
        var output = values
        let (width, size) = (keys.width, keys.width / heads)
        forEachRow(spans, state, count: width * size) { row, state in
            for channel in 0..<width {
                let (head, j) = (channel / size, channel % size)
                var sum = 0.0
                for i in 0..<size {
                    let (key, index) = (head * size + i, (head * size + i) * size + j)
                    let product = Double(keys.values[row * width + key]) * Double(values.values[row * width + channel])
                    sum +=
                        Double(receptance.values[row * width + key]) * (Double(timeFirst[key]) * product + state[index])
                    state[index] = Double(decay[key]) * state[index] + product
                }
                output.values[row * width + channel] = Float(sum)
            }
        }
        return output
    }
}

extension FastOperations {
    package func wkv4(
        keys: Activations, values: Activations, timeDecay: [Float], timeFirst: [Float], state: StateReference,
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
                        key: keys.row(row)[channel], value: values.row(row)[channel], decay: -exp(timeDecay[channel]),
                        bonus: timeFirst[channel])
                }
                saved[channel] = average.numerator
                saved[channels + channel] = average.denominator
                saved[2 * channels + channel] = average.exponent
            }
        }
        return output
    }

    package func wkv5(
        receptance: Activations, keys: Activations, values: Activations, decay: [Float], timeFirst: [Float], heads: Int,
        state: StateReference, spans: [BatchSpan<SequenceCache>]
    ) -> Activations {
        let (output, size) = (make(keys.tokens, keys.width), keys.width / heads)
        let (decay, first) = (constant(decay, width: keys.width), constant(timeFirst, width: keys.width))
        pool.runUnchecked(spans.count * heads) { item, _ in
            let (span, head) = (spans[item / heads], item % heads)
            let (row, column) = (span.rows.lowerBound, head * size)
            var request = swiftlet_head_recurrence()
            request.tokens = span.rows.count
            request.stride = keys.width
            request.size = Int32(size)
            request.r = UnsafePointer(receptance.row(row) + column)
            request.k = UnsafePointer(keys.row(row) + column)
            request.v = UnsafePointer(values.row(row) + column)
            request.decay = UnsafePointer(decay.values + column)
            request.first = UnsafePointer(first.values + column)
            request.state = span.cache.state(state) + head * size * size
            request.out = output.row(row) + column
            kernels.recur(&request)
        }
        return output
    }
}

/// An average whose weights are powers of e, kept relative to the largest exponent so that none overflows.
///
/// A denominator of 0 stands for no values yet, so a zeroed state is a beginning.
private struct FadingAverage {
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
