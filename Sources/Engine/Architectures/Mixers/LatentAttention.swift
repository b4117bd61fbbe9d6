package import Tensors

/// Multi-head latent attention (arXiv:2405.04434).
package struct LatentAttentionSpec: Sendable, Hashable {
    /// Heads of `rotatedSize` + `plainSize` channels, values of another size.
    package var shape: AttentionShape
    /// Rotary positions of the rotated channels.
    package var rotary: RotarySpec?
    /// Channels of a query or key that are rotated; a key's are the same for all heads.
    package var rotatedSize: Int
    /// The size of the vector that queries come from; nil if they come from the stream.
    package var queryRank: Int?
    /// The size of the vector that keys and values come from.
    package var keyValueRank: Int
    /// Normalization of both vectors.
    package var norm: NormSpec
    /// How queries grow with their position; nil for not at all.
    package var temperature: QueryTemperature?
    /// Whether the first and last matrices have biases.
    package var hasBias = false

    /// Channels of a query or key that are not rotated.
    package var plainSize: Int { shape.headSize - rotatedSize }
}

extension LatentAttentionSpec: MixerKind {
    var mixer: MixerSpec { .latentAttention(self) }
    var queryHeads: Int? { shape.heads }

    func cacheLayer(hiddenSize: Int) -> CacheLayout.Layer {
        CacheLayout.Layer(attention: .init(shape, window: shape.window))
    }
}

extension TensorRole {
    static let queryDown = TensorRole("queryDown")
    static let queryDownNorm = TensorRole("queryDownNorm")
    static let queryUp = TensorRole("queryUp")
    static let latent = TensorRole("latent")
    static let latentNorm = TensorRole("latentNorm")
    static let keyValueUp = TensorRole("keyValueUp")
    static let keyUp = TensorRole("keyUp")
    static let valueUp = TensorRole("valueUp")
}

/// Latent attention with its parameters.
struct LatentAttention<Ops: ParameterMaker> {
    let spec: LatentAttentionSpec
    /// To the queries' vector, and from it to the queries; without such a vector only the second.
    let queryDown: Ops.Matrix?
    let queryUp: Ops.Matrix
    let queryNorm: Norm<Ops.Vector>?
    /// To the keys' and values' vector and to the rotated channels of the keys.
    let latent, rotatedKey: Ops.Matrix
    let latentNorm: Norm<Ops.Vector>?
    let key, value: Ops.Matrix
    let output: Ops.Matrix

    init(_ spec: LatentAttentionSpec, from tensors: LayerTensors<Ops>) throws {
        let (shape, heads, hidden) = (spec.shape, spec.shape.heads, tensors.hiddenSize)
        func latent(_ index: Int) throws -> Ops.Matrix {
            let rows = TensorReader.Rows(counts: [spec.keyValueRank, spec.rotatedSize], index: index)
            return try tensors.matrix(.latent, [rows.counts[index], hidden], rows: rows, hasBias: spec.hasBias)
        }
        self.spec = spec
        queryDown = try spec.queryRank.map { try tensors.matrix(.queryDown, [$0, hidden], hasBias: spec.hasBias) }
        queryUp = try Self.queries(spec, tensors)
        queryNorm = try spec.queryRank.flatMap { try tensors.norm(spec.norm, .queryDownNorm, size: $0) }
        (self.latent, rotatedKey) = (try latent(0), try latent(1))
        latentNorm = try tensors.norm(spec.norm, .latentNorm, size: spec.keyValueRank)
        (key, value) = (try Self.keys(spec, tensors), try Self.values(spec, tensors))
        output = try tensors.matrix(.attentionOutput, [hidden, heads * shape.valueSize], hasBias: spec.hasBias)
    }

    /// The rows of each query head, the rotated channels first; files have them last.
    private static func queries(_ spec: LatentAttentionSpec, _ tensors: LayerTensors<Ops>) throws -> Ops.Matrix {
        let shape = spec.shape
        let order = (0..<shape.heads).flatMap { head in
            let (start, end) = (head * shape.headSize, (head + 1) * shape.headSize)
            return [start + spec.plainSize..<end, start..<start + spec.plainSize]
        }
        return try tensors.matrix(
            spec.queryRank == nil ? .query : .queryUp,
            [shape.heads * shape.headSize, spec.queryRank ?? tensors.hiddenSize], order: order)
    }

    /// From the vector to keys; newer GGUF files have them in a tensor of their own, transposed by head.
    private static func keys(_ spec: LatentAttentionSpec, _ tensors: LayerTensors<Ops>) throws -> Ops.Matrix {
        guard tensors.contains(.keyUp) else { return try expanded(0, spec, tensors) }
        let (heads, rank) = (spec.shape.heads, spec.keyValueRank)
        let (source, origin) = try tensors.source(.keyUp, [heads * rank, spec.plainSize])
        let ranges = (0..<heads).map { $0 * rank..<($0 + 1) * rank }
        let parts = ranges.compactMap { source.rows([$0]).transposedValues() }
        guard parts.count == heads, let joined = MatrixSource.concatenating(parts) else {
            throw tensors.error(.keyUp, "cannot be brought into the order of its heads")
        }
        let origins = ranges.compactMap {
            origin?.changed(by: .rows([$0], width: spec.plainSize))
                .changed(by: .transposed(rows: rank, columns: spec.plainSize))
        }
        return tensors.maker.makeMatrix(
            joined, bias: nil, adapter: nil, from: MatrixOrigin(weight: ParameterOrigin(joining: origins)))
    }

    private static func values(_ spec: LatentAttentionSpec, _ tensors: LayerTensors<Ops>) throws -> Ops.Matrix {
        guard tensors.contains(.keyUp) else { return try expanded(1, spec, tensors) }
        return try tensors.matrix(.valueUp, [spec.shape.heads * spec.shape.valueSize, spec.keyValueRank])
    }

    /// Keys or values of the tensor that holds both.
    private static func expanded(
        _ index: Int, _ spec: LatentAttentionSpec, _ tensors: LayerTensors<Ops>
    ) throws -> Ops.Matrix {
        let heads = spec.shape.heads
        let rows = TensorReader.Rows(
            counts: [heads * spec.plainSize, heads * spec.shape.valueSize], index: index, groups: heads)
        return try tensors.matrix(.keyValueUp, [rows.counts[index], spec.keyValueRank], rows: rows)
    }
}

extension LatentAttention where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let (operations, shape) = (pass.operations, spec.shape)
        let inputs = pass.project(input, [latent, rotatedKey, queryDown ?? queryUp])
        let keysAndValues = operations.project(pass.normalize(inputs[0], latentNorm), [key, value])
        // The rotated channels come first in queries and keys; the queries' rows have been put in this order.
        let rotatedKeys = pass.rotate(inputs[1], by: spec.rotary, headSize: spec.rotatedSize)
        let keys = operations.joinHeads(shared: rotatedKeys, each: keysAndValues[0], heads: shape.heads)
        var queries = inputs[2]
        if queryDown != nil { queries = operations.project(pass.normalize(queries, queryNorm), queryUp) }
        queries = pass.rotate(queries, by: spec.rotary, headSize: shape.headSize)
        if let temperature = spec.temperature {
            operations.multiplyRows(&queries, by: pass.temperatures(temperature))
        }
        operations.store(keys: keys, values: keysAndValues[1], layer: pass.layer, spans: pass.batch.spans)
        let mixed = operations.attend(
            queries, far: nil, shape: shape, distanceBias: nil, layer: pass.layer, spans: pass.batch.spans)
        return operations.project(mixed, output)
    }
}
