import Platform
package import Tensors

/// The difference of two softmax attentions to the same values (Ye et al. 2024): the heads of the second half are taken, a
/// learned share of them, from those of the first.
package struct DifferentialAttentionSpec: Sendable, Hashable {
    /// The heads of both. Each reads the values of two key/value heads, so that values are twice as wide as keys.
    package var shape: AttentionShape
    /// Rotary positions; nil for none.
    package var rotary: RotarySpec?
    /// What the share begins with; the rest of it is in the file.
    package var initialShare: Float
    /// Normalization of each head's difference, without a weight.
    package var norm: NormSpec
    /// Whether all matrices have biases.
    package var hasBias = false
}

extension DifferentialAttentionSpec: MixerKind {
    var mixer: MixerSpec { .differentialAttention(self) }
    var queryHeads: Int? { shape.heads }

    func cacheLayer(hiddenSize: Int) -> CacheLayout.Layer {
        CacheLayout.Layer(attention: .init(shape, window: shape.window))
    }
}

extension TensorRole {
    static let shareQueries = [TensorRole("shareQuery1"), TensorRole("shareQuery2")]
    static let shareKeys = [TensorRole("shareKey1"), TensorRole("shareKey2")]
}

/// Differential attention with its parameters.
struct DifferentialAttention<Ops: ParameterMaker> {
    let spec: DifferentialAttentionSpec
    /// `[heads * headSize, hiddenSize]`, of keys `keyValueHeads`, of values twice as many rows as of keys.
    let query, key, value: Ops.Matrix
    let norm: Norm<Ops.Vector>?
    /// What the second half is multiplied by; a constant in training.
    let share: Float
    /// `[hiddenSize, heads * headSize]`.
    let output: Ops.Matrix

    init(_ spec: DifferentialAttentionSpec, from tensors: LayerTensors<Ops>) throws {
        let (shape, hidden, size) = (spec.shape, tensors.hiddenSize, spec.shape.headSize)
        func input(_ role: TensorRole, heads: Int, order: [Range<Int>]? = nil) throws -> Ops.Matrix {
            try tensors.matrix(role, [heads * size, hidden], order: order, hasBias: spec.hasBias)
        }
        self.spec = spec
        query = try input(.query, heads: shape.heads)
        key = try input(.key, heads: shape.keyValueHeads)
        // Head by head the values of one of the first half and those of its counterpart in the second, all of it twice.
        let half = shape.keyValueHeads / 2
        let order = (0..<shape.keyValueHeads).flatMap { head in
            [head % half, half + head % half].map { $0 * size..<($0 + 1) * size }
        }
        value = try input(.value, heads: shape.keyValueHeads, order: order)
        norm = try tensors.norm(spec.norm, .attentionInnerNorm, size: 2 * size)
        let exponents = try zip(TensorRole.shareQueries, TensorRole.shareKeys).map { query, key in
            try zip(tensors.values(query, [size]), tensors.values(key, [size])).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        }
        share = expf(exponents[0]) - expf(exponents[1]) + spec.initialShare
        output = try tensors.matrix(.attentionOutput, [hidden, shape.heads * size], hasBias: spec.hasBias)
    }
}

extension DifferentialAttention where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let (operations, shape) = (pass.operations, spec.shape)
        let inputs = pass.project(input, [query, key, value])
        let queries = pass.rotate(inputs[0], by: spec.rotary, headSize: shape.headSize)
        let keys = pass.rotate(inputs[1], by: spec.rotary, headSize: shape.headSize)
        operations.store(keys: keys, values: inputs[2], layer: pass.layer, spans: pass.batch.spans)
        let mixed = operations.attend(queries, shape: shape, layer: pass.layer, spans: pass.batch.spans)
        let half = shape.heads / 2 * shape.valueSize
        var difference = operations.channels(0..<half, of: mixed)
        operations.add(operations.channels(half..<2 * half, of: mixed), scale: -share, to: &difference)
        var normalized = pass.normalize(difference, norm, groups: shape.heads / 2)
        operations.transform(&normalized, .scale(1 - spec.initialShare))
        return operations.project(normalized, output)
    }
}
