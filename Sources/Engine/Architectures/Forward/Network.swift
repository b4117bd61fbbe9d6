public import Tensors

/// A network: the forward pass that interprets a spec, written once for all operations.
///
/// Not safe for use by several threads at once.
public final class Network<Ops: Operations> {
    /// What the network consists of.
    public let spec: NetworkSpec
    /// What carries the steps out.
    public let operations: Ops
    let weights: NetworkWeights<Ops.Matrix>
    private let rotaries: [RotarySpec]

    /// Makes a network of weights that fit the spec.
    init(spec: NetworkSpec, weights: NetworkWeights<Ops.Matrix>, operations: Ops) {
        var spec = spec
        if !weights.distanceBias.isEmpty {
            let distances = DistanceBuckets(count: spec.distanceBuckets).table(weights.distanceBias)
            spec.updateAttention { _, attention in attention.shape.distances = distances }
        }
        self.spec = spec
        self.weights = weights
        self.operations = operations
        rotaries = Array(Set(spec.layers.compactMap(\.mixer.rotary)))
    }

    /// What the layers of one pass have in common.
    struct Pass {
        var spans: [BatchSpan<Ops.Cache>]
        var positions: [Int]
        var rotations: [RotarySpec: Ops.Rotation]
    }

    /// Runs the network over a batch of rows, each a token that continues its sequence.
    ///
    /// - Parameters:
    ///   - tokens: one id per row, below the vocabulary's size.
    ///   - types: the type of each row's token, where the network knows types; all 0 if empty.
    ///   - spans: which rows continue which sequence, covering all rows in order.
    ///   - outputRows: the rows whose logits are wanted.
    /// - Returns: the logits, `[outputRows.count, vocabularySize]`; of networks without an output matrix the last
    ///   stream, `[outputRows.count, hiddenSize]`.
    #if compiler(>=6.3)
        @specialized(where Ops == FastOperations)
    #endif
    public func forward(
        tokens: [Int32], types: [Int32] = [], spans: [BatchSpan<Ops.Cache>], outputRows: [Int]
    ) -> Ops.Activations {
        for span in spans { operations.reserve(span.cache, positions: span.positions) }
        let positions = spans.flatMap(\.positions)
        let pass = Pass(
            spans: spans, positions: positions,
            rotations: Dictionary(uniqueKeysWithValues: rotaries.map { ($0, rotation($0, spans, positions)) }))
        var stream = embed(tokens, types, positions)
        for (index, layer) in spec.layers.enumerated() {
            run(layer, weights.layers[index], index, pass, &stream)
        }
        let rows = outputRows.count == tokens.count ? stream : operations.select(stream, rows: outputRows)
        return output(normalize(rows, spec.finalNorm, weights.finalNorm))
    }

    private func embed(_ tokens: [Int32], _ types: [Int32], _ positions: [Int]) -> Ops.Activations {
        var stream = operations.embed(tokens, weights.embedding)
        if spec.embedding.scale != 1 { operations.transform(&stream, .scale(spec.embedding.scale)) }
        if let table = weights.tokenTypes {
            let types = types.isEmpty ? [Int32](repeating: 0, count: tokens.count) : types
            operations.add(operations.embed(types, table), scale: 1, to: &stream)
        }
        if let projection = weights.embeddingProjection { stream = operations.project(stream, projection) }
        if let table = weights.positions, let spec = spec.embedding.positions {
            // The engine keeps texts within the context; a position beyond the table would be one of its own errors.
            let rows = positions.map { Int32(min($0 + spec.offset, spec.rows - 1)) }
            operations.add(operations.embed(rows, table), scale: 1, to: &stream)
        }
        return normalize(stream, spec.embedding.norm, weights.embeddingNorm)
    }

