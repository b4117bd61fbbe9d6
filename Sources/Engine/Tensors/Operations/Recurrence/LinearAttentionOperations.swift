// The protocol documents the methods.

import Platform

/// How a linear attention's matrix-valued state changes with each token.
package struct LinearAttentionShape: Sendable, Hashable {
    /// Heads of values, each with a state `[keySize, valueSize]`.
    package var heads: Int
    /// Heads of queries and keys; divides `heads`.
    package var keyHeads: Int
    /// Channels of a query or key head.
    package var keySize: Int
    /// Channels of a value head.
    package var valueSize: Int
    /// Whether a value takes the place of what the state has for its key (Schlag et al. 2021) instead of being added.
    package var isDelta: Bool
    /// Whether heads take turns with the keys' heads, and not all of one key head come before those of the next.
    package var keysTakeTurns = false

    package init(heads: Int, keyHeads: Int, keySize: Int, valueSize: Int, isDelta: Bool) {
        self.heads = heads
        self.keyHeads = keyHeads
        self.keySize = keySize
        self.valueSize = valueSize
        self.isDelta = isDelta
    }

    /// The floats of all states.
    package var stateCount: Int { heads * keySize * valueSize }

    /// The head of queries and keys that a head has.
    func keyHead(of head: Int) -> Int { keysTakeTurns ? head % keyHeads : head * keyHeads / heads }

    /// The heads that have a head of queries and keys.
    func heads(ofKey keyHead: Int) -> [Int] { (0..<heads).filter { self.keyHead(of: $0) == keyHead } }
}

/// Attention without a softmax, whose past is one matrix a head: gated delta rule (Yang et al. 2024), Mamba-2 (Dao & Gu
/// 2024), lightning attention.
package protocol LinearAttentionOperations: OperationTypes {
    /// For each head: state = e^decay state; state += key (strength (value - state^T key))^T, or of kinds without the delta
    /// rule key (strength value)^T; output = state^T query.
    ///
    /// `decays` (never positive) are `[tokens, heads]`, or `[tokens, heads * keySize]` with one for each channel of a key;
    /// `strengths` `[tokens, heads]`.
    func linearAttention(
        _ queries: Activations, _ keys: Activations, _ values: Activations, decays: Activations, strengths: Activations,
        shape: LinearAttentionShape, state: StateReference, spans: [BatchSpan<Cache>]
    ) -> Activations
}

extension ReferenceOperations {
    package func linearAttention(
        _ queries: Activations, _ keys: Activations, _ values: Activations, decays: Activations, strengths: Activations,
        shape: LinearAttentionShape, state: StateReference, spans: [BatchSpan<Cache>]
    ) -> Activations {
        var output = values
        let (k, v) = (shape.keySize, shape.valueSize)
        forEachRow(spans, state, count: shape.stateCount) { row, state in
            for head in 0..<shape.heads {
                let (keyStart, start) = (shape.keyHead(of: head) * k, head * k * v)
                let strength = Double(strengths.values[row * shape.heads + head])
                func key(_ i: Int) -> Double { Double(keys.values[row * keys.width + keyStart + i]) }
                for i in 0..<k {
                    let index = decays.width == shape.heads ? head : head * k + i
                    let decay = exp(Double(decays.values[row * decays.width + index]))
                    for j in 0..<v { state[start + i * v + j] *= decay }
                }
                for j in 0..<v {
                    let stored = shape.isDelta ? (0..<k).reduce(0) { $0 + key($1) * state[start + $1 * v + j] } : 0
                    let change = strength * (Double(values.values[row * values.width + head * v + j]) - stored)
                    var sum = 0.0
                    for i in 0..<k {
                        state[start + i * v + j] += key(i) * change
                        sum += state[start + i * v + j] * Double(queries.values[row * queries.width + keyStart + i])
                    }
                    output.values[row * values.width + head * v + j] = Float(sum)
                }
            }
        }
        return output
    }
}

extension FastOperations {
    package func linearAttention(
        _ queries: Activations, _ keys: Activations, _ values: Activations, decays: Activations, strengths: Activations,
        shape: LinearAttentionShape, state: StateReference, spans: [BatchSpan<SequenceCache>]
    ) -> Activations {
        let output = make(values.tokens, values.width)
        let (k, v) = (shape.keySize, shape.valueSize)
        let changes = arena.take(Float.self, spans.count * shape.heads * v)
        pool.runUnchecked(spans.count * shape.heads) { item, _ in
            let (span, head) = (spans[item / shape.heads], item % shape.heads)
            let matrix = span.cache.state(state) + head * k * v
            let change = changes + item * v
            let keyStart = shape.keyHead(of: head) * k
            for row in span.rows {
                let (query, key) = (queries.row(row) + keyStart, keys.row(row) + keyStart)
                let (value, out) = (values.row(row) + head * v, output.row(row) + head * v)
                let strength = strengths.row(row)[head]
                // What the state has for the key, of the state as it has faded.
                for j in 0..<v { change[j] = 0 }
                for i in 0..<k {
                    let decay = expf(decays.row(row)[decays.width == shape.heads ? head : head * k + i])
                    let (line, factor) = (matrix + i * v, key[i])
                    for j in 0..<v { line[j] *= decay }
                    if shape.isDelta { for j in 0..<v { change[j] += factor * line[j] } }
                }
                for j in 0..<v {
                    change[j] = strength * (value[j] - change[j])
                    out[j] = 0
                }
                for i in 0..<k {
                    let (line, factor, asked) = (matrix + i * v, key[i], query[i])
                    for j in 0..<v {
                        line[j] += factor * change[j]
                        out[j] += asked * line[j]
                    }
                }
            }
        }
        return output
    }
}
