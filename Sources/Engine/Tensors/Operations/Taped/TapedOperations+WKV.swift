// The protocol documents these methods.

import Platform

extension TapedOperations {
    package func wkv4(
        keys: TapedRows, values: TapedRows, timeDecay: ParameterView, timeFirst: ParameterView, state: StateReference,
        spans: [BatchSpan<TapedSequence>]
    ) -> TapedRows {
        let channels = keys.width
        let isTracked =
            keys.isTracked || values.isTracked || timeDecay.isTrainable || timeFirst.isTrainable
        let output = make(keys.tokens, channels, isTracked: isTracked)
        let averages = FadingAverages(
            keys: keys, values: values, decays: timeDecay.values, firsts: timeFirst.values)
        forEachBlock(channels) { block in
            for span in spans {
                for channel in block {
                    for step in averages.steps(channel, span.rows) {
                        output.row(step.row)[channel] = Float(step.output)
                    }
                }
            }
        }
        record(output) { gradient in
            let keyGradient = keys.isTracked ? keys.openGradient() : nil
            let valueGradient = values.isTracked ? values.openGradient() : nil
            let decayGradient = timeDecay.isTrainable ? timeDecay.gradient : nil
            let firstGradient = timeFirst.isTrainable ? timeFirst.gradient : nil
            self.forEachBlock(channels) { block in
                for span in spans {
                    for channel in block {
                        averages.lead(gradient, channel, span.rows) { row, key, value in
                            keyGradient?[row * channels + channel] += key
                            valueGradient?[row * channels + channel] += value
                        } finally: { decay, first in
                            decayGradient?[channel] += decay
                            firstGradient?[channel] += first
                        }
                    }
                }
            }
        }
        return output
    }

    package func wkv5(
        receptance: TapedRows, keys: TapedRows, values: TapedRows, decay: ParameterView, timeFirst: ParameterView,
        heads: Int, state: StateReference, spans: [BatchSpan<TapedSequence>]
    ) -> TapedRows {
        let isTracked =
            receptance.isTracked || keys.isTracked || values.isTracked || decay.isTrainable || timeFirst.isTrainable
        let recurrence = HeadRecurrence(
            receptance: receptance, keys: keys, values: values, decay: decay, timeFirst: timeFirst,
            size: keys.width / heads)
        let output = make(keys.tokens, keys.width, isTracked: isTracked)
        pool.runUnchecked(heads) { head, _ in
            for span in spans { recurrence.fill(output, head, span.rows) }
        }
        record(output) { gradient in
            let rows = [receptance, keys, values].map { $0.isTracked ? $0.openGradient() : nil }
            let vectors = [decay, timeFirst].map { $0.isTrainable ? $0.gradient : nil }
            self.pool.runUnchecked(heads) { head, _ in
                for span in spans { recurrence.lead(gradient, head, span.rows, rows, vectors) }
            }
        }
        return output
    }
}

/// RWKV-4's averages by channel. What is kept of the past is their value and the logarithm of all weights, in f64.
private struct FadingAverages {
    let keys, values: TapedRows
    let decays, firsts: UnsafeMutablePointer<Float>

    struct Step {
        let row: Int
        /// What is known before the token; no weights at the beginning.
        let average, total: Double
        let output: Double
    }

    /// A weight's share of itself and the others, both given by their logarithms.
    private func share(_ weight: Double, _ others: Double) -> Double { 1 / (1 + exp(others - weight)) }

    func steps(_ channel: Int, _ rows: Range<Int>) -> [Step] {
        var (average, total) = (0.0, -Double.infinity)
        return rows.map { row in
            let (key, value) = (Double(keys.row(row)[channel]), Double(values.row(row)[channel]))
            let now = share(key + Double(firsts[channel]), total)
            let step = Step(row: row, average: average, total: total, output: average + (value - average) * now)
            let faded = total - exp(Double(decays[channel]))
            average += (value - average) * share(key, faded)
            total = max(key, faded) + log1p(exp(-abs(key - faded)))
            return step
        }
    }

