import Platform
package import Tensors

/// Disentangled attention (He et al. 2021): beside the product of query and key, that of the query with the vector of their
/// distance, and that of the key with it.
package struct DisentangledAttentionSpec: Sendable, Hashable {
    /// Heads and their sizes; all that is computed together sees each other.
    package var shape: AttentionShape
    /// The vectors of distances: half for keys after the query, half for the others.
    package var distances: Int
    /// The distance that the vectors are spread over, each near one with its own; nil where all have their own.
    package var farthest: Int?
    /// Normalization of the vectors of distances.
    package var distanceNorm: NormSpec?
    /// Whether queries are multiplied with them.
    package var queriesSeeDistances = true
    /// Whether keys are multiplied with them.
    package var keysSeeDistances = true
    /// Whether the matrices of queries and keys are used for them, too.
    package var sharesMatrices: Bool
}

extension DisentangledAttentionSpec: MixerKind {
    var mixer: MixerSpec { .disentangledAttention(self) }
    var queryHeads: Int? { shape.heads }

    func cacheLayer(hiddenSize: Int) -> CacheLayout.Layer {
        CacheLayout.Layer(attention: .init(shape, window: nil))
    }

    /// The vector of query position - key position, from 0 to `distances`.
    func vector(ofDistance distance: Int) -> Int {
        let half = distances / 2
        return min(max(half + bucket(distance), 0), distances - 1)
    }

    private func bucket(_ distance: Int) -> Int {
        let (middle, magnitude) = (distances / 4, abs(distance))
        guard let farthest, magnitude > middle else { return distance }
        let ratio = logf(Float(magnitude) / Float(middle)) / logf(Float(farthest - 1) / Float(middle))
        return distance.signum() * (Int(ceilf(ratio * Float(middle - 1))) + middle)
    }
}

extension TensorRole {
    static let distanceVectors = TensorRole("distanceVectors")
    static let distanceNorm = TensorRole("distanceNorm")
    static let distanceQuery = TensorRole("distanceQuery")
    static let distanceKey = TensorRole("distanceKey")
}

/// Disentangled attention with its parameters.
struct DisentangledAttention<Ops: ParameterMaker> {
    let spec: DisentangledAttentionSpec
    /// `[heads * headSize, hiddenSize]`.
    let query, key, value: Ops.Matrix
    /// What the vectors of distances become for keys and for queries, `[heads * headSize, hiddenSize]`; nil where they are
    /// not multiplied with them.
    let distanceQuery, distanceKey: Ops.Matrix?
    /// `[distances, hiddenSize]`.
    let distances: Ops.Table
    let distanceNorm: Norm<Ops.Vector>?
    /// `[hiddenSize, heads * headSize]`.
    let output: Ops.Matrix

    init(_ spec: DisentangledAttentionSpec, from tensors: LayerTensors<Ops>) throws {
        let (hidden, width) = (tensors.hiddenSize, spec.shape.heads * spec.shape.headSize)
        func input(_ role: TensorRole) throws -> Ops.Matrix {
            try tensors.matrix(role, [width, hidden], hasBias: true)
        }
        self.spec = spec
        (query, key, value) = (try input(.query), try input(.key), try input(.value))
        distanceKey = !spec.queriesSeeDistances ? nil : spec.sharesMatrices ? key : try input(.distanceKey)
        distanceQuery = !spec.keysSeeDistances ? nil : spec.sharesMatrices ? query : try input(.distanceQuery)
        distances = try tensors.table(.distanceVectors, [spec.distances, hidden])
        distanceNorm = try tensors.norm(spec.distanceNorm, .distanceNorm)
        output = try tensors.matrix(.attentionOutput, [hidden, width], hasBias: true)
    }
}

extension DisentangledAttention where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let (operations, spans) = (pass.operations, pass.batch.spans)
        let inputs = pass.project(input, [query, key, value])
        operations.store(keys: inputs[1], values: inputs[2], layer: pass.layer, spans: spans)
        let mixed = operations.attend(
            inputs[0], far: nil, shape: spec.shape, distanceBias: nil, sinks: nil,
            buckets: buckets(queries: inputs[0], keys: inputs[1], pass), layer: pass.layer, spans: spans)
        return operations.project(mixed, output)
    }

    /// What queries and keys add by themselves, at the distances that there are in these texts.
    private func buckets(
        queries: Ops.Activations, keys: Ops.Activations, _ pass: LayerPass<Ops>
    ) -> BucketScores<Ops.Activations> {
        let (operations, heads) = (pass.operations, spec.shape.heads)
        let reach = max(pass.batch.spans.map(\.rows.count).max() ?? 1, 1) - 1
        let used = spec.vector(ofDistance: -reach)...spec.vector(ofDistance: reach)
        let vectors = pass.normalize(operations.embed(used.map(Int32.init), distances), distanceNorm)
        return BucketScores(
            ofQueries: distanceKey.map {
                operations.multiplyHeads(queries, operations.project(vectors, $0), heads: heads)
            },
            ofKeys: distanceQuery.map {
                operations.multiplyHeads(keys, operations.project(vectors, $0), heads: heads)
            },
            count: used.count,
            // By key position - query position.
            buckets: (-reach...reach).map { Int32(spec.vector(ofDistance: -$0) - used.lowerBound) })
    }
}
