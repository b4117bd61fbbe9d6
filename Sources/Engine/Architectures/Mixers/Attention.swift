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
    /// How often the rows of queries, keys and values take turns in a tensor that has all of them; nil for as many times as
    /// there are key/value heads.
    package var fusedGroups: Int?
    /// Whether values stand before keys there.
    package var hasValuesBeforeKeys = false
    /// Normalization of queries and keys.
    package var headNorm: HeadNormSpec?
    /// Whether queries and keys are normalized after their rotation, and not before it.
    package var normalizesRotated = false
    /// What the outputs of heads are multiplied by; nil for nothing.
    package var gate: AttentionGate?
    /// Whether each head has a score that takes its share of the softmax and gives nothing (Xiao et al. 2023).
    package var hasSinks = false
    /// Normalization of what the last matrix reads.
    package var innerNorm: NormSpec?
    /// Queries and keys, normalized before if they are, and values are clamped to within this.
    package var clip: Float?
    /// Queries at positions from here on are multiplied by log(position + 1) / log(this) (Su 2021).
    package var logarithmicScaleFrom: Int?
    /// How queries grow with their position; nil for not at all.
    package var temperature: QueryTemperature?
    /// The number of buckets of distances for which the file says what is added to scores; 0 for none.
    package var distanceBuckets = 0
    /// The distance from which on all are in the last bucket.
    package var farthestBucket = 128
    /// The block whose keys and values are read; nil for its own.
    package var sharedLayer: Int?
    /// Normalization of each head of values, without a weight; nil for none.
    package var valueNorm: NormSpec?
    /// Factor of values.
    package var valueScale: Float = 1
    /// Whether values are what keys are before they are normalized.
    package var hasKeysForValues = false
    /// How keys beyond the window are seen; nil for not at all.
    package var far: FarAttentionSpec?

    package init(shape: AttentionShape, rotary: RotarySpec?) {
        self.shape = shape
        self.rotary = rotary
    }
}

/// The sigmoids that multiply the outputs of heads.
package enum AttentionGate: Sendable, Hashable {
    /// One for each channel.
    case channels
    /// One for each channel, whose rows follow those of the queries of the same head in one tensor.
    case withQuery
}

/// Queries that are multiplied by `factor` log(floor((position + `offset`) / `length`) + 1) + 1.
package struct QueryTemperature: Sendable, Hashable {
    /// Positions after which the factor grows.
    package var length: Float
    /// How fast it grows.
    package var factor: Float
    /// What is added to positions.
    package var offset: Float
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

    package var norm: NormSpec
    /// What together.
    package var extent: Extent

    package init(_ norm: NormSpec, _ extent: Extent) {
        self.norm = norm
        self.extent = extent
    }
}

extension AttentionSpec: MixerKind {
    var mixer: MixerSpec { .attention(self) }
    var queryHeads: Int? { shape.heads }

    func cacheLayer(hiddenSize: Int) -> CacheLayout.Layer {
        guard sharedLayer == nil else { return CacheLayout.Layer() }
        // What is seen beyond the window must be kept.
        return CacheLayout.Layer(attention: .init(shape, window: far == nil ? shape.window : nil))
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
    static let attentionGate = TensorRole("attentionGate")
    static let attentionSinks = TensorRole("attentionSinks")
    static let attentionInnerNorm = TensorRole("attentionInnerNorm")
}

/// Softmax attention with its parameters.
struct Attention<Ops: ParameterMaker> {
    let spec: AttentionSpec
    /// `[heads * headSize, hiddenSize]`, of keys and values `keyValueHeads`.
    let query: Ops.Matrix
    /// Nil where those of another block, or keys for values, are read.
    let key, value: Ops.Matrix?
    let queryNorm, keyNorm, valueNorm: Norm<Ops.Vector>?
    /// `[heads, 2 * reach + 1]`.
    let distanceBias: Ops.Vector?
    /// `[heads * valueSize, hiddenSize]`.
    let gate: Ops.Matrix?
    /// `[heads]`.
    let sinks: Ops.Vector?
    let innerNorm: Norm<Ops.Vector>?
    /// `[hiddenSize, heads * valueSize]`.
    let output: Ops.Matrix

