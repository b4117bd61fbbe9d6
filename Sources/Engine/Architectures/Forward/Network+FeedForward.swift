import Tensors

extension Network {
    func feedForward(
        _ input: LayerInput, _ network: FeedForwardSpec, _ weights: NetworkWeights<Ops.Matrix>.FeedForward,
        _ layer: Int, _ pass: Pass
    ) -> Ops.Activations {
        switch (network, weights) {
        case (.dense(let spec), .dense(let weights)): dense(input, spec, weights)
        case (.mixture(let spec), .mixture(let weights)): mixture(values(input), spec, weights, pass)
        case (.channelMix, .channelMix(let weights)): channelMix(values(input), weights, layer, pass)
        default: preconditionFailure("the loader makes the weights that the spec asks for")
        }
    }

    private func dense(
        _ input: LayerInput, _ spec: DenseSpec, _ weights: NetworkWeights<Ops.Matrix>.Dense
    ) -> Ops.Activations {
        let inputs = project(input, [weights.gate, weights.up].compactMap(\.self))
        return operations.project(
            gating: inputs[0], inputs.count > 1 ? inputs[1] : nil, spec.activation, weights.down)
    }

    /// Tokens are gathered by expert, so that each expert's weights are read once, and only if a token uses it.
    private func mixture(
        _ input: Ops.Activations, _ spec: MixtureSpec, _ weights: NetworkWeights<Ops.Matrix>.Mixture, _ pass: Pass
    ) -> Ops.Activations {
        let assignment = Assignment(scores: operations.read(operations.project(input, weights.router)), spec.routing)
        var output: Ops.Activations
        if let shared = spec.shared, let sharedWeights = weights.shared {
            output = dense(LayerInput(input), shared, sharedWeights)
            if let gate = weights.sharedGate {
                let factors = operations.gate(operations.project(input, gate), nil, .sigmoid)
                operations.multiplyRows(&output, by: factors)
            }
        } else {
            output = operations.constant(pass.positions.flatMap { _ in weights.bias }, width: weights.bias.count)
        }
        for share in assignment.shares {
            operations.scope {
                let rows = LayerInput(operations.select(input, rows: share.rows))
                let fed = dense(rows, spec.expert, weights.experts[share.expert])
                operations.addRows(fed, factors: share.factors, to: share.rows, of: &output)
            }
        }
        return output
    }

    func zeros(tokens: Int, width: Int) -> Ops.Activations {
        operations.constant([Float](repeating: 0, count: tokens * width), width: width)
    }

    private func channelMix(
        _ input: Ops.Activations, _ weights: NetworkWeights<Ops.Matrix>.ChannelMix, _ layer: Int, _ pass: Pass
    ) -> Ops.Activations {
        let previous = operations.shift(input, state: StateReference(layer: layer, index: 1), spans: pass.spans)
        let keyInput = operations.interpolate(input, previous, weight: weights.keyMix)
        let key = operations.gate(operations.project(keyInput, weights.key), nil, .reluSquared)
        let receptanceInput = operations.interpolate(input, previous, weight: weights.receptanceMix)
        let receptance = operations.project(receptanceInput, weights.receptance)
        return operations.gate(receptance, operations.project(key, weights.value), .sigmoid)
    }
}
