package import Tensors

/// Lightning attention (Qin et al. 2024): linear attention whose heads fade at fixed rates, its outputs normalized and gated.
package struct LightningAttentionSpec: Sendable, Hashable {
    /// Heads and their sizes; keys have as many heads as values.
    package var shape: LinearAttentionShape
    /// How fast each head's state fades, `[heads]`.
    package var rates: [Float]
    /// What queries, keys and values are made by.
    package var activation: Activation
    /// Normalization of the outputs of all heads together.
    package var norm: NormSpec

    var width: Int { shape.heads * shape.valueSize }
}

extension LightningAttentionSpec: MixerKind {
    var mixer: MixerSpec { .lightningAttention(self) }

    func cacheLayer(hiddenSize: Int) -> CacheLayout.Layer { CacheLayout.Layer(states: [shape.stateCount]) }
}

/// Lightning attention with its parameters.
struct LightningAttention<Ops: ParameterMaker> {
    let spec: LightningAttentionSpec
    /// `[width, hiddenSize]` each.
    let query, key, value, gate: Ops.Matrix
    let norm: Norm<Ops.Vector>?
    /// `[hiddenSize, width]`.
    let output: Ops.Matrix

    init(_ spec: LightningAttentionSpec, from tensors: LayerTensors<Ops>) throws {
        let (width, hidden) = (spec.width, tensors.hiddenSize)
        func input(_ role: TensorRole, _ index: Int) throws -> Ops.Matrix {
            let rows = TensorReader.Rows(counts: [width, width, width], index: index, groups: spec.shape.heads)
            return try tensors.matrix(role, [width, hidden], rows: rows)
        }
        self.spec = spec
        (query, key, value) = (try input(.deltaQuery, 0), try input(.deltaKey, 1), try input(.deltaValue, 2))
        gate = try tensors.matrix(.deltaGate, [width, hidden])
        norm = try tensors.norm(spec.norm, .deltaNorm, size: width)
        output = try tensors.matrix(.outProjection, [hidden, width])
    }
}

extension LightningAttention where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let (operations, rows, heads) = (pass.operations, pass.batch.positions.count, spec.shape.heads)
        let projected = pass.project(input, [query, key, value, gate])
        let mixed = projected[..<3].map { operations.gate($0, nil, spec.activation) }
        func constant(_ values: [Float]) -> Ops.Activations {
            operations.constant((0..<rows).flatMap { _ in values }, width: heads)
        }
        let attended = operations.linearAttention(
            mixed[0], mixed[1], mixed[2], decays: constant(spec.rates.map { -$0 }),
            strengths: constant([Float](repeating: 1, count: heads)), shape: spec.shape, state: pass.state(0),
            spans: pass.batch.spans)
        return operations.project(gating: projected[3], pass.normalize(attended, norm), .sigmoid, output)
    }
}
