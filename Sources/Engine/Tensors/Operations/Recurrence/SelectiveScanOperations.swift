// The protocol documents the methods.

import CKernels
import Platform

/// State spaces whose rates depend on what they read.
package protocol SelectiveScanOperations: OperationTypes {
    /// The selective scan (Gu & Dao 2023), for each channel with a state of `stateSize`:
    /// state = e^(dt A) state + dt B x; y = C state + D x.
    ///
    /// `x` and `dt` (positive) are `[tokens, channels]`, `b` and `c` `[tokens, stateSize]`, `a` (negative)
    /// `[stateSize, channels]`, `d` `[channels]`. The state is `[stateSize, channels]`.
    func selectiveScan(
        _ x: Activations, dt: Activations, a: Vector, b: Activations, c: Activations, d: Vector, state: StateReference,
        spans: [BatchSpan<Cache>]
    ) -> Activations
}

extension ReferenceOperations {
    package func selectiveScan(
        _ x: Activations, dt: Activations, a: [Float], b: Activations, c: Activations, d: [Float],
        state: StateReference, spans: [BatchSpan<Cache>]
    ) -> Activations {
        var output = x
        let (channels, size) = (x.width, b.width)
        forEachRow(spans, state, count: channels * size) { row, state in
            for channel in 0..<channels {
                let value = Double(x.values[row * channels + channel])
                let step = Double(dt.values[row * channels + channel])
                var sum = Double(d[channel]) * value
                for n in 0..<size {
                    let index = n * channels + channel
                    state[index] =
                        state[index] * exp(step * Double(a[index])) + step * Double(b.values[row * size + n]) * value
                    sum += state[index] * Double(c.values[row * size + n])
                }
                output.values[row * channels + channel] = Float(sum)
            }
        }
        return output
    }
}

extension FastOperations {
    package func selectiveScan(
        _ x: Activations, dt: Activations, a: [Float], b: Activations, c: Activations, d: [Float],
        state: StateReference, spans: [BatchSpan<SequenceCache>]
    ) -> Activations {
        let channels = x.width
        let output = make(x.tokens, channels)
        let (a, d) = (constant(a, width: channels), constant(d, width: channels))
        forEachBlock(spans, channels: channels) { span, block in
            let first = span.rows.lowerBound
            var request = swiftlet_scan()
            request.tokens = span.rows.count
            request.channels = channels
            request.state_size = b.width
            request.x = UnsafePointer(x.row(first))
            request.steps = UnsafePointer(dt.row(first))
            request.b = UnsafePointer(b.row(first))
            request.c = UnsafePointer(c.row(first))
            request.a = UnsafePointer(a.values)
            request.d = UnsafePointer(d.values)
            request.state = span.cache.state(state)
            request.out = output.row(first)
            kernels.scan(&request, block.lowerBound, block.upperBound)
        }
        return output
    }
}
