package import Tensors

extension Network {
    /// The sum of weight x -log p(token) over the tokens of all texts after each one's first, and on the tape the gradient of
    /// `factor` times it, which `operations.backward` leads to the parameters.
    ///
    /// The texts are read side by side in one pass, each for itself. Tokens of weight 0 are read, but nothing is learned from
    /// them; nor is from the weight of a first token. The network has an output matrix.
    ///
    /// - Parameter noise: the strength of random noise on the embedding (NEFTune, Jain et al. 2023), on the tape alone: each text
    ///   has its own of up to `noise` / sqrt(length x width).
    package func crossEntropy(
        _ texts: [(tokens: [Int32], weights: [Float])], factor: Float, noise: Float = 0
    ) -> Double where Ops == TapedOperations {
        var (tokens, rows, targets, learned) = ([Int32](), [Int](), [Int32](), [Float]())
        var spans: [BatchSpan<TapedSequence>] = []
        for text in texts where !text.tokens.isEmpty {
            let start = tokens.count
            for index in text.tokens.indices.dropFirst() where text.weights[index] != 0 {
                rows.append(start + index - 1)
                targets.append(text.tokens[index])
                learned.append(text.weights[index])
            }
            tokens += text.tokens
            spans.append(BatchSpan(rows: start..<tokens.count, firstPosition: 0, cache: TapedSequence()))
        }
        guard !rows.isEmpty, let matrix = weights.output else { return 0 }
        if noise > 0, operations.isRecording {
            let texts = spans.map(\.rows)
            embeddingChange = { [operations] in operations.addNoise(noise, to: &$0, texts: texts) }
        }
        defer { embeddingChange = nil }
        let stream = hiddenStates(tokens: tokens, spans: spans, outputRows: rows)
        let projected = weights.outputProjection.map { operations.project(stream, $0) } ?? stream
        return operations.crossEntropy(
            projected, matrix, targets: targets, weights: learned, factor: factor,
            shape: LogitShape(scale: spec.output?.scale ?? 1, softCap: spec.output?.softCap))
    }
}
