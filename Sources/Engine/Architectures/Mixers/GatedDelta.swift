package import Tensors

/// The gated delta rule (Yang et al. 2024): linear attention behind a short convolution, its outputs normalized and gated.
package struct GatedDeltaSpec: Sendable, Hashable {
    /// Heads and their sizes.
    package var shape: LinearAttentionShape
    /// Rows that the convolution sees.
    package var width: Int
    /// Normalization of each head's output.
    package var norm: NormSpec
    /// Whether one tensor has the rows of queries, keys, values and gates key head by key head, and one those of strengths
    /// and decays; otherwise gates, strengths and decays have tensors of their own.
    package var isGroupedByHead = false
    /// Whether, all the same, only strengths and decays lie so, and the file has decays and not the logarithms of their
    /// negatives.
    package var hasOwnGates = false
    /// Factor of strengths.
    package var strengthScale: Float = 1
    /// The size of the vectors that gates and decays come from, of which each channel of a key has its own then; nil if they
    /// come from the stream, and a head's channels fade alike (Kimi Team 2025).
    package var rank: Int?
    /// What gates are made by.
    package var gateActivation = Activation.silu

    var keyWidth: Int { shape.keyHeads * shape.keySize }
    var valueWidth: Int { shape.heads * shape.valueSize }
    /// The decays of a row.
    var decayWidth: Int { rank == nil ? shape.heads : shape.heads * shape.keySize }
}

extension GatedDeltaSpec: MixerKind {
    var mixer: MixerSpec { .gatedDelta(self) }

    func cacheLayer(hiddenSize: Int) -> CacheLayout.Layer {
        CacheLayout.Layer(states: [keyWidth, keyWidth, valueWidth].map { (width - 1) * $0 } + [shape.stateCount])
    }
}

extension TensorRole {
    static let deltaQuery = TensorRole("deltaQuery")
    static let deltaKey = TensorRole("deltaKey")
    static let deltaValue = TensorRole("deltaValue")
    static let queryConvolution = TensorRole("queryConvolution")
    static let keyConvolution = TensorRole("keyConvolution")
    static let valueConvolution = TensorRole("valueConvolution")
    static let deltaGateUp = TensorRole("deltaGateUp")
    static let deltaDecayUp = TensorRole("deltaDecayUp")
    static let deltaGate = TensorRole("deltaGate")
    static let deltaStrength = TensorRole("deltaStrength")
    static let deltaDecay = TensorRole("deltaDecay")
    static let deltaDecayBias = TensorRole("deltaDecayBias")
    static let deltaNorm = TensorRole("deltaNorm")
}

/// The gated delta rule with its parameters.
struct GatedDelta<Ops: ParameterMaker> {
    let spec: GatedDeltaSpec
    /// Queries, keys, values.
    let inputs: [Ops.Matrix]
    let gate, strength, decay: Ops.Matrix
    /// From the vectors to gates and decays.
    let gateUp, decayUp: Ops.Matrix?
    /// `[width, channels]` of queries, keys, values.
    let convolutions: [Ops.Vector]
    /// The factors of decays and what is added to them, `[heads]` or `[heads * keySize]`.
    let rates, decayBias: Ops.Vector
    let norm: Norm<Ops.Vector>?
    let outProjection: Ops.Matrix