    init(_ spec: AttentionSpec, from tensors: LayerTensors<Ops>) throws {
        let shape = spec.shape
        func input(_ role: TensorRole, _ index: Int) throws -> Ops.Matrix {
            let (queries, keys) = (shape.heads * shape.headSize, shape.keyValueHeads * shape.headSize)
            let values = shape.keyValueHeads * shape.valueSize
            var rows = TensorReader.Rows(
                counts: [queries, keys, values], index: index, groups: spec.fusedGroups ?? shape.keyValueHeads)
            if spec.hasValuesBeforeKeys { (rows.counts, rows.index) = ([queries, values, keys], [0, 2, 1][index]) }
            if spec.gate == .withQuery, index == 0 {
                rows = TensorReader.Rows(counts: [queries, queries], index: 0, groups: shape.heads)
            }
            return try tensors.matrix(
                role, [rows.counts[rows.index], tensors.hiddenSize], rows: rows, hasBias: spec.hasInputBias)
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
        let isShared = spec.sharedLayer != nil
        query = try input(.query, 0)
        key = isShared ? nil : try input(.key, 1)
        value = isShared || spec.hasKeysForValues ? nil : try input(.value, 2)
        // Files may have them all the same.
        if isShared { for role in [TensorRole.key, .value, .keyNorm] { tensors.pass(over: role) } }
        output = try tensors.matrix(
            .attentionOutput, [tensors.hiddenSize, shape.heads * shape.valueSize], hasBias: spec.hasOutputBias)
        gate = try spec.gate.map { gate in
            let size = shape.heads * shape.valueSize
            let rows = TensorReader.Rows(counts: [size, size], index: 1, groups: shape.heads)
            return gate == .withQuery
                ? try tensors.matrix(.query, [size, tensors.hiddenSize], rows: rows, hasBias: spec.hasInputBias)
                : try tensors.matrix(.attentionGate, [size, tensors.hiddenSize])
        }
        sinks = spec.hasSinks ? try tensors.vector(.attentionSinks, [shape.heads]) : nil
        innerNorm = try tensors.norm(spec.innerNorm, .attentionInnerNorm, size: shape.heads * shape.valueSize)
        queryNorm = try headNorm(.queryNorm, heads: shape.heads)
        keyNorm = isShared ? nil : try headNorm(.keyNorm, heads: shape.keyValueHeads)
        valueNorm = try tensors.norm(spec.valueNorm, .value, size: shape.headSize)
        distanceBias =
            spec.distanceBuckets == 0
            ? nil
            : try tensors.vector(
                .distanceBias, [spec.distanceBuckets, shape.heads],
                changes: [
                    .elements(
                        DistanceBuckets(
                            count: spec.distanceBuckets, isOneWay: shape.isCausal, reach: spec.farthestBucket
                        ).places(heads: shape.heads))
                ])
    }
}

extension Attention where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let (operations, shape) = (pass.operations, spec.shape)
        var inputs = pass.project(input, [query, key, value, gate].compactMap { $0 })
        let gates = gate == nil ? nil : inputs.removeLast()
        var queries = inputs.removeFirst()
        // Keys and values, or nothing.
        var stored = value == nil ? inputs + inputs : inputs
        if !spec.normalizesRotated { normalizeHeads(&queries, &stored, pass) }
        if !stored.isEmpty { stored[1] = pass.normalize(stored[1], valueNorm, groups: shape.keyValueHeads) }
        if !stored.isEmpty, spec.valueScale != 1 { operations.transform(&stored[1], .scale(spec.valueScale)) }
        if let clip = spec.clip {
            operations.transform(&queries, .clamp(clip))
            for index in stored.indices { operations.transform(&stored[index], .clamp(clip)) }
        }
        if let start = spec.logarithmicScaleFrom {
            operations.multiplyRows(&queries, by: pass.logarithmicScales(from: start))
        }
        // With far attention keys are kept as they are, and turned when they are read.
        let far = farQueries(queries, pass)
        if far == nil, !stored.isEmpty {
            stored[0] = pass.rotate(stored[0], by: spec.rotary, headSize: shape.headSize)
        }
        queries = pass.rotate(queries, by: spec.rotary, headSize: shape.headSize)
        if spec.normalizesRotated { normalizeHeads(&queries, &stored, pass) }
        if let temperature = spec.temperature {
            operations.multiplyRows(&queries, by: pass.temperatures(temperature))
        }
        if !stored.isEmpty {
            operations.store(keys: stored[0], values: stored[1], layer: pass.layer, spans: pass.batch.spans)
        }
        let mixed = operations.attend(
            queries, far: far, shape: shape, distanceBias: distanceBias, sinks: sinks,
            layer: spec.sharedLayer ?? pass.layer, spans: pass.batch.spans)
        return project(mixed, gates, pass)
    }

    private func normalizeHeads(
        _ queries: inout Ops.Activations, _ stored: inout [Ops.Activations], _ pass: LayerPass<Ops>
    ) {
        guard let headNorm = spec.headNorm else { return }
        let isByHead = headNorm.extent != .row
        queries = pass.normalize(queries, queryNorm, groups: isByHead ? spec.shape.heads : 1)
        guard !stored.isEmpty else { return }
        stored[0] = pass.normalize(stored[0], keyNorm, groups: isByHead ? spec.shape.keyValueHeads : 1)
    }

    private func project(
        _ mixed: Ops.Activations, _ gate: Ops.Activations?, _ pass: LayerPass<Ops>
    ) -> Ops.Activations {
        guard let gate else { return pass.operations.project(pass.normalize(mixed, innerNorm), output) }
        return pass.operations.project(gating: gate, mixed, .sigmoid, output)
    }
}
