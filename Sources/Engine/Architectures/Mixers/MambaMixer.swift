import Tensors

/// A selective state space behind a convolution (Gu & Dao 2023).
package struct MambaSpec: Sendable, Hashable {
    /// Channels of the state space.
    package var innerSize: Int
    /// Entries of each channel's state.
    package var stateSize: Int
    /// Rows that the convolution sees.
    package var convolutionWidth: Int
    /// The size of the vector that step sizes come from.
    package var dtRank: Int
    /// Whether the convolution has a bias.
    package var hasConvolutionBias = true
    /// Whether the first and last matrices have biases.
    package var hasBias = false
    /// Normalization of what dt comes from, of B and of C.
    package var innerNorm: NormSpec?
    /// Whether the file holds A and not the logarithm of its negative.
    package var storesA = false
}

extension MambaSpec: MixerKind {
    var mixer: MixerSpec { .mamba(self) }

    func cacheLayer(hiddenSize: Int) -> CacheLayout.Layer {
        CacheLayout.Layer(states: [(convolutionWidth - 1) * innerSize, innerSize * stateSize])
    }
}

extension TensorRole {
    static let inProjection = TensorRole("inProjection")
    static let convolution = TensorRole("convolution")
    static let xProjection = TensorRole("xProjection")
    static let dtProjection = TensorRole("dtProjection")
    static let dtNorm = TensorRole("dtNorm")
    static let bNorm = TensorRole("bNorm")
    static let cNorm = TensorRole("cNorm")
    static let aLog = TensorRole("aLog")
    static let d = TensorRole("d")
    static let outProjection = TensorRole("outProjection")
}

/// A selective state space with its parameters, under the names of the published code.
struct MambaMixer<Ops: ParameterMaker> {
    let spec: MambaSpec
    /// The parts of `in_proj`: the state space's input and its gate.
    let x, z: Ops.Matrix
    /// `[convolutionWidth, innerSize]`.
    let convolution: Ops.Vector
    let convolutionBias: Ops.Vector?
    /// The parts of `x_proj`: what step sizes come from, what enters the state, and what is read from it.
    let dt, b, c: Ops.Matrix
    let dtNorm, bNorm, cNorm: Norm<Ops.Vector>?
    let dtProjection: Ops.Matrix
    /// The rates at which the state fades, `[stateSize, innerSize]`, negative.
    let a: Ops.Vector
    /// The factor of the input itself, `[innerSize]`.
    let d: Ops.Vector
    let outProjection: Ops.Matrix

    init(_ spec: MambaSpec, from tensors: LayerTensors<Ops>) throws {
        let (inner, size, hidden) = (spec.innerSize, spec.stateSize, tensors.hiddenSize)
        func input(_ index: Int) throws -> Ops.Matrix {
            let rows = TensorReader.Rows(counts: [inner, inner], index: index)
            return try tensors.matrix(.inProjection, [inner, hidden], rows: rows, hasBias: spec.hasBias)
        }
        func parameters(_ index: Int) throws -> Ops.Matrix {
            let rows = TensorReader.Rows(counts: [spec.dtRank, size, size], index: index)
            return try tensors.matrix(.xProjection, [rows.counts[index], inner], rows: rows)
        }
        self.spec = spec
        // First, as its shape tells both sizes.
        a = try tensors.vector(
            .aLog, [inner, size], isTransposed: true, changes: spec.storesA ? [] : [.negativeExponential])
        (x, z) = (try input(0), try input(1))
        convolution = try tensors.vector(.convolution, [inner, spec.convolutionWidth], isTransposed: true)
        convolutionBias = spec.hasConvolutionBias ? try tensors.vector(.convolution, [inner], part: .bias) : nil
        (dt, b, c) = (try parameters(0), try parameters(1), try parameters(2))
        dtNorm = try tensors.norm(spec.innerNorm, .dtNorm, size: spec.dtRank)
        bNorm = try tensors.norm(spec.innerNorm, .bNorm, size: size)
        cNorm = try tensors.norm(spec.innerNorm, .cNorm, size: size)
        dtProjection = try tensors.matrix(.dtProjection, [inner, spec.dtRank], hasBias: true)
        d = try tensors.vector(.d, [inner])
        outProjection = try tensors.matrix(.outProjection, [hidden, inner], hasBias: spec.hasBias)
    }
}

extension LayerTensors {
    /// The factors of some of the channels of a convolution, `[width, channels.count]`.
    func convolution(of part: Range<Int>, channels: Int, width: Int) throws -> Ops.Vector {
        try vector(
            .convolution, [channels, width],
            changes: [.rows([part], width: width), .transposed(rows: part.count, columns: width)])
    }
}

extension MambaMixer where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let (operations, spans) = (pass.operations, pass.batch.spans)
        let inputs = pass.project(input, [x, z])
        let convolved = operations.convolve(
            inputs[0], weight: convolution, bias: convolutionBias, state: pass.state(0), spans: spans)
        let x = operations.gate(convolved, nil, .silu)
        let parameters = operations.project(x, [dt, b, c])
        let steps = operations.project(pass.normalize(parameters[0], dtNorm), dtProjection)
        let y = operations.selectiveScan(
            x, dt: operations.gate(steps, nil, .softplus), a: a, b: pass.normalize(parameters[1], bNorm),
            c: pass.normalize(parameters[2], cNorm), d: d, state: pass.state(1), spans: spans)
        return operations.project(gating: inputs[1], y, .silu, outProjection)
    }
}
