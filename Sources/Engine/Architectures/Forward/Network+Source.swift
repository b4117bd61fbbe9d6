import Tensors

/// The rows of a batch apart: those of source texts, which the encoder reads, and those of answers.
private struct Side<Cache> {
    var tokens: [Int32] = []
    var spans: [BatchSpan<Cache>] = []
    /// The rows' numbers in the batch.
    var rows: [Int] = []

    /// Adds some rows of a span of the batch whose tokens are `all`.
    mutating func append(_ part: Range<Int>, of span: BatchSpan<Cache>, _ all: [Int32], sourceCount: Int) {
        guard !part.isEmpty else { return }
        var own = BatchSpan(
            rows: tokens.count..<tokens.count + part.count,
            firstPosition: span.firstPosition + part.lowerBound - span.rows.lowerBound, cache: span.cache,
            rotaryLength: span.rotaryLength)
        own.sourceCount = sourceCount
        spans.append(own)
        tokens += all[part]
        rows += part
    }
}

extension Network {
    /// Reads the source texts that a batch has, which must be there whole, and then the rows of answers.
    func answer(
        _ tokens: [Int32], _ spans: [BatchSpan<Ops.Cache>], _ outputRows: [Int]
    ) -> Ops.Activations {
        var (source, target) = (Side<Ops.Cache>(), Side<Ops.Cache>())
        for span in spans {
            let count = max(0, min(span.sourceCount - span.firstPosition, span.rows.count))
            let end = span.rows.lowerBound + count
            source.append(span.rows.lowerBound..<end, of: span, tokens, sourceCount: 0)
            target.append(end..<span.rows.upperBound, of: span, tokens, sourceCount: span.sourceCount)
        }
        let places = Dictionary(uniqueKeysWithValues: target.rows.enumerated().map { ($1, $0) })
        let sourceBatch = makeBatch(source.spans)
        let states = source.tokens.isEmpty ? nil : read(source.tokens, sourceBatch)
        let batch = makeBatch(target.spans)
        var stream = embed(target.tokens, [], batch.positions)
        for (index, layer) in weights.layers.enumerated() {
            if let states, let attention = layer.sourceAttention {
                // Before the answer's keys, which lie behind them.
                operations.scope { attention.read(states, sourcePass(sourceBatch, layer: index)) }
            }
            runParts(of: layer, index, batch, &stream)
        }
        // Of source texts there are no logits: where they are wanted all the same, those of the answer's first row stand.
        let rows = outputRows.map { places[$0] ?? 0 }
        return normalize(operations.select(stream, rows: rows), weights.finalNorm)
    }

    /// What the encoder makes of source texts.
    private func read(_ tokens: [Int32], _ batch: Batch<Ops>) -> Ops.Activations {
        guard let source = weights.source, let spec = spec.source else { return embed(tokens, [], batch.positions) }
        var stream = operations.embed(tokens, weights.embedding)
        if spec.embedding.scale != 1 { operations.transform(&stream, .scale(spec.embedding.scale)) }
        addPositions(batch.positions, spec.embedding, source.positions, to: &stream)
        stream = normalize(stream, source.embeddingNorm)
        // What a block keeps is of no use to the next one: all have the place of the answer's first.
        for layer in source.layers { runParts(of: layer, 0, batch, &stream) }
        return normalize(stream, source.finalNorm)
    }

    private func sourcePass(_ batch: Batch<Ops>, layer: Int) -> LayerPass<Ops> {
        LayerPass(operations: operations, batch: batch, layer: layer, hiddenSize: spec.hiddenSize, firstState: 0)
    }
}
