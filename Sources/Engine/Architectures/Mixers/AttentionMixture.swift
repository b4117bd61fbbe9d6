package import Tensors

/// Attention whose query heads are chosen token by token (Shen et al. 2024): each of a token's experts brings as many query
/// heads as there are keys; all share the keys and values.
package struct AttentionMixtureSpec: Sendable, Hashable {
    /// The attention of one expert; as many query heads as key and value heads.
    package var attention: AttentionSpec
    /// How tokens are given to experts.
    package var routing: Routing

    package init(attention: AttentionSpec, routing: Routing) {
        self.attention = attention
        self.routing = routing
    }
}

extension AttentionMixtureSpec: MixerKind {
    var mixer: MixerSpec { .attentionMixture(self) }
    var queryHeads: Int? { attention.queryHeads }
    var rotary: RotarySpec? {
        get { attention.rotary }
        set { attention.rotary = newValue }
    }

    func cacheLayer(hiddenSize: Int) -> CacheLayout.Layer { attention.cacheLayer(hiddenSize: hiddenSize) }
}

extension TensorRole {
    static let attentionRouter = TensorRole("attentionRouter")
    static let attentionOutputBias = TensorRole("attentionOutputBias")
}

/// A mixture of attention heads with its parameters.
struct AttentionMixture<Ops: ParameterMaker> {
    let spec: AttentionMixtureSpec
    /// `[experts, hiddenSize]`.
    let router: Ops.Matrix
    /// One of each per expert.
    let queries, outputs: [Ops.Matrix]
    let key, value: Ops.Matrix
    /// `[hiddenSize]`.
    let outputBias: Ops.Vector

    init(_ spec: AttentionMixtureSpec, from tensors: LayerTensors<Ops>) throws {
        let (shape, experts, hidden) = (spec.attention.shape, spec.routing.experts, tensors.hiddenSize)
        let size = shape.keyValueHeads * shape.headSize
        func projection(_ role: TensorRole, _ index: Int) throws -> Ops.Matrix {
            try tensors.matrix(role, [size, hidden], rows: TensorReader.Rows(counts: [size, size], index: index))
        }
        func ofEach(_ role: TensorRole, _ shape: [Int]) throws -> [Ops.Matrix] {
            try (0..<experts).map { try tensors.matrix(role, shape, expert: $0, of: experts) }
        }
        self.spec = spec
        router = try tensors.matrix(.attentionRouter, [experts, hidden])
        (queries, outputs) = (try ofEach(.query, [size, hidden]), try ofEach(.attentionOutput, [hidden, size]))
        (key, value) = (try projection(.key, 0), try projection(.value, 1))
        outputBias = try tensors.vector(.attentionOutputBias, [hidden], part: .bias)
    }
}

extension AttentionMixture where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let (operations, shape) = (pass.operations, spec.attention.shape)
        let (input, tokens) = (pass.normalized(input), pass.batch.positions.count)
        let inputs = operations.project(input, [key, value, router])
        operations.store(
            keys: pass.rotate(inputs[0], by: spec.rotary, headSize: shape.headSize), values: inputs[1],
            layer: pass.layer, spans: pass.batch.spans)
        var output = operations.broadcast(outputBias, rows: tokens)
        // The best expert of every token, then the second best, ...: a token has one set of queries at a time.
        for rank in 0..<spec.routing.used {
            let shares = operations.route(inputs[2], spec.routing, ranks: rank..<rank + 1)
            let width = shape.heads * shape.headSize
            var queries = operations.constant([Float](repeating: 0, count: tokens * width), width: width)
            for share in shares {
                let projected = operations.project(
                    operations.select(input, rows: share.rows), self.queries[share.expert])
                operations.addRows(projected, factors: nil, to: share.rows, of: &queries)
            }
            let mixed = operations.attend(
                pass.rotate(queries, by: spec.rotary, headSize: shape.headSize), far: nil, shape: shape,
                distanceBias: nil, layer: pass.layer, spans: pass.batch.spans)
            for share in shares {
                let projected = operations.project(operations.select(mixed, rows: share.rows), outputs[share.expert])
                operations.addRows(projected, factors: share.factors, to: share.rows, of: &output)
            }
        }
        return output
    }
}
