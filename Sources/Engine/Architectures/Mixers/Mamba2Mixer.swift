package import Tensors

/// Mamba-2 (Dao & Gu 2024): linear attention of heads that fade at rates which they read, behind a convolution.
package struct Mamba2Spec: Sendable, Hashable {
    /// Heads, groups of heads that share what enters and leaves their states (the key heads), entries of a state's rows (the
    /// key size) and channels of a head.
    package var shape: LinearAttentionShape
    /// Rows that the convolution sees.
    package var width: Int
    /// Whether the convolution has a bias.
    package var hasConvolutionBias = true
    /// Whether the first matrix has a bias.
    package var hasBias = false
    /// Whether the last matrix has a bias.
    package var hasOutputBias = false
    /// Normalization of each group's output; nil for none.
    package var norm: NormSpec?
    /// Whether outputs are normalized before they are gated, and not after it.
    package var normalizesBeforeGate = false
    /// Steps are this at the least, and this at the most.
    package var steps: ClosedRange<Float> = 0 ... .infinity
    /// Factors of what the first matrix gives: gate, input, what enters and what leaves the states, steps; empty for none.
    package var inputScales: [Float] = []
    /// Whether the file holds A and not the logarithm of its negative.
    package var storesA = false
    /// Whether the norm's weights lie group by group in the file.
    package var storesNormByGroup = false

    /// Channels of all heads.
    var innerSize: Int { shape.heads * shape.valueSize }
    /// What enters or leaves the states of all groups.
    var groupWidth: Int { shape.keyHeads * shape.keySize }
}

extension Mamba2Spec: MixerKind {
    var mixer: MixerSpec { .mamba2(self) }

    func cacheLayer(hiddenSize: Int) -> CacheLayout.Layer {
        let convolutions = [innerSize, groupWidth, groupWidth].map { (width - 1) * $0 }
        return CacheLayout.Layer(states: convolutions + [shape.stateCount])
    }
}

extension TensorRole {
    static let stepBias = TensorRole("stepBias")
    static let stateNorm = TensorRole("stateNorm")
}

/// Mamba-2 with its parameters, under the names of the published code.
struct Mamba2<Ops: ParameterMaker> {
    let spec: Mamba2Spec
    /// The parts of `in_proj`: gate, input, what enters the states and what is read from them, steps.
    let z, x, b, c, dt: Ops.Matrix
    /// `[width, channels]` of x, b, c, and their biases.
    let convolutions: [Ops.Vector]
    let convolutionBiases: [Ops.Vector]
    /// The rates at which states fade, negative, and what is added to steps, `[heads]`.
    let a, stepBias: Ops.Vector
    /// The factor of the input itself, `[innerSize]`.
    let d: Ops.Vector
    let norm: Norm<Ops.Vector>?
    let outProjection: Ops.Matrix

    init(_ spec: Mamba2Spec, from tensors: LayerTensors<Ops>) throws {
        let (inner, group, heads, hidden) = (spec.innerSize, spec.groupWidth, spec.shape.heads, tensors.hiddenSize)
        func input(_ index: Int) throws -> Ops.Matrix {
            let rows = TensorReader.Rows(counts: [inner, inner, group, group, heads], index: index)
            return try tensors.matrix(.inProjection, [rows.counts[index], hidden], rows: rows, hasBias: spec.hasBias)
        }
        self.spec = spec
        (z, x, b, c, dt) = (try input(0), try input(1), try input(2), try input(3), try input(4))
        let channels = inner + 2 * group
        let parts = [0..<inner, inner..<inner + group, inner + group..<channels]
        convolutions = try parts.map { try tensors.convolution(of: $0, channels: channels, width: spec.width) }
        convolutionBiases = try (spec.hasConvolutionBias ? parts : []).map {
            try tensors.vector(.convolution, [channels], part: .bias, changes: [.rows([$0], width: 1)])
        }
        a = try tensors.vector(.aLog, [heads], changes: spec.storesA ? [] : [.negativeExponential])
        stepBias = try tensors.vector(.stepBias, [heads])
        let size = spec.shape.valueSize
        let ofEachChannel = (0..<heads).flatMap { [Int](repeating: $0, count: size) }
        d = try tensors.vector(.d, [heads], changes: [.elements(ofEachChannel)])
        let groups = spec.storesNormByGroup ? spec.shape.keyHeads : 1
        norm = try tensors.norm(spec.norm, .stateNorm, size: inner / groups, heads: groups)
        outProjection = try tensors.matrix(.outProjection, [hidden, inner], hasBias: spec.hasOutputBias)
    }
}

extension Mamba2 where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let (operations, spans, rows) = (pass.operations, pass.batch.spans, pass.batch.positions.count)
        var projected = pass.project(input, [z, x, b, c, dt])
        for (index, scale) in spec.inputScales.enumerated() where scale != 1 {
            operations.transform(&projected[index], .scale(scale))
        }
        let mixed = (0..<3).map { index in
            let convolved = operations.convolve(
                projected[index + 1], weight: convolutions[index],
                bias: convolutionBiases.isEmpty ? nil : convolutionBiases[index], state: pass.state(index), spans: spans
            )
            return operations.gate(convolved, nil, .silu)
        }
        let steps = steps(projected[4], pass)
        var output = operations.linearAttention(
            mixed[2], mixed[1], mixed[0],
            decays: operations.gate(steps, operations.broadcast(a, rows: rows), .identity), strengths: steps,
            shape: spec.shape, state: pass.state(3), spans: spans)
        operations.add(
            operations.gate(mixed[0], operations.broadcast(d, rows: rows), .identity), scale: 1, to: &output)
        let groups = spec.shape.keyHeads
        guard let norm else { return operations.project(gating: projected[0], output, .silu, outProjection) }
        if spec.normalizesBeforeGate {
            let normalized = pass.normalize(output, norm, groups: groups)
            return operations.project(gating: projected[0], normalized, .silu, outProjection)
        }
        let gated = operations.gate(projected[0], output, .silu)
        return operations.project(pass.normalize(gated, norm, groups: groups), outProjection)
    }

    /// The steps of all heads, within their limits.
    private func steps(_ projected: Ops.Activations, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let operations = pass.operations
        var steps = projected
        operations.add(operations.broadcast(stepBias, rows: pass.batch.positions.count), scale: 1, to: &steps)
        steps = operations.gate(steps, nil, .softplus)
        if spec.steps.lowerBound > 0 { operations.transform(&steps, .atLeast(spec.steps.lowerBound)) }
        if spec.steps.upperBound < .infinity { operations.transform(&steps, .limit(spec.steps.upperBound)) }
        return steps
    }
}
