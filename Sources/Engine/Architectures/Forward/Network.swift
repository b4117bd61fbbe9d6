package import Tensors

/// A network: the forward pass that interprets a spec, written once for all operations.
///
/// Not safe for use by several threads at once.
package final class Network<Ops: Operations> {
    /// What the network consists of.
    package let spec: NetworkSpec
    /// What carries the steps out.
    package let operations: Ops
    let weights: NetworkWeights<Ops>
    private let rotaries: [RotarySpec]
    /// Is shown the stream that enters each layer, by the layer's number, and at last the one that leaves the last.
    package var observer: ((_ layer: Int, _ stream: Ops.Activations) -> Void)?
    /// Changes what tokens are embedded as, before anything is added to it.
    var embeddingChange: ((_ stream: inout Ops.Activations) -> Void)?

    /// Makes a network of weights that fit the spec.
    init(spec: NetworkSpec, weights: NetworkWeights<Ops>, operations: Ops) {
        self.spec = spec
        self.weights = weights
        self.operations = operations
        rotaries = Array(Set((spec.layers + (spec.source?.layers ?? [])).compactMap(\.mixer.rotary)))
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
    package func forward(
        tokens: [Int32], types: [Int32] = [], spans: [BatchSpan<Ops.Cache>], outputRows: [Int]
    ) -> Ops.Activations {
        output(hiddenStates(tokens: tokens, types: types, spans: spans, outputRows: outputRows))
    }

    /// The same up to the output matrix: the last stream, `[outputRows.count, hiddenSize]`.
    #if compiler(>=6.3)
        @specialized(where Ops == FastOperations)
    #endif
    package func hiddenStates(
        tokens: [Int32], types: [Int32] = [], spans: [BatchSpan<Ops.Cache>], outputRows: [Int]
    ) -> Ops.Activations {
        for span in spans { operations.reserve(span.cache, positions: span.positions) }
        if weights.source != nil { return answer(tokens, spans, outputRows) }
        let batch = makeBatch(spans)
        var stream = embed(tokens, types, batch.positions)
        let vectors = weights.layerEmbeddings?.vectors(of: tokens, stream, hiddenSize: spec.hiddenSize, operations)
        var others = weights.streams?.widened(stream, operations) ?? []
        for (index, layer) in weights.layers.enumerated() {
            observer?(index, stream)
            run(layer, index, batch, vectors, &stream, &others)
        }
        weights.streams?.join(others, to: &stream, operations)
        observer?(weights.layers.count, stream)
        let rows = outputRows.count == tokens.count ? stream : operations.select(stream, rows: outputRows)
        return normalize(rows, weights.finalNorm)
    }

    func makeBatch(_ spans: [BatchSpan<Ops.Cache>]) -> Batch<Ops> {
        let frequencies = RotaryFrequencies(divisors: weights.rotaryDivisors, contextLength: spec.contextLength)
        let positions = spans.flatMap(\.textPositions)
        let rotations = rotaries.map { rotary in
            let inverse = spans.flatMap { span in
                let length = span.rotaryLength ?? span.positions.upperBound
                return [[Float]](repeating: frequencies.inverse(rotary, length: length), count: span.rows.count)
            }
            return operations.makeRotation(
                positions: positions, inverseFrequencies: inverse, scale: rotary.scaling.attentionFactor)
        }
        return Batch(
            spans: spans, positions: positions,
            rotations: Dictionary(uniqueKeysWithValues: zip(rotaries, rotations)), frequencies: frequencies)
    }

    func embed(_ tokens: [Int32], _ types: [Int32], _ positions: [Int]) -> Ops.Activations {
        var stream = operations.embed(tokens, weights.embedding)
        if spec.embedding.scale != 1 { operations.transform(&stream, .scale(spec.embedding.scale)) }
        embeddingChange?(&stream)
        if let table = weights.tokenTypes {
            let types = types.isEmpty ? [Int32](repeating: 0, count: tokens.count) : types
            operations.add(operations.embed(types, table), scale: 1, to: &stream)
        }
        let projectsLast = spec.embedding.projectsLast
        if let projection = weights.embeddingProjection, !projectsLast {
            stream = operations.project(stream, projection)
        }
        addPositions(positions, spec.embedding, weights.positions, to: &stream)
        stream = normalize(stream, weights.embeddingNorm)
        guard let projection = weights.embeddingProjection, projectsLast else { return stream }
        return operations.project(stream, projection)
    }

    /// Adds what stands for positions to rows.
    func addPositions(
        _ positions: [Int], _ embedding: EmbeddingSpec, _ table: Ops.Table?, to stream: inout Ops.Activations
    ) {
        if let table, let spec = embedding.positions {
            // The engine keeps texts within the context; a position beyond the table would be one of its own errors.
            let rows = positions.map { Int32(min($0 + spec.offset, spec.rows - 1)) }
            operations.add(operations.embed(rows, table), scale: 1, to: &stream)
        }
        if let sinusoids = embedding.sinusoids {
            let values = positions.flatMap { sinusoids.values(at: $0, width: spec.hiddenSize) }
            operations.add(operations.constant(values, width: spec.hiddenSize), scale: 1, to: &stream)
        }
    }

    /// Runs one block, and what some networks have around its mixer and network.
    private func run(
        _ layer: NetworkWeights<Ops>.Layer, _ index: Int, _ batch: Batch<Ops>, _ vectors: Ops.Activations?,
        _ stream: inout Ops.Activations, _ others: inout [Ops.Activations]
    ) {
        let pass = LayerPass(
            operations: operations, batch: batch, layer: index, hiddenSize: spec.hiddenSize, firstState: 0)
        func added(to stream: Ops.Activations) -> Ops.Activations? {
            vectors.flatMap { layer.layerEmbedding?.forward(stream, $0, pass) }
        }
        guard let update = layer.alternatingUpdate else {
            if operations.recomputes, !spec.sharesKeys {
                operations.segment(&stream) { [self] in runParts(of: layer, index, batch, &$0) }
            } else {
                runParts(of: layer, index, batch, &stream)
            }
            if vectors != nil {
                operations.scope {
                    if let added = added(to: stream) { operations.add(added, scale: 1, to: &stream) }
                }
            }
            if let scale = layer.streamScale { operations.transform(&stream, .scale(scale)) }
            return
        }
        operations.scope {
            let predictions = update.predicted([stream] + others, pass)
            var active = operations.gate(predictions[0], nil, .identity)
            runParts(of: layer, index, batch, &active)
            let corrected = update.corrected(predictions, by: active, pass)
            let added = added(to: update.scaled(corrected[0], pass))
            replace(&stream, corrected[0])
            for place in others.indices {
                replace(&others[place], corrected[place + 1])
                if let added { operations.add(added, scale: 1, to: &others[place]) }
            }
        }
    }

    func runParts(
        of layer: NetworkWeights<Ops>.Layer, _ index: Int, _ batch: Batch<Ops>, _ stream: inout Ops.Activations
    ) {
        let mixerPass = LayerPass(
            operations: operations, batch: batch, layer: index, hiddenSize: spec.hiddenSize, firstState: 0)
        let networkPass = LayerPass(
            operations: operations, batch: batch, layer: index, hiddenSize: spec.hiddenSize,
            firstState: layer.mixerStates)
        switch layer.spec.wiring {
        case .sequential:
            operations.scope {
                guard let residual = layer.learnedResidual else {
                    addMixer(of: layer, LayerInput(stream, norm: layer.mixerNorm), mixerPass, to: &stream)
                    return
                }
                let rows = normalize(stream, layer.mixerNorm)
                addMixer(of: layer, LayerInput(rows), mixerPass, to: &stream)
                residual.add(rows, to: &stream, mixerPass)
            }
            addSourceAttention(of: layer, LayerInput(stream, norm: layer.sourceNorm), mixerPass, to: &stream)
            operations.scope {
                addNetwork(of: layer, LayerInput(stream, norm: layer.feedForwardNorm), networkPass, to: &stream)
            }
        case .parallel:
            operations.scope {
                let input = LayerInput<Ops>(normalize(stream, layer.mixerNorm))
                let networkInput = layer.feedForwardNorm.map { LayerInput<Ops>(normalize(stream, $0)) } ?? input
                addMixer(of: layer, input, mixerPass, to: &stream)
                addNetwork(of: layer, networkInput, networkPass, to: &stream)
            }
        case .normalizedSums:
            operations.scope {
                addMixer(of: layer, LayerInput(stream), mixerPass, to: &stream)
                replace(&stream, normalize(stream, layer.mixerNorm))
            }
            addSourceAttention(of: layer, LayerInput(stream), mixerPass, to: &stream)
            if layer.sourceAttention != nil {
                operations.scope { replace(&stream, normalize(stream, layer.sourceNorm)) }
            }
            operations.scope {
                addNetwork(of: layer, LayerInput(stream), networkPass, to: &stream)
                replace(&stream, normalize(stream, layer.feedForwardNorm))
            }
        case .normalizedStream(let mixer, let network):
            operations.scope {
                replace(&stream, normalize(stream, layer.mixerNorm))
                addWeighted(layer.mixer.forward(LayerInput(stream), mixerPass), mixer, to: &stream)
            }
            operations.scope {
                replace(&stream, normalize(stream, layer.feedForwardNorm))
                guard let fed = layer.feedForward?.forward(LayerInput(stream), networkPass) else { return }
                addWeighted(fed, network, to: &stream)
            }
        }
    }

    private func addMixer(
        of layer: NetworkWeights<Ops>.Layer, _ input: LayerInput<Ops>, _ pass: LayerPass<Ops>,
        to stream: inout Ops.Activations
    ) {
        let mixed = layer.mixer.forward(input, pass)
        operations.add(normalize(mixed, layer.mixerOutputNorm), scale: layer.spec.residualScale, to: &stream)
    }

    private func addSourceAttention(
        of layer: NetworkWeights<Ops>.Layer, _ input: LayerInput<Ops>, _ pass: LayerPass<Ops>,
        to stream: inout Ops.Activations
    ) {
        guard let attention = layer.sourceAttention else { return }
        operations.scope {
            operations.add(attention.forward(input, pass), scale: layer.spec.residualScale, to: &stream)
        }
    }

    private func addNetwork(
        of layer: NetworkWeights<Ops>.Layer, _ input: LayerInput<Ops>, _ pass: LayerPass<Ops>,
        to stream: inout Ops.Activations
    ) {
        guard let fed = layer.feedForward?.forward(input, pass) else { return }
        operations.add(normalize(fed, layer.feedForwardOutputNorm), scale: layer.spec.residualScale, to: &stream)
    }

    private func addWeighted(
        _ part: Ops.Activations, _ factors: LayerSpec.SumFactors, to stream: inout Ops.Activations
    ) {
        operations.transform(&stream, .scale(factors.stream))
        operations.add(part, scale: factors.part, to: &stream)
    }

    /// Puts new values in place of a stream that outlives the layer's scope.
    private func replace(_ stream: inout Ops.Activations, _ values: Ops.Activations) {
        operations.transform(&stream, .scale(0))
        operations.add(values, scale: 1, to: &stream)
    }

    func output(_ stream: Ops.Activations) -> Ops.Activations {
        guard let spec = spec.output, let matrix = weights.output else { return stream }
        let projected = weights.outputProjection.map { operations.project(stream, $0) } ?? stream
        var logits = operations.project(projected, matrix)
        if spec.scale != 1 { operations.transform(&logits, .scale(spec.scale)) }
        if let cap = spec.softCap { operations.transform(&logits, .softCap(cap)) }
        return logits
    }

    func normalize(_ rows: Ops.Activations, _ norm: Norm<Ops.Vector>?) -> Ops.Activations {
        norm.map { operations.normalize(rows, $0, groups: 1) } ?? rows
    }
}
