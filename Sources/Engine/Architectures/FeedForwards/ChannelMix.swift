import Tensors

/// RWKV's channel mixing: a network that also reads the token before, and whose output a sigmoid gates (Peng et al. 2023).
package struct ChannelMixSpec: Sendable, Hashable {
    /// The width between the matrices.
    package var size: Int
}

extension TensorRole {
    static let channelKey = TensorRole("channelKey")
    static let channelValue = TensorRole("channelValue")
    static let channelReceptance = TensorRole("channelReceptance")
    static let channelMixKey = TensorRole("channelMixKey")
    static let channelMixReceptance = TensorRole("channelMixReceptance")
}

/// RWKV's channel mixing with its parameters.
struct ChannelMix<Ops: ParameterMaker> {
    let key, value, receptance: Ops.Matrix
    /// How much of a row, and not of the one before, each of them reads, `[hiddenSize]`.
    let mixKey, mixReceptance: Ops.Vector

    init(_ spec: ChannelMixSpec, from tensors: LayerTensors<Ops>) throws {
        let (size, hidden) = (spec.size, tensors.hiddenSize)
        key = try tensors.matrix(.channelKey, [size, hidden])
        value = try tensors.matrix(.channelValue, [hidden, size])
        receptance = try tensors.matrix(.channelReceptance, [hidden, hidden])
        mixKey = try tensors.vector(.channelMixKey, [hidden])
        mixReceptance = try tensors.vector(.channelMixReceptance, [hidden])
    }
}

extension ChannelMix where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let (operations, input) = (pass.operations, pass.normalized(input))
        let previous = operations.shift(input, state: pass.state(0), spans: pass.batch.spans)
        let keyInput = operations.interpolate(input, previous, weight: mixKey)
        let receptanceInput = operations.interpolate(input, previous, weight: mixReceptance)
        let values = operations.project(gating: operations.project(keyInput, key), nil, .reluSquared, value)
        return operations.gate(operations.project(receptanceInput, receptance), values, .sigmoid)
    }
}
