import Tensors

/// RWKV-4's time mixing: an average of all values so far, by channel, with fading weights (Peng et al. 2023).
package struct RWKV4Spec: Sendable, Hashable {
    /// Channels of keys and values.
    package var size: Int
}

extension RWKV4Spec: MixerKind {
    var mixer: MixerSpec { .rwkv4(self) }

    func cacheLayer(hiddenSize: Int) -> CacheLayout.Layer { CacheLayout.Layer(states: [hiddenSize, 3 * size]) }
}

extension TensorRole {
    static let receptance = TensorRole("receptance")
    static let timeMixKey = TensorRole("timeMixKey")
    static let timeMixValue = TensorRole("timeMixValue")
    static let timeMixReceptance = TensorRole("timeMixReceptance")
    static let timeDecay = TensorRole("timeDecay")
    static let timeFirst = TensorRole("timeFirst")
}

/// RWKV-4's time mixing with its parameters.
struct RWKV4<Ops: ParameterMaker> {
    let key, value, receptance, output: Ops.Matrix
    /// How much of a row, and not of the one before, each of them reads, `[hiddenSize]`.
    let timeMixKey, timeMixValue, timeMixReceptance: Ops.Vector
    /// `[size]`.
    let timeDecay, timeFirst: Ops.Vector

    init(_ spec: RWKV4Spec, from tensors: LayerTensors<Ops>) throws {
        let (size, hidden) = (spec.size, tensors.hiddenSize)
        (key, value) = (try tensors.matrix(.key, [size, hidden]), try tensors.matrix(.value, [size, hidden]))
        receptance = try tensors.matrix(.receptance, [size, hidden])
        output = try tensors.matrix(.attentionOutput, [hidden, size])
        timeMixKey = try tensors.vector(.timeMixKey, [hidden])
        timeMixValue = try tensors.vector(.timeMixValue, [hidden])
        timeMixReceptance = try tensors.vector(.timeMixReceptance, [hidden])
        (timeDecay, timeFirst) = (try tensors.vector(.timeDecay, [size]), try tensors.vector(.timeFirst, [size]))
    }
}

extension RWKV4 where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let (operations, spans, input) = (pass.operations, pass.batch.spans, pass.normalized(input))
        let previous = operations.shift(input, state: pass.state(0), spans: spans)
        func project(_ mix: Ops.Vector, _ matrix: Ops.Matrix) -> Ops.Activations {
            operations.project(operations.interpolate(input, previous, weight: mix), matrix)
        }
        let average = operations.wkv4(
            keys: project(timeMixKey, key), values: project(timeMixValue, value), timeDecay: timeDecay,
            timeFirst: timeFirst, state: pass.state(1), spans: spans)
        return operations.project(gating: project(timeMixReceptance, receptance), average, .sigmoid, output)
    }
}
