package import Tensors

/// The feed-forward network of a block: a case for each kind, whose file has all that is special about it.
package enum FeedForwardSpec: Sendable, Hashable {
    /// One network for all tokens.
    case dense(DenseSpec)
    /// Several networks, of which each token uses a few.
    case mixture(MixtureSpec)
    /// One network for all tokens beside several, each side with norms of its own.
    case parallelMixture(ParallelMixtureSpec)
    /// One that also reads the token before, and whose output a sigmoid gates.
    case channelMix(ChannelMixSpec)

    /// down(activation(gate(x)) * up(x)) (Shazeer 2020).
    package static func gated(size: Int, _ activation: Activation, hasBias: Bool = false) -> FeedForwardSpec {
        .dense(DenseSpec(size: size, activation: activation, isGated: true, hasBias: hasBias))
    }

    /// down(activation(up(x))).
    package static func plain(size: Int, _ activation: Activation, hasBias: Bool) -> FeedForwardSpec {
        .dense(DenseSpec(size: size, activation: activation, isGated: false, hasBias: hasBias))
    }

    /// The floats of each state that it keeps of a sequence, in a stream of `hiddenSize` channels.
    func states(hiddenSize: Int) -> [Int] {
        switch self {
        case .dense, .mixture, .parallelMixture: []
        case .channelMix: [hiddenSize]
        }
    }
}

/// A feed-forward network with its parameters, indirect as mixers are.
indirect enum FeedForward<Ops: ParameterMaker> {
    case dense(DenseNetwork<Ops>)
    case mixture(Mixture<Ops>)
    case parallelMixture(ParallelMixture<Ops>)
    case channelMix(ChannelMix<Ops>)

    init(_ spec: FeedForwardSpec, from tensors: LayerTensors<Ops>) throws {
        switch spec {
        case .dense(let spec): self = .dense(try DenseNetwork(spec, from: tensors))
        case .mixture(let spec): self = .mixture(try Mixture(spec, from: tensors))
        case .parallelMixture(let spec): self = .parallelMixture(try ParallelMixture(spec, from: tensors))
        case .channelMix(let spec): self = .channelMix(try ChannelMix(spec, from: tensors))
        }
    }
}

extension FeedForward where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        switch self {
        case .dense(let network): network.forward(input, pass)
        case .mixture(let network): network.forward(input, pass)
        case .parallelMixture(let network): network.forward(input, pass)
        case .channelMix(let network): network.forward(input, pass)
        }
    }
}
