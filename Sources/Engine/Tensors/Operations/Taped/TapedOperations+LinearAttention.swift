// The protocol documents these methods.

import Platform

extension TapedOperations {
    package func linearAttention(
        _ queries: TapedRows, _ keys: TapedRows, _ values: TapedRows, decays: TapedRows, strengths: TapedRows,
        shape: LinearAttentionShape, state: StateReference, spans: [BatchSpan<TapedSequence>]
    ) -> TapedRows {
        let isTracked = [queries, keys, values, decays, strengths].contains(where: \.isTracked)
        let attention = TapedLinearAttention(
            queries: queries, keys: keys, values: values, decays: decays, strengths: strengths, shape: shape)
        let output = make(values.tokens, values.width, isTracked: isTracked)
        pool.runUnchecked(spans.count * shape.heads) { item, _ in
            attention.fill(output, item % shape.heads, spans[item / shape.heads].rows)
        }
        record(output) { gradient in
            let targets = [queries, keys, values, decays, strengths].map { $0.isTracked ? $0.openGradient() : nil }
            // Heads that share keys add to the same gradients: one thread takes them all.
            self.pool.runUnchecked(spans.count * shape.keyHeads) { item, _ in
                for head in shape.heads(ofKey: item % shape.keyHeads) {
                    attention.lead(gradient, head, spans[item / shape.keyHeads].rows, targets)
                }
            }
        }
        return output
    }
}

/// One linear attention of one pass.
private struct TapedLinearAttention {
    let queries, keys, values, decays, strengths: TapedRows
    let shape: LinearAttentionShape

    private var k: Int { shape.keySize }
    private var v: Int { shape.valueSize }

    /// One token of one head.
    private struct Step {
        let row: Int
        /// The state as it has faded, and after the token, `[keySize, valueSize]`.
        var faded, state: [Float]
        /// What the strength multiplies, `[valueSize]`.
        var change: [Float]
    }

    private func keyStart(_ head: Int) -> Int { shape.keyHead(of: head) * k }

    private func decayPlace(_ head: Int, _ i: Int) -> Int { decays.width == shape.heads ? head : head * k + i }

    private func step(_ row: Int, _ head: Int, after state: [Float]) -> Step {
        let key = keys.row(row) + keyStart(head)
        let value = values.row(row) + head * v
        var step = Step(row: row, faded: state, state: state, change: (0..<v).map { value[$0] })
        for i in 0..<k {
            let fading = expf(decays.row(row)[decayPlace(head, i)])
            for j in 0..<v {
                step.faded[i * v + j] *= fading
                if shape.isDelta { step.change[j] -= key[i] * step.faded[i * v + j] }
            }
        }
        let strength = strengths.row(row)[head]
        for i in 0..<k {
            for j in 0..<v { step.state[i * v + j] = step.faded[i * v + j] + key[i] * strength * step.change[j] }
        }
        return step
    }

    func fill(_ output: TapedRows, _ head: Int, _ rows: Range<Int>) {
        var state = [Float](repeating: 0, count: k * v)
        for row in rows {
            state = step(row, head, after: state).state
            let (query, out) = (queries.row(row) + keyStart(head), output.row(row) + head * v)
            for j in 0..<v { out[j] = 0 }
            for i in 0..<k {
                for j in 0..<v { out[j] += query[i] * state[i * v + j] }
            }
        }
    }

    /// Adds to the gradients of queries, keys, values, decays and strengths.
    func lead(
        _ gradient: UnsafeMutablePointer<Float>, _ head: Int, _ rows: Range<Int>,
        _ targets: [UnsafeMutablePointer<Float>?]
    ) {
        var steps: [Step] = []
        for row in rows {
            steps.append(step(row, head, after: steps.last?.state ?? [Float](repeating: 0, count: k * v)))
        }
        // Of the state after the token at hand.
        var inner = [Float](repeating: 0, count: k * v)
        for step in steps.reversed() {
            let (row, strength) = (step.row, strengths.row(step.row)[head])
            let (query, key) = (queries.row(row) + keyStart(head), keys.row(row) + keyStart(head))
            let outer = gradient + row * values.width + head * v
            var stored = [Float](repeating: 0, count: v)
            for i in 0..<k {
                var (asked, taken) = (Float(0), Float(0))
                for j in 0..<v {
                    asked += outer[j] * step.state[i * v + j]
                    inner[i * v + j] += query[i] * outer[j]
                    taken += inner[i * v + j] * strength * step.change[j]
                    stored[j] += inner[i * v + j] * key[i]
                }
                targets[0]?[row * queries.width + keyStart(head) + i] += asked
                targets[1]?[row * keys.width + keyStart(head) + i] += taken
            }
            var strengthSum: Float = 0
            for j in 0..<v {
                strengthSum += stored[j] * step.change[j]
                stored[j] *= strength
                targets[2]?[row * values.width + head * v + j] += stored[j]
            }
            targets[4]?[row * strengths.width + head] += strengthSum
            for i in 0..<k {
                let place = decayPlace(head, i)
                let fading = expf(decays.row(row)[place])
                var (replaced, faded) = (Float(0), Float(0))
                for j in 0..<v {
                    if shape.isDelta {
                        replaced += stored[j] * step.faded[i * v + j]
                        inner[i * v + j] -= key[i] * stored[j]
                    }
                    faded += inner[i * v + j] * step.faded[i * v + j]
                    inner[i * v + j] *= fading
                }
                if shape.isDelta { targets[1]?[row * keys.width + keyStart(head) + i] -= replaced }
                targets[3]?[row * decays.width + place] += faded
            }
        }
    }
}
