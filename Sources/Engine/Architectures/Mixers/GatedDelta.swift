package import Tensors

/// The gated delta rule (Yang et al. 2024): linear attention behind a short convolution, its outputs normalized and gated.
package struct GatedDeltaSpec: Sendable, Hashable {
    /// Heads and their sizes.
    package var shape: LinearAttentionShape
    /// Rows that the convolution sees.
    package var width: Int
    /// Normalization of each head's output.
    package var norm: NormSpec
    /// Whether one tensor has the rows of queries, keys, values and gates key head by key head, and one those of strengths
    /// and decays; otherwise gates, strengths and decays have tensors of their own.
    package var isGroupedByHead = false

    var keyWidth: Int { shape.keyHeads * shape.keySize }
    var valueWidth: Int { shape.heads * shape.valueSize }
}

extension GatedDeltaSpec: MixerKind {
    var mixer: MixerSpec { .gatedDelta(self) }

    func cacheLayer(hiddenSize: Int) -> CacheLayout.Layer {
        CacheLayout.Layer(states: [keyWidth, keyWidth, valueWidth].map { (width - 1) * $0 } + [shape.stateCount])
    }
}

extension TensorRole {
    static let deltaQuery = TensorRole("deltaQuery")
    static let deltaGate = TensorRole("deltaGate")
    static let deltaStrength = TensorRole("deltaStrength")
    static let deltaDecay = TensorRole("deltaDecay")
    static let deltaDecayBias = TensorRole("deltaDecayBias")
    static let deltaNorm = TensorRole("deltaNorm")
}

/// The gated delta rule with its parameters.
struct GatedDelta<Ops: ParameterMaker> {
    let spec: GatedDeltaSpec
    /// Queries, keys, values.
    let inputs: [Ops.Matrix]
    let gate, strength, decay: Ops.Matrix
    /// `[width, channels]` of queries, keys, values.
    let convolutions: [Ops.Vector]
    /// The factors of decays and what is added to them, `[heads]`.
    let rates, decayBias: Ops.Vector
    let norm: Norm<Ops.Vector>?
    let outProjection: Ops.Matrix

    init(_ spec: GatedDeltaSpec, from tensors: LayerTensors<Ops>) throws {
        let (heads, groups, hidden) = (spec.shape.heads, spec.shape.keyHeads, tensors.hiddenSize)
        let (keys, values, isGrouped) = (spec.keyWidth, spec.valueWidth, spec.isGroupedByHead)
        let counts = [keys, keys, values] + (isGrouped ? [values] : [])
        func input(_ role: TensorRole, _ counts: [Int], _ index: Int) throws -> Ops.Matrix {
            let rows = TensorReader.Rows(counts: counts, index: index, groups: groups)
            return try tensors.matrix(role, [counts[index], hidden], rows: rows)
        }
        self.spec = spec
        inputs = try (0..<3).map { try input(.deltaQuery, counts, $0) }
        gate = isGrouped ? try input(.deltaQuery, counts, 3) : try input(.deltaGate, [values], 0)
        strength = try input(.deltaStrength, isGrouped ? [heads, heads] : [heads], 0)
        decay = isGrouped ? try input(.deltaStrength, [heads, heads], 1) : try input(.deltaDecay, [heads], 0)
        convolutions = try [0..<keys, keys..<2 * keys, 2 * keys..<2 * keys + values].map {
            try tensors.convolution(of: $0, channels: 2 * keys + values, width: spec.width)
        }
        rates = try tensors.vector(.aLog, [heads], changes: [.negativeExponential])
        decayBias = try tensors.vector(.deltaDecayBias, [heads])
        norm = try tensors.norm(spec.norm, .deltaNorm, size: spec.shape.valueSize)
        outProjection = try tensors.matrix(.outProjection, [hidden, values])
    }
}

extension GatedDelta where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let (operations, shape, spans) = (pass.operations, spec.shape, pass.batch.spans)
        let projected = pass.project(input, inputs + [gate, strength, decay])
        let mixed = (0..<3).map { index in
            let convolved = operations.convolve(
                projected[index], weight: convolutions[index], bias: nil, state: pass.state(index), spans: spans)
            return operations.gate(convolved, nil, .silu)
        }
        let rows = pass.batch.positions.count
        var steps = projected[5]
        operations.add(operations.broadcast(decayBias, rows: rows), scale: 1, to: &steps)
        let output = operations.linearAttention(
            unitLength(mixed[0], scale: 1 / Float(shape.keySize).squareRoot(), pass), unitLength(mixed[1], pass),
            mixed[2],
            decays: operations.gate(steps, operations.broadcast(rates, rows: rows), .softplus),
            strengths: operations.gate(projected[4], nil, .sigmoid), shape: shape, state: pass.state(3), spans: spans)
        let normalized = pass.normalize(output, norm, groups: shape.heads)
        return operations.project(gating: projected[3], normalized, .silu, outProjection)
    }

    /// Each head of a length of 1, times `scale`.
    private func unitLength(_ rows: Ops.Activations, scale: Float = 1, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let size = Float(spec.shape.keySize)
        let norm = Norm<Ops.Vector>(.rootMeanSquare, epsilon: 1e-6 / size)
        var result = pass.normalize(rows, norm, groups: spec.shape.keyHeads)
        pass.operations.transform(&result, .scale(scale / size.squareRoot()))
        return result
    }
}
