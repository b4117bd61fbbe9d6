// The protocol documents these methods.

import Platform

extension TapedOperations {
    package func shift(_ input: TapedRows, state: StateReference, spans: [BatchSpan<TapedSequence>]) -> TapedRows {
        let width = input.width
        let output = make(input.tokens, width, isTracked: input.isTracked)
        for span in spans {
            for row in span.rows {
                if row == span.rows.lowerBound {
                    output.row(row).update(repeating: 0, count: width)
                } else {
                    output.row(row).update(from: input.row(row - 1), count: width)
                }
            }
        }
        record(output) { gradient in
            let target = input.openGradient()
            for span in spans {
                for row in span.rows.dropFirst() {
                    self.kernels.add(target + (row - 1) * width, gradient + row * width, 1, width)
                }
            }
        }
        return output
    }

    package func convolve(
        _ input: TapedRows, weight: ParameterView, bias: ParameterView?, state: StateReference,
        spans: [BatchSpan<TapedSequence>]
    ) -> TapedRows {
        let channels = input.width
        let taps = weight.count / channels
        let output = make(
            input.tokens, channels,
            isTracked: input.isTracked || weight.isTrainable || bias?.isTrainable == true)
        /// Runs `body` for the rows that each row sees, each with the place of its factor.
        func forEachTap(_ block: Range<Int>, _ body: (_ row: Int, _ seen: Int, _ tap: Int) -> Void) {
            for span in spans {
                for row in span.rows {
                    for back in 0..<min(taps, row - span.rows.lowerBound + 1) { body(row, row - back, taps - 1 - back) }
                }
            }
        }
        let (weights, biases) = (weight.values, bias?.values)
        forEachBlock(channels) { block in
            for row in 0..<input.tokens { for c in block { output.row(row)[c] = biases?[c] ?? 0 } }
            forEachTap(block) { row, seen, tap in
                for c in block { output.row(row)[c] += weights[tap * channels + c] * input.row(seen)[c] }
            }
        }
        record(output) { gradient in
            let target = input.isTracked ? input.openGradient() : nil
            let weightGradient = weight.isTrainable ? weight.gradient : nil
            self.forEachBlock(channels) { block in
                forEachTap(block) { row, seen, tap in
                    for c in block {
                        let outer = gradient[row * channels + c]
                        if let target { target[seen * channels + c] += outer * weights[tap * channels + c] }
                        if let weightGradient { weightGradient[tap * channels + c] += outer * input.row(seen)[c] }
                    }
                }
            }
            if let bias, bias.isTrainable { self.addSum(of: gradient, input.tokens, channels, to: bias.gradient) }
        }
        return output
    }

    package func selectiveScan(
        _ x: TapedRows, dt: TapedRows, a: ParameterView, b: TapedRows, c: TapedRows, d: ParameterView,
        state: StateReference, spans: [BatchSpan<TapedSequence>]
    ) -> TapedRows {
        let isTracked =
            x.isTracked || dt.isTracked || b.isTracked || c.isTracked || a.isTrainable || d.isTrainable
        let scan = TapedScan(
            operations: self, x: x, dt: dt, b: b, c: c, a: a, d: d,
            output: make(x.tokens, x.width, isTracked: isTracked), spans: spans.map(\.rows))
        scan.fill()
        record(scan.output) { scan.lead($0) }
        return scan.output
    }
}

/// One selective scan of one pass.
private struct TapedScan {
    let operations: TapedOperations
    let x, dt, b, c: TapedRows
    let a, d: ParameterView
    let output: TapedRows
    let spans: [Range<Int>]

    private var channels: Int { x.width }
    private var size: Int { b.width }

    /// The states of one channel after each token of a text, `[tokens + 1, size]`, of which the first are zeros.
    private func states(_ channel: Int, _ span: Range<Int>) -> [Float] {
        var states = [Float](repeating: 0, count: (span.count + 1) * size)
        for (token, row) in span.enumerated() {
            let (step, value) = (dt.row(row)[channel], x.row(row)[channel])
            for n in 0..<size {
                let fading = expf(step * a.values[n * channels + channel])
                states[(token + 1) * size + n] = states[token * size + n] * fading + step * b.row(row)[n] * value
            }
        }
        return states
    }

    func fill() {
        operations.forEachBlock(channels) { block in
            for span in spans {
                for channel in block {
                    let states = states(channel, span)
                    for (token, row) in span.enumerated() {
                        var sum = d.values[channel] * x.row(row)[channel]
                        for n in 0..<size { sum += states[(token + 1) * size + n] * c.row(row)[n] }
                        output.row(row)[channel] = sum
                    }
                }
            }
        }
    }

    func lead(_ gradient: UnsafeMutablePointer<Float>) {
        let (xGradient, dtGradient) = (x.isTracked ? x.openGradient() : nil, dt.isTracked ? dt.openGradient() : nil)
        let (bGradient, cGradient) = (b.isTracked ? b.openGradient() : nil, c.isTracked ? c.openGradient() : nil)
        let aGradient = a.isTrainable ? a.gradient : nil
        let dGradient = d.isTrainable ? d.gradient : nil
        // All channels read the same b and c: each block of them has sums of its own.
        let count = x.tokens * size
        let blocks = (channels + 63) / 64
        let partial = operations.memory.take(2 * blocks * count)
        defer { operations.memory.give(partial, 2 * blocks * count) }
        partial.update(repeating: 0, count: 2 * blocks * count)
        operations.forEachBlock(channels) { block in
            let (bPart, cPart) = (
                partial + block.lowerBound / 64 * 2 * count, partial + (block.lowerBound / 64 * 2 + 1) * count
            )
            for span in spans {
                for channel in block {
                    let states = states(channel, span)
                    var inner = [Float](repeating: 0, count: size)
                    for (token, row) in span.enumerated().reversed() {
                        let (step, value) = (dt.row(row)[channel], x.row(row)[channel])
                        let outer = gradient[row * channels + channel]
                        var (xSum, stepSum) = (outer * d.values[channel], Float(0))
                        for n in 0..<size {
                            let rate = a.values[n * channels + channel]
                            let (fading, before) = (expf(step * rate), states[token * size + n])
                            inner[n] += outer * c.row(row)[n]
                            cPart[row * size + n] += outer * states[(token + 1) * size + n]
                            bPart[row * size + n] += inner[n] * step * value
                            xSum += inner[n] * step * b.row(row)[n]
                            stepSum += inner[n] * (rate * fading * before + b.row(row)[n] * value)
                            if let aGradient { aGradient[n * channels + channel] += inner[n] * step * fading * before }
                            inner[n] *= fading
                        }
                        if let xGradient { xGradient[row * channels + channel] += xSum }
                        if let dtGradient { dtGradient[row * channels + channel] += stepSum }
                        if let dGradient { dGradient[channel] += outer * value }
                    }
                }
            }
        }
        for block in 0..<blocks {
            if let bGradient { operations.add(partial + block * 2 * count, to: bGradient, count) }
            if let cGradient { operations.add(partial + (block * 2 + 1) * count, to: cGradient, count) }
        }
    }
}
