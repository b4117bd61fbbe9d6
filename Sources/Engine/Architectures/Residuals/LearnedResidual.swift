import Tensors

/// A learned augmented residual (LAuReL, Menghani et al. 2024): beside the mixer, what it reads is added to the stream, and a
/// low-rank change of that; the sum is divided by the root of 2.
package struct LearnedResidualSpec: Sendable, Hashable {
    /// The rank of the change; nil for what the file has.
    package var rank: Int?
    /// Normalization of the change.
    package var norm: NormSpec
}

extension TensorRole {
    static let residualDown = TensorRole("residualDown")
    static let residualUp = TensorRole("residualUp")
    static let residualNorm = TensorRole("residualNorm")
}

/// A learned residual with its parameters.
struct LearnedResidual<Ops: ParameterMaker> {
    /// `[rank, hiddenSize]` and `[hiddenSize, rank]`.
    let down, up: Ops.Matrix
    let norm: Norm<Ops.Vector>?

    init(_ spec: LearnedResidualSpec, from tensors: LayerTensors<Ops>) throws {
        let rank = try spec.rank ?? tensors.reader.shape(.residualDown, layer: tensors.layer).first ?? 0
        down = try tensors.matrix(.residualDown, [rank, tensors.hiddenSize])
        up = try tensors.matrix(.residualUp, [tensors.hiddenSize, rank])
        norm = try tensors.norm(spec.norm, .residualNorm)
    }
}

extension LearnedResidual where Ops: Operations {
    /// Adds to the stream what comes of the rows that the mixer read.
    func add(_ rows: Ops.Activations, to stream: inout Ops.Activations, _ pass: LayerPass<Ops>) {
        let operations = pass.operations
        let change = operations.project(operations.project(rows, down), up)
        operations.add(rows, scale: 1, to: &stream)
        operations.add(pass.normalize(change, norm), scale: 1, to: &stream)
        operations.transform(&stream, .scale(Float(0.5).squareRoot()))
    }
}
