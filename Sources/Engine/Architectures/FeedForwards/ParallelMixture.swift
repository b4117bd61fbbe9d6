import Tensors

/// A network for all tokens beside experts that read the same stream, each side with norms of its own (Gemma 4).
package struct ParallelMixtureSpec: Sendable, Hashable {
    /// The network for all tokens.
    package var dense: DenseSpec
    /// The experts.
    package var mixture: MixtureSpec
    /// Normalization of what the experts read, and of what both sides give.
    package var norm: NormSpec
}

extension TensorRole {
    static let denseOutputNorm = TensorRole("denseOutputNorm")
    static let mixtureNorm = TensorRole("mixtureNorm")
    static let mixtureOutputNorm = TensorRole("mixtureOutputNorm")
}

/// Both sides with their parameters.
struct ParallelMixture<Ops: ParameterMaker> {
    let dense: DenseNetwork<Ops>
    let mixture: Mixture<Ops>
    let denseOutputNorm, mixtureNorm, mixtureOutputNorm: Norm<Ops.Vector>?

    init(_ spec: ParallelMixtureSpec, from tensors: LayerTensors<Ops>) throws {
        dense = try DenseNetwork(spec.dense, from: tensors)
        mixture = try Mixture(spec.mixture, from: tensors)
        denseOutputNorm = try tensors.norm(spec.norm, .denseOutputNorm)
        mixtureNorm = try tensors.norm(spec.norm, .mixtureNorm)
        mixtureOutputNorm = try tensors.norm(spec.norm, .mixtureOutputNorm)
    }
}

extension ParallelMixture where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        var output = pass.normalize(dense.forward(input, pass), denseOutputNorm)
        let mixed = mixture.forward(LayerInput(input.rows, norm: mixtureNorm), pass)
        pass.operations.add(pass.normalize(mixed, mixtureOutputNorm), scale: 1, to: &output)
        return output
    }
}
