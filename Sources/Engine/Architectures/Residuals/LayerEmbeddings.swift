package import Tensors

/// A vector of every token for each block, made of a table and of what the first block reads (Gemma 3n, Gemma Team 2025).
package struct LayerEmbeddingSpec: Sendable, Hashable {
    /// The tokens that the table knows; all others have the vector of the first.
    package var rows: Int
    /// The length of a block's vector.
    package var size: Int
    /// Normalization of what the stream gives.
    package var norm: NormSpec
    /// What is taken of the stream for the vector to multiply.
    package var activation: Activation
}

extension TensorRole {
    static let layerTable = TensorRole("layerTable")
    static let layerTableProjection = TensorRole("layerTableProjection")
    static let layerTableNorm = TensorRole("layerTableNorm")
    static let layerVectorGate = TensorRole("layerVectorGate")
    static let layerVectorProjection = TensorRole("layerVectorProjection")
    static let layerVectorNorm = TensorRole("layerVectorNorm")
    static let streamScale = TensorRole("streamScale")
}

/// What makes the vectors of all blocks.
struct LayerEmbeddings<Ops: ParameterMaker> {
    let spec: LayerEmbeddingSpec
    let layers: Int
    /// `[rows, layers * size]`.
    let table: Ops.Table
    /// `[layers * size, hiddenSize]`.
    let projection: Ops.Matrix
    let norm: Norm<Ops.Vector>?

    init(_ spec: LayerEmbeddingSpec, layers: Int, from tensors: LayerTensors<Ops>) throws {
        let width = layers * spec.size
        (self.spec, self.layers) = (spec, layers)
        table = try tensors.table(.layerTable, [spec.rows, width])
        projection = try tensors.matrix(.layerTableProjection, [width, tensors.hiddenSize])
        norm = try tensors.norm(spec.norm, .layerTableNorm, size: spec.size)
    }
}

extension LayerEmbeddings where Ops: Operations {
    /// The vectors of all blocks side by side, `[tokens, layers * size]`.
    func vectors(of tokens: [Int32], _ stream: Ops.Activations, hiddenSize: Int, _ operations: Ops) -> Ops.Activations {
        var result = operations.project(stream, projection)
        operations.transform(&result, .scale(1 / Float(hiddenSize).squareRoot()))
        if let norm { result = operations.normalize(result, norm, groups: layers) }
        let known = tokens.map { $0 < Int32(spec.rows) ? $0 : 0 }
        operations.add(operations.embed(known, table), scale: Float(spec.size).squareRoot(), to: &result)
        operations.transform(&result, .scale(Float(0.5).squareRoot()))
        return result
    }
}

/// What a block does with its vector.
struct LayerEmbeddingGate<Ops: ParameterMaker> {
    let spec: LayerEmbeddingSpec
    /// `[size, hiddenSize]`.
    let gate: Ops.Matrix
    /// `[hiddenSize, size]`.
    let projection: Ops.Matrix
    let norm: Norm<Ops.Vector>?

    init(_ spec: LayerEmbeddingSpec, from tensors: LayerTensors<Ops>) throws {
        self.spec = spec
        gate = try tensors.matrix(.layerVectorGate, [spec.size, tensors.hiddenSize])
        projection = try tensors.matrix(.layerVectorProjection, [tensors.hiddenSize, spec.size])
        norm = try tensors.norm(spec.norm, .layerVectorNorm)
    }
}

extension LayerEmbeddingGate where Ops: Operations {
    /// What a block adds because of its part of all `vectors`.
    func forward(_ stream: Ops.Activations, _ vectors: Ops.Activations, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let first = pass.layer * spec.size
        let own = pass.operations.channels(first..<first + spec.size, of: vectors)
        let gates = pass.operations.project(stream, gate)
        return pass.normalize(pass.operations.project(gating: gates, own, spec.activation, projection), norm)
    }
}
