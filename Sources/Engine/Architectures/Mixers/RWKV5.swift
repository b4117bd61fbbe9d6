import Tensors

/// RWKV-5's time mixing: a recurrence with a matrix-valued state for each head (Peng et al. 2024).
package struct RWKV5Spec: Sendable, Hashable {
    package var heads: Int
    /// Channels of a head.
    package var headSize: Int
    /// Normalization of each head's output, with weights `[heads * headSize]`.
    package var norm: NormSpec
}

extension RWKV5Spec: MixerKind {
    var mixer: MixerSpec { .rwkv5(self) }

    func cacheLayer(hiddenSize: Int) -> CacheLayout.Layer {
        CacheLayout.Layer(states: [hiddenSize, heads * headSize * headSize])
    }
}

extension TensorRole {
    static let timeMixGate = TensorRole("timeMixGate")
    static let timeGate = TensorRole("timeGate")
    static let wkvNorm = TensorRole("wkvNorm")
}

/// RWKV-5's time mixing with its parameters.
struct RWKV5<Ops: ParameterMaker> {
    let spec: RWKV5Spec
    let key, value, receptance, gate, output: Ops.Matrix
    /// How much of a row, and not of the one before, each of them reads, `[hiddenSize]`.
    let timeMixKey, timeMixValue, timeMixReceptance, timeMixGate: Ops.Vector
    /// e^-e^`time_decay` and `time_first` (`time_faaaa`), `[heads * headSize]`.
    let decay, timeFirst: Ops.Vector
    let norm: Norm<Ops.Vector>?

    init(_ spec: RWKV5Spec, from tensors: LayerTensors<Ops>) throws {
        let (size, hidden) = (spec.heads * spec.headSize, tensors.hiddenSize)
        func input(_ role: TensorRole) throws -> Ops.Matrix { try tensors.matrix(role, [size, hidden]) }
        func mix(_ role: TensorRole) throws -> Ops.Vector { try tensors.vector(role, [hidden]) }
        self.spec = spec
        (key, value) = (try input(.key), try input(.value))
        (receptance, gate) = (try input(.receptance), try input(.timeGate))
        output = try tensors.matrix(.attentionOutput, [hidden, size])
        (timeMixKey, timeMixValue) = (try mix(.timeMixKey), try mix(.timeMixValue))
        (timeMixReceptance, timeMixGate) = (try mix(.timeMixReceptance), try mix(.timeMixGate))
        decay = try tensors.vector(.timeDecay, [spec.heads, spec.headSize], changes: [.fading])
        timeFirst = try tensors.vector(.timeFirst, [spec.heads, spec.headSize])
        norm = try tensors.norm(spec.norm, .wkvNorm, size: size)
    }
}

extension RWKV5 where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let (operations, spans, input) = (pass.operations, pass.batch.spans, pass.normalized(input))
        let previous = operations.shift(input, state: pass.state(0), spans: spans)
        func project(_ mix: Ops.Vector, _ matrix: Ops.Matrix) -> Ops.Activations {
            operations.project(operations.interpolate(input, previous, weight: mix), matrix)
        }
        let mixed = operations.wkv5(
            receptance: project(timeMixReceptance, receptance), keys: project(timeMixKey, key),
            values: project(timeMixValue, value), decay: decay, timeFirst: timeFirst, heads: spec.heads,
            state: pass.state(1), spans: spans)
        let normalized = pass.normalize(mixed, norm, groups: spec.heads)
        return operations.project(gating: project(timeMixGate, gate), normalized, .silu, output)
    }
}
