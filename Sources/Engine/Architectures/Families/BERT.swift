import Tensors

extension Family {
    /// BERT and MiniLM (Devlin et al. 2019).
    static let bert = Family(
        name: "BERT", modelTypes: ["bert"], ggufArchitectures: ["bert"],
        tensorNames: .bert(prefixes: ["bert.", ""]), ggufNames: .ggufEncoder, ignoredTensors: encoderHeads
    ) { configuration in
        let positions = LearnedPositions(rows: try configuration.count(.contextLength))
        return try configuration.encoder(
            positions: positions, tokenTypes: configuration.countIfPresent(.tokenTypes, orZero: true) ?? 2)
    }

    /// RoBERTa and XLM-RoBERTa: BERT whose positions begin after the padding token's (Liu et al. 2019).
    static let roberta = Family(
        name: "RoBERTa", modelTypes: ["roberta", "xlm-roberta", "camembert"],
        tensorNames: .bert(prefixes: ["roberta.", ""]), ignoredTensors: encoderHeads
    ) { configuration in
        try configuration.encoder(
            positions: configuration.positionsAfterPadding(),
            tokenTypes: configuration.countIfPresent(.tokenTypes, orZero: true) ?? 1)
    }

    /// What classifiers and masked language models have beyond the network.
    static let encoderHeads = ["pooler.", "cls.", "classifier", "lm_head", "vocab_", "qa_outputs"]
}

extension Hyperparameters.Key {
    static let tokenTypes = Self("type_vocab_size", gguf: "token_type_count")
}

extension TensorNames {
    fileprivate static func bert(prefixes: [String]) -> TensorNames {
        TensorNames(
            [
                .embedding: "embeddings.word_embeddings", .positions: "embeddings.position_embeddings",
                .tokenTypes: "embeddings.token_type_embeddings", .embeddingNorm: "embeddings.LayerNorm",
                .query: "encoder.layer.{}.attention.self.query", .key: "encoder.layer.{}.attention.self.key",
                .value: "encoder.layer.{}.attention.self.value",
                .attentionOutput: "encoder.layer.{}.attention.output.dense",
                .mixerNorm: "encoder.layer.{}.attention.output.LayerNorm", .up: "encoder.layer.{}.intermediate.dense",
                .down: "encoder.layer.{}.output.dense", .feedForwardNorm: "encoder.layer.{}.output.LayerNorm",
            ], prefixes: prefixes)
    }

    static let ggufEncoder = TensorNames.gguf.replacing([
        .mixerNorm: "blk.{}.attn_output_norm", .feedForwardNorm: "blk.{}.layer_output_norm",
    ])
}

extension Hyperparameters {
    /// An encoder as BERT is one: attention both ways, sums that are normalized, biases everywhere.
    func encoder(positions: LearnedPositions, tokenTypes: Int) throws -> NetworkSpec {
        let norm = try layerNorm()
        var attention = try attention(isRotary: false)
        (attention.hasInputBias, attention.hasOutputBias) = (true, true)
        attention.shape.isCausal = false
        var spec = try decoder(
            norm: norm, attention: attention, feedForward: plainNetwork(or: .gelu), wiring: .normalizedSums)
        spec.embedding.positions = positions
        spec.embedding.tokenTypes = tokenTypes
        spec.embedding.norm = norm
        (spec.finalNorm, spec.output) = (nil, nil)
        spec.contextLength = positions.rows - positions.offset
        return spec
    }

    /// Learned positions of which the first one follows the padding token's.
    func positionsAfterPadding() throws -> LearnedPositions {
        let padding = try value(.init("pad_token_id"))?.intValue ?? 1
        let rows = try count(.contextLength)
        guard padding >= 0, padding < rows - 1 else {
            throw error(.init("pad_token_id"), "is \(padding), beyond the \(rows) positions")
        }
        return LearnedPositions(rows: rows, offset: padding + 1)
    }
}
