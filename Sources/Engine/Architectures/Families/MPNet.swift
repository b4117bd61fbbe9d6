import Tensors

extension Family {
    /// MPNet: positions once more in attention, by distance in buckets (Song et al. 2020).
    static let mpnet = Family(
        name: "MPNet", modelTypes: ["mpnet"],
        tensorNames: TensorNames(
            [
                .embedding: "embeddings.word_embeddings", .positions: "embeddings.position_embeddings",
                .embeddingNorm: "embeddings.LayerNorm", .distanceBias: "encoder.relative_attention_bias",
                .query: "encoder.layer.{}.attention.attn.q", .key: "encoder.layer.{}.attention.attn.k",
                .value: "encoder.layer.{}.attention.attn.v", .attentionOutput: "encoder.layer.{}.attention.attn.o",
                .mixerNorm: "encoder.layer.{}.attention.LayerNorm", .up: "encoder.layer.{}.intermediate.dense",
                .down: "encoder.layer.{}.output.dense", .feedForwardNorm: "encoder.layer.{}.output.LayerNorm",
            ], prefixes: ["mpnet.", ""]),
        ignoredTensors: encoderHeads
    ) { configuration in
        var spec = try configuration.encoder(positions: configuration.positionsAfterPadding(), tokenTypes: 0)
        let key = Hyperparameters.Key("relative_attention_num_buckets")
        let buckets = try configuration.countIfPresent(key) ?? 32
        guard DistanceBuckets.counts.contains(buckets) else {
            throw configuration.error(key, "is \(buckets), not within \(DistanceBuckets.counts)")
        }
        spec.updateAttention { _, attention in attention.distanceBuckets = buckets }
        return spec
    }
}