    private func run(
        _ layer: LayerSpec, _ weights: NetworkWeights<Ops.Matrix>.Layer, _ index: Int, _ pass: Pass,
        _ stream: inout Ops.Activations
    ) {
        switch layer.wiring {
        case .parallel:
            operations.scope {
                let input = LayerInput(normalize(stream, layer.mixerNorm, weights.mixerNorm))
                var networkInput = input
                if let norm = layer.feedForwardNorm {
                    networkInput = LayerInput(normalize(stream, norm, weights.feedForwardNorm))
                }
                addMixer(of: layer, weights, input, index, pass, to: &stream)
                addNetwork(of: layer, weights, networkInput, index, pass, to: &stream)
            }
        case .sequential:
            operations.scope {
                let input = LayerInput(stream, norm: layer.mixerNorm, weights: weights.mixerNorm)
                addMixer(of: layer, weights, input, index, pass, to: &stream)
            }
            operations.scope {
                let input = LayerInput(stream, norm: layer.feedForwardNorm, weights: weights.feedForwardNorm)
                addNetwork(of: layer, weights, input, index, pass, to: &stream)
            }
        case .normalizedSums:
            operations.scope {
                addMixer(of: layer, weights, LayerInput(stream), index, pass, to: &stream)
                replace(&stream, normalize(stream, layer.mixerNorm, weights.mixerNorm))
            }
            operations.scope {
                addNetwork(of: layer, weights, LayerInput(stream), index, pass, to: &stream)
                replace(&stream, normalize(stream, layer.feedForwardNorm, weights.feedForwardNorm))
            }
        }
    }

    private func addMixer(
        of layer: LayerSpec, _ weights: NetworkWeights<Ops.Matrix>.Layer, _ input: LayerInput, _ index: Int,
        _ pass: Pass, to stream: inout Ops.Activations
    ) {
        let mixed = mix(input, layer.mixer, weights.mixer, index, pass)
        let normalized = normalize(mixed, layer.mixerOutputNorm, weights.mixerOutputNorm)
        operations.add(normalized, scale: layer.residualScale, to: &stream)
    }

    private func addNetwork(
        of layer: LayerSpec, _ weights: NetworkWeights<Ops.Matrix>.Layer, _ input: LayerInput, _ index: Int,
        _ pass: Pass, to stream: inout Ops.Activations
    ) {
        guard let network = layer.feedForward, let networkWeights = weights.feedForward else { return }
        let fed = feedForward(input, network, networkWeights, index, pass)
        let normalized = normalize(fed, layer.feedForwardOutputNorm, weights.feedForwardOutputNorm)
        operations.add(normalized, scale: layer.residualScale, to: &stream)
    }

    /// Puts new values in place of a stream that outlives the layer's scope.
    private func replace(_ stream: inout Ops.Activations, _ values: Ops.Activations) {
        operations.transform(&stream, .scale(0))
        operations.add(values, scale: 1, to: &stream)
    }

    private func output(_ stream: Ops.Activations) -> Ops.Activations {
        guard let spec = spec.output, let matrix = weights.output else { return stream }
        let projected = weights.outputProjection.map { operations.project(stream, $0) } ?? stream
        var logits = operations.project(projected, matrix)
        if spec.scale != 1 { operations.transform(&logits, .scale(spec.scale)) }
        if let cap = spec.softCap { operations.transform(&logits, .softCap(cap)) }
        return logits
    }

    private func rotation(
        _ rotary: RotarySpec, _ spans: [BatchSpan<Ops.Cache>], _ positions: [Int]
    ) -> Ops.Rotation {
        let frequencies = spans.flatMap { span in
            [[Float]](
                repeating: inverseFrequencies(rotary, length: span.rotaryLength ?? span.positions.upperBound),
                count: span.rows.count)
        }
        return operations.makeRotation(
            positions: positions, inverseFrequencies: frequencies, scale: rotary.scaling.attentionFactor)
    }

    /// The angle that one position turns each pair by.
    func inverseFrequencies(_ rotary: RotarySpec, length: Int) -> [Float] {
        let frequencies = rotary.inverseFrequencies(length: length)
        guard let divisors = weights.rotaryDivisors else { return frequencies }
        return zip(frequencies, divisors).map { $0 / $1 }
    }
}

extension MixerSpec {
    var rotary: RotarySpec? {
        switch self {
        case .attention(let spec), .attentionMixture(let spec, _): spec.rotary
        case .latentAttention(let spec): spec.rotary
        case .selectiveScan, .fadingAverage, .matrixRecurrence: nil
        }
    }
}
