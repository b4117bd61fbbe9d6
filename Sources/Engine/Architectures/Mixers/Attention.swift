package import Tensors

/// Softmax attention with grouped heads (Ainslie et al. 2023).
package struct AttentionSpec: Sendable, Hashable {
    /// Heads, scale, window and what else scores depend on.
    package var shape: AttentionShape
    /// Rotary positions; nil for none.
    package var rotary: RotarySpec?
    /// Whether query, key and value have biases.
    package var hasInputBias = false
    /// Whether the output has a bias.
    package var hasOutputBias = false
    /// Normalization of queries and keys before their rotation.
    package var headNorm: HeadNormSpec?
    /// Queries, keys and values are clamped to within this.
    package var clip: Float?
    /// Queries at positions from here on are multiplied by log(position + 1) / log(this) (Su 2021).
    package var logarithmicScaleFrom: Int?
    /// The number of buckets of distances for which the file says what is added to scores; 0 for none.
    package var distanceBuckets = 0
    /// How keys beyond the window are seen; nil for not at all.
    package var far: FarAttentionSpec?

    /// Makes an attention layer.
    package init(shape: AttentionShape, rotary: RotarySpec?) {
        self.shape = shape
        self.rotary = rotary
    }
}

/// Normalization of queries and keys.
package struct HeadNormSpec: Sendable, Hashable {
    /// What is normalized together, and how long the weights are.
    package enum Extent: Sendable, Hashable {
        /// Each head, all with the same weight `[headSize]`.
        case head
        /// Each head with a weight of its own, `[heads, headSize]`.
        case everyHead
        /// All heads together, `[heads * headSize]`.
        case row
    }

    /// How.
    package var norm: NormSpec
    /// What together.
    package var extent: Extent

    /// Makes a normalization.
    package init(_ norm: NormSpec, _ extent: Extent) {
        self.norm = norm
        self.extent = extent
    }
}

extension AttentionSpec: MixerKind {
    var mixer: MixerSpec { .attention(self) }
    var queryHeads: Int? { shape.heads }

    func cacheLayer(hiddenSize: Int) -> CacheLayout.Layer {
        // What is seen beyond the window must be kept.
        CacheLayout.Layer(attention: .init(shape, window: far == nil ? shape.window : nil))
    }
}

extension TensorRole {
    static let query = TensorRole("query")
    static let key = TensorRole("key")
    static let value = TensorRole("value")
    static let attentionOutput = TensorRole("attentionOutput")
    static let queryNorm = TensorRole("queryNorm")
    static let keyNorm = TensorRole("keyNorm")
    static let distanceBias = TensorRole("distanceBias")
}

/// Softmax attention with its parameters.
struct Attention<Ops: ParameterMaker> {
    let spec: AttentionSpec
    /// `[heads * headSize, hiddenSize]`, of keys and values `keyValueHeads`.
    let query, key, value: Ops.Matrix
    let queryNorm, keyNorm: Norm<Ops.Vector>?
    /// `[heads, 2 * reach + 1]`.
    let distanceBias: Ops.Vector?
    /// `[hiddenSize, heads * valueSize]`.
    let output: Ops.Matrix

    init(_ spec: AttentionSpec, from tensors: LayerTensors<Ops>) throws {
        let shape = spec.shape
        func input(_ role: TensorRole, _ index: Int) throws -> Ops.Matrix {
            let (queries, keys) = (shape.heads * shape.headSize, shape.keyValueHeads * shape.headSize)
            let rows = TensorReader.Rows(
                counts: [queries, keys, shape.keyValueHeads * shape.valueSize], index: index,
                groups: shape.keyValueHeads)
            return try tensors.matrix(
                role, [rows.counts[index], tensors.hiddenSize], rows: rows, hasBias: spec.hasInputBias)
        }
        func headNorm(_ role: TensorRole, heads: Int) throws -> Norm<Ops.Vector>? {
            guard let norm = spec.headNorm else { return nil }
            switch norm.extent {
            case .head: return try tensors.norm(norm.norm, role, size: shape.headSize)
            case .everyHead: return try tensors.norm(norm.norm, role, size: shape.headSize, heads: heads)
            case .row: return try tensors.norm(norm.norm, role, size: heads * shape.headSize)
            }
        }
        self.spec = spec
        (query, key, value) = (try input(.query, 0), try input(.key, 1), try input(.value, 2))
        output = try tensors.matrix(
            .attentionOutput, [tensors.hiddenSize, shape.heads * shape.valueSize], hasBias: spec.hasOutputBias)
        queryNorm = try headNorm(.queryNorm, heads: shape.heads)
        keyNorm = try headNorm(.keyNorm, heads: shape.keyValueHeads)
        distanceBias =
            spec.distanceBuckets == 0
            ? nil
            : try tensors.vector(.distanceBias, [spec.distanceBuckets, shape.heads]) {
                DistanceBuckets(count: spec.distanceBuckets).table($0)
            }
    }
}

extension Attention where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let (operations, shape) = (pass.operations, spec.shape)
        var inputs = pass.project(input, [query, key, value])
        if let clip = spec.clip {
            for index in inputs.indices { operations.transform(&inputs[index], .clamp(clip)) }
        }
        var (queries, keys) = (inputs[0], inputs[1])
        if let headNorm = spec.headNorm {
            let isByHead = headNorm.extent != .row
            queries = pass.normalize(queries, queryNorm, groups: isByHead ? shape.heads : 1)
            keys = pass.normalize(keys, keyNorm, groups: isByHead ? shape.keyValueHeads : 1)
        }
        if let start = spec.logarithmicScaleFrom {
            operations.multiplyRows(&queries, by: pass.logarithmicScales(from: start))
        }
        // With far attention keys are kept as they are, and turned when they are read.
        let far = farQueries(queries, pass)
        if far == nil { keys = pass.rotate(keys, by: spec.rotary, headSize: shape.headSize) }
        queries = pass.rotate(queries, by: spec.rotary, headSize: shape.headSize)
        operations.store(keys: keys, values: inputs[2], layer: pass.layer, spans: pass.batch.spans)
        let mixed = operations.attend(
            queries, far: far, shape: shape, distanceBias: distanceBias, layer: pass.layer, spans: pass.batch.spans)
        return operations.project(mixed, output)
    }
}
