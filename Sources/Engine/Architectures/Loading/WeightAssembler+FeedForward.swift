import Tensors

extension WeightAssembler {
    func feedForward(_ network: FeedForwardSpec, _ layer: Int) throws -> Weights.FeedForward {
        switch network {
        case .dense(let spec): .dense(try dense(spec, layer))
        case .mixture(let spec): .mixture(try mixture(spec, layer))
        case .channelMix(let size): .channelMix(try channelMix(size, layer))
        }
    }

    /// The roles of a network's matrices.
    private struct Roles {
        var gate = TensorRole.gate
        var up = TensorRole.up
        var down = TensorRole.down
    }

    private func dense(
        _ spec: DenseSpec, _ layer: Int, roles: Roles = Roles(), expert: Int? = nil, of experts: Int = 1
    ) throws -> Weights.Dense {
        func input(_ role: TensorRole, _ index: Int) throws -> Matrix {
            try matrix(
                role, layer, expert: expert, of: experts, [spec.size, hidden],
                rows: TensorReader.Rows(counts: [spec.size, spec.size], index: index), bias: spec.hasBias ? role : nil)
        }
        return Weights.Dense(
            gate: spec.isGated ? try input(roles.gate, 0) : nil, up: try input(roles.up, 1),
            down: try matrix(
                roles.down, layer, expert: expert, of: experts, [hidden, spec.size],
                bias: spec.hasBias ? roles.down : nil))
    }

    private func mixture(_ spec: MixtureSpec, _ layer: Int) throws -> Weights.Mixture {
        let experts = spec.routing.experts
        let roles = Roles(gate: .expertGate, up: .expertUp, down: .expertDown)
        let shared = Roles(gate: .sharedGate, up: .sharedUp, down: .sharedDown)
        let weights = Weights.Mixture(
            router: try matrix(.router, layer, [experts, hidden]),
            experts: try (0..<experts).map { try dense(spec.expert, layer, roles: roles, expert: $0, of: experts) },
            shared: try spec.shared.map { try dense($0, layer, roles: shared) },
            sharedGate: spec.sharedIsGated ? try matrix(.sharedRouter, layer, [1, hidden]) : nil,
            bias: spec.hasBias
                ? try reader.vector(.mixtureBias, layer: layer, .bias, shape: [hidden])
                : [Float](repeating: 0, count: hidden))
        for role in [roles.gate, roles.up, roles.down] {
            for expert in 0..<experts { reader.releasePages(role, layer: layer, expert: expert) }
        }
        return weights
    }

    private func channelMix(_ size: Int, _ layer: Int) throws -> Weights.ChannelMix {
        Weights.ChannelMix(
            key: try matrix(.channelKey, layer, [size, hidden]),
            value: try matrix(.channelValue, layer, [hidden, size]),
            receptance: try matrix(.channelReceptance, layer, [hidden, hidden]),
            keyMix: try reader.vector(.channelKeyMix, layer: layer, shape: [hidden]),
            receptanceMix: try reader.vector(.channelReceptanceMix, layer: layer, shape: [hidden]))
    }
}