    init(_ spec: GatedDeltaSpec, from tensors: LayerTensors<Ops>) throws {
        let (heads, groups, hidden) = (spec.shape.heads, spec.shape.keyHeads, tensors.hiddenSize)
        let (keys, values, isGrouped) = (spec.keyWidth, spec.valueWidth, spec.isGroupedByHead)
        let hasFusedGates = isGrouped && !spec.hasOwnGates
        let counts = [keys, keys, values] + (hasFusedGates ? [values] : [])
        func input(_ role: TensorRole, _ counts: [Int], _ index: Int) throws -> Ops.Matrix {
            let rows = TensorReader.Rows(counts: counts, index: index, groups: groups)
            return try tensors.matrix(role, [counts[index], hidden], rows: rows)
        }
        self.spec = spec
        inputs = try zip([TensorRole.deltaQuery, .deltaKey, .deltaValue], 0...).map { try input($0, counts, $1) }
        gate = hasFusedGates ? try input(.deltaQuery, counts, 3) : try input(.deltaGate, [spec.rank ?? values], 0)
        strength = try input(.deltaStrength, isGrouped ? [heads, heads] : [heads], 0)
        decay =
            isGrouped ? try input(.deltaStrength, [heads, heads], 1) : try input(.deltaDecay, [spec.rank ?? heads], 0)
        gateUp = try spec.rank.map { try tensors.matrix(.deltaGateUp, [values, $0]) }
        decayUp = try spec.rank.map { try tensors.matrix(.deltaDecayUp, [spec.decayWidth, $0]) }
        convolutions = try Self.convolutions(spec, tensors)
        let headOfEach = (0..<spec.decayWidth).map { $0 * heads / spec.decayWidth }
        rates = try tensors.vector(
            .aLog, [heads], changes: (spec.hasOwnGates ? [] : [.negativeExponential]) + [.elements(headOfEach)])
        decayBias = try tensors.vector(.deltaDecayBias, [spec.decayWidth])
        norm = try tensors.norm(spec.norm, .deltaNorm, size: spec.shape.valueSize)
        outProjection = try tensors.matrix(.outProjection, [hidden, values])
    }

    /// The factors of the convolutions of queries, keys and values, which may lie in one tensor.
    private static func convolutions(_ spec: GatedDeltaSpec, _ tensors: LayerTensors<Ops>) throws -> [Ops.Vector] {
        let (keys, values) = (spec.keyWidth, spec.valueWidth)
        guard tensors.contains(.queryConvolution) else {
            return try [0..<keys, keys..<2 * keys, 2 * keys..<2 * keys + values].map {
                try tensors.convolution(of: $0, channels: 2 * keys + values, width: spec.width)
            }
        }
        let parts: [(TensorRole, Int)] = [
            (.queryConvolution, keys), (.keyConvolution, keys), (.valueConvolution, values),
        ]
        return try parts.map { try tensors.vector($0, [$1, spec.width], isTransposed: true) }
    }
}

extension GatedDelta where Ops: Operations {
    func forward(_ input: LayerInput<Ops>, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let (operations, shape, spans) = (pass.operations, spec.shape, pass.batch.spans)
        let projected = pass.project(input, inputs + [gate, strength, decay])
        let mixed = (0..<3).map { index in
            let convolved = operations.convolve(
                projected[index], weight: convolutions[index], bias: nil, state: pass.state(index), spans: spans)
            return operations.gate(convolved, nil, .silu)
        }
        let rows = pass.batch.positions.count
        var steps = decayUp.map { operations.project(projected[5], $0) } ?? projected[5]
        operations.add(operations.broadcast(decayBias, rows: rows), scale: 1, to: &steps)
        var strengths = operations.gate(projected[4], nil, .sigmoid)
        if spec.strengthScale != 1 { operations.transform(&strengths, .scale(spec.strengthScale)) }
        let output = operations.linearAttention(
            unitLength(mixed[0], scale: 1 / Float(shape.keySize).squareRoot(), pass), unitLength(mixed[1], pass),
            mixed[2],
            decays: operations.gate(steps, operations.broadcast(rates, rows: rows), .softplus),
            strengths: strengths, shape: shape, state: pass.state(3), spans: spans)
        let normalized = pass.normalize(output, norm, groups: shape.heads)
        let gates = gateUp.map { operations.project(projected[3], $0) } ?? projected[3]
        return operations.project(gating: gates, normalized, spec.gateActivation, outProjection)
    }

    /// Each head of a length of 1, times `scale`.
    private func unitLength(_ rows: Ops.Activations, scale: Float = 1, _ pass: LayerPass<Ops>) -> Ops.Activations {
        let size = Float(spec.shape.keySize)
        let norm = Norm<Ops.Vector>(.rootMeanSquare, epsilon: 1e-6 / size)
        var result = pass.normalize(rows, norm, groups: spec.shape.keyHeads)
        pass.operations.transform(&result, .scale(scale / size.squareRoot()))
        return result
    }
}
