public import Tensors

/// A decoder-only model: the forward pass that interprets a spec, written once for all operations.
///
/// Not safe for use by several threads at once.
public final class Decoder<Ops: Operations> {
    /// What the model consists of.
    public let spec: DecoderSpec
    /// What carries the steps out.
    public let operations: Ops
    private let weights: DecoderWeights<Ops.Matrix>
    private let inverseFrequencies: [RotarySpec: [Float]]

    /// Makes a model of weights that fit the spec.
    public init(spec: DecoderSpec, weights: DecoderWeights<Ops.Matrix>, operations: Ops) {
        self.spec = spec
        self.weights = weights
        self.operations = operations
        var inverseFrequencies: [RotarySpec: [Float]] = [:]
        for case .attention(let attention) in spec.layers.map(\.mixer) where inverseFrequencies[attention.rotary] == nil
        {
            var frequencies = attention.rotary.inverseFrequencies
            if let divisors = weights.rotaryDivisors {
                for (index, divisor) in divisors.enumerated() where index < frequencies.count {
                    frequencies[index] /= divisor
                }
            }
            inverseFrequencies[attention.rotary] = frequencies
        }
        self.inverseFrequencies = inverseFrequencies
    }

    /// Runs the model over a batch of rows, each a token that continues its sequence.
    ///
    /// - Parameters:
    ///   - tokens: one id per row, below the vocabulary's size.
    ///   - spans: which rows continue which sequence, covering all rows in order.
    ///   - outputRows: the rows whose logits are wanted.
    /// - Returns: the logits, `[outputRows.count, vocabularySize]`.
    public func forward(
        tokens: [Int32], spans: [BatchSpan<Ops.Cache>], outputRows: [Int]
    ) -> Ops.Activations {
        for span in spans { operations.reserve(span.cache, positions: span.firstPosition + span.rows.count) }
        var stream = operations.embed(tokens, weights.embedding, scale: 1)
        let positions = spans.flatMap { span in span.rows.indices.map { span.firstPosition + $0 - span.rows.lowerBound }
        }
        let rotations = inverseFrequencies.mapValues { frequencies in
            operations.makeRotation(positions: positions, inverseFrequencies: frequencies, scale: 1)
        }
        for (index, layer) in spec.layers.enumerated() {
            let weights = weights.layers[index]
            operations.scope {
                let mixerInput = normalize(stream, layer.mixerNorm, weights.mixerNorm)
                let mixed = mix(mixerInput, layer.mixer, weights.mixer, layer: index, rotations, spans)
                operations.add(mixed, to: &stream)
            }
            operations.scope {
                let networkInput = normalize(stream, layer.feedForwardNorm, weights.feedForwardNorm)
                operations.add(feedForward(networkInput, weights.feedForward), to: &stream)
            }
        }
        let rows = outputRows.count == tokens.count ? stream : operations.select(stream, rows: outputRows)
        return operations.project(normalize(rows, spec.finalNorm, weights.finalNorm), weights.output)
    }

    private func normalize(_ input: Ops.Activations, _ norm: NormSpec, _ weight: [Float]) -> Ops.Activations {
        switch norm {
        case .rms(let epsilon): operations.rmsNormalize(input, weight: weight, epsilon: epsilon)
        }
    }

    private func mix(
        _ input: Ops.Activations, _ mixer: MixerSpec, _ weights: DecoderWeights<Ops.Matrix>.Mixer, layer: Int,
        _ rotations: [RotarySpec: Ops.Rotation], _ spans: [BatchSpan<Ops.Cache>]
    ) -> Ops.Activations {
        switch (mixer, weights) {
        case (.attention(let attention), .attention(let query, let key, let value, let output)):
            var inputs = operations.project(input, [query, key, value])
            if let rotation = rotations[attention.rotary] {
                for index in 0...1 {
                    operations.rotate(
                        &inputs[index], headSize: attention.shape.headSize, by: rotation,
                        layout: attention.rotary.layout)
                }
            }
            let mixed = operations.attend(
                inputs[0], keys: inputs[1], values: inputs[2], attention: attention.shape, layer: layer, spans: spans)
            return operations.project(mixed, output)
        }
    }

    private func feedForward(
        _ input: Ops.Activations, _ weights: DecoderWeights<Ops.Matrix>.FeedForward
    ) -> Ops.Activations {
        switch weights {
        case .gated(let gate, let up, let down):
            let inputs = operations.project(input, [gate, up])
            return operations.project(operations.siluMultiply(inputs[0], inputs[1]), down)
        }
    }
}

extension DecoderSpec {
    /// What each layer keeps in the cache of keys and values.
    public var cacheLayers: [KeyValueLayout.Layer] {
        layers.map { layer in
            switch layer.mixer {
            case .attention(let attention):
                KeyValueLayout.Layer(heads: attention.shape.keyValueHeads, headSize: attention.shape.headSize)
            }
        }
    }
}