    func lead(
        _ gradient: UnsafeMutablePointer<Float>, _ channel: Int, _ rows: Range<Int>,
        _ body: (_ row: Int, _ key: Float, _ value: Float) -> Void, finally: (_ decay: Float, _ first: Float) -> Void
    ) {
        let fading = exp(Double(decays[channel]))
        // Of what is known after the token at hand.
        var (averageGradient, totalGradient) = (0.0, 0.0)
        var (decaySum, firstSum) = (0.0, 0.0)
        for step in steps(channel, rows).reversed() {
            let (key, value) = (Double(keys.row(step.row)[channel]), Double(values.row(step.row)[channel]))
            let faded = step.total - fading
            let taken = share(key, faded)
            let takenSlope = averageGradient * (value - step.average) * taken * (1 - taken)
            var keyGradient = takenSlope + totalGradient * taken
            let fadedGradient = totalGradient * (1 - taken) - takenSlope
            var valueGradient = averageGradient * taken
            averageGradient *= 1 - taken
            totalGradient = fadedGradient
            decaySum -= fadedGradient * fading
            let outer = Double(gradient[step.row * keys.width + channel])
            let now = share(key + Double(firsts[channel]), step.total)
            let nowSlope = outer * (value - step.average) * now * (1 - now)
            keyGradient += nowSlope
            firstSum += nowSlope
            totalGradient -= nowSlope
            valueGradient += outer * now
            averageGradient += outer * (1 - now)
            body(step.row, Float(keyGradient), Float(valueGradient))
        }
        finally(Float(decaySum), Float(firstSum))
    }
}

/// RWKV-5's recurrence of one head.
private struct HeadRecurrence {
    let receptance, keys, values: TapedRows
    let decay, timeFirst: ParameterView
    let size: Int

    /// Runs `body` with each token's row and the state before it, `[key, value]`.
    private func forEachState(_ head: Int, _ rows: Range<Int>, _ body: (_ row: Int, _ state: [Float]) -> Void) {
        var state = [Float](repeating: 0, count: size * size)
        for row in rows {
            body(row, state)
            let (key, value) = (keys.row(row) + head * size, values.row(row) + head * size)
            for i in 0..<size {
                let fading = decay.values[head * size + i]
                for j in 0..<size { state[i * size + j] = fading * state[i * size + j] + key[i] * value[j] }
            }
        }
    }

    func fill(_ output: TapedRows, _ head: Int, _ rows: Range<Int>) {
        forEachState(head, rows) { row, state in
            let start = head * size
            let (asked, key, value) = (receptance.row(row) + start, keys.row(row) + start, values.row(row) + start)
            let (out, first) = (output.row(row) + start, timeFirst.values + start)
            for j in 0..<size { out[j] = 0 }
            for i in 0..<size {
                for j in 0..<size { out[j] += asked[i] * (first[i] * key[i] * value[j] + state[i * size + j]) }
            }
        }
    }

    /// Adds to the gradients of receptance, keys and values, and to those of decay and first factor.
    func lead(
        _ gradient: UnsafeMutablePointer<Float>, _ head: Int, _ rows: Range<Int>,
        _ targets: [UnsafeMutablePointer<Float>?], _ vectors: [UnsafeMutablePointer<Float>?]
    ) {
        var states: [[Float]] = []
        forEachState(head, rows) { states.append($1) }
        // Of the state after the token at hand.
        var inner = [Float](repeating: 0, count: size * size)
        for (row, state) in zip(rows, states).reversed() {
            let start = row * keys.width + head * size
            let (asked, key, value) = (receptance.values + start, keys.values + start, values.values + start)
            let outer = gradient + start
            for i in 0..<size {
                let (first, fading) = (timeFirst.values[head * size + i], decay.values[head * size + i])
                var (product, read, taken, faded) = (Float(0), Float(0), Float(0), Float(0))
                for j in 0..<size {
                    let index = i * size + j
                    product += outer[j] * value[j]
                    read += outer[j] * state[index]
                    taken += inner[index] * value[j]
                    faded += inner[index] * state[index]
                    targets[2]?[start + j] += inner[index] * key[i] + outer[j] * asked[i] * first * key[i]
                    inner[index] = inner[index] * fading + asked[i] * outer[j]
                }
                targets[0]?[start + i] += first * key[i] * product + read
                targets[1]?[start + i] += taken + asked[i] * first * product
                vectors[0]?[head * size + i] += faded
                vectors[1]?[head * size + i] += asked[i] * key[i] * product
            }
        }
    }
}
