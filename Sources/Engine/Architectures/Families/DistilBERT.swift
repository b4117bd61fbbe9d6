import Tensors

extension Family {
    /// DistilBERT: BERT without token types (Sanh et al. 2019).
    static let distilBERT = Family(
        name: "DistilBERT", modelTypes: ["distilbert"],
        tensorNames: TensorNames(
            [
                .embedding: "embeddings.word_embeddings", .positions: "embeddings.position_embeddings",
                .embeddingNorm: "embeddings.LayerNorm", .query: "transformer.layer.{}.attention.q_lin",
                .key: "transformer.layer.{}.attention.k_lin", .value: "transformer.layer.{}.attention.v_lin",
                .attentionOutput: "transformer.layer.{}.attention.out_lin",
                .mixerNorm: "transformer.layer.{}.sa_layer_norm", .up: "transformer.layer.{}.ffn.lin1",
                .down: "transformer.layer.{}.ffn.lin2", .feedForwardNorm: "transformer.layer.{}.output_layer_norm",
            ], prefixes: ["distilbert.", ""]),
        ignoredTensors: encoderHeads
    ) { configuration in
        var spec = try configuration.encoder(
            positions: LearnedPositions(rows: configuration.count(.contextLength)), tokenTypes: 0)
        // No configuration says so, but all are made with this epsilon.
        let norm = NormSpec.layer(epsilon: 1e-12)
        spec.embedding.norm = norm
        for index in spec.layers.indices {
            (spec.layers[index].mixerNorm, spec.layers[index].feedForwardNorm) = (norm, norm)
        }
        return spec
    }
}
