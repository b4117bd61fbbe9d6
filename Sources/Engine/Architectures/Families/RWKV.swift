import JSONValues
import Tensors

extension Family {
    /// RWKV-4: an average with fading weights in place of attention (Peng et al. 2023).
    static let rwkv4 = Family(
        name: "RWKV-4", modelTypes: ["rwkv"], tensorNames: .rwkv,
        configuration: { tensors, _ in tensors.rwkvConfiguration(modelType: "rwkv", decayRank: 1) }
    ) { configuration in
        let size = try configuration.countIfPresent(.init("attention_hidden_size")) ?? configuration.count(.hiddenSize)
        return try configuration.rwkvSpec(
            mixer: .rwkv4(RWKV4Spec(size: size)), networkSize: 4 * configuration.count(.hiddenSize))
    }

    /// RWKV-5 (Eagle): a matrix-valued state for each head (Peng et al. 2024).
    static let rwkv5 = Family(
        name: "RWKV-5", modelTypes: ["rwkv5"],
        tensorNames: .rwkv.replacing([
            .timeFirst: "rwkv.blocks.{}.attention.time_faaaa!", .timeMixGate: "rwkv.blocks.{}.attention.time_mix_gate!",
            .timeGate: "rwkv.blocks.{}.attention.gate", .wkvNorm: "rwkv.blocks.{}.attention.ln_x",
        ]).allowing([
            .timeFirst: "blocks.{}.att.time_faaaa!", .timeMixGate: "blocks.{}.att.time_mix_g!",
            .timeGate: "blocks.{}.att.gate", .wkvNorm: "blocks.{}.att.ln_x",
        ]),
        reference: "rwkv", configuration: { tensors, _ in tensors.rwkvConfiguration(modelType: "rwkv5", decayRank: 2) }
    ) { configuration in
        let size = try configuration.countIfPresent(.init("attention_hidden_size")) ?? configuration.count(.hiddenSize)
        let headSize = try configuration.countIfPresent(.init("head_size", "num_attention_heads")) ?? 64
        guard size % headSize == 0 else {
            throw configuration.error(.init("head_size"), "is \(headSize), which does not divide \(size)")
        }
        _ = try configuration.product(size, headSize, key: .init("head_size"))
        // The reference divides by this before it normalizes.
        let divisor = Float(try configuration.countIfPresent(.init("head_size_divisor")) ?? 8)
        let recurrence = RWKV5Spec(
            heads: size / headSize, headSize: headSize, norm: .layer(epsilon: 1e-5 * divisor * divisor))
        return try configuration.rwkvSpec(
            mixer: .rwkv5(recurrence), networkSize: configuration.count(.hiddenSize) * 7 / 2 / 32 * 32)
    }
}

extension TensorNames {
    fileprivate static let rwkv = TensorNames([
        .embedding: "rwkv.embeddings", .embeddingNorm: "rwkv.blocks.0.pre_ln", .finalNorm: "rwkv.ln_out",
        .output: "head", .mixerNorm: "rwkv.blocks.{}.ln1", .feedForwardNorm: "rwkv.blocks.{}.ln2",
        .key: "rwkv.blocks.{}.attention.key", .value: "rwkv.blocks.{}.attention.value",
        .receptance: "rwkv.blocks.{}.attention.receptance", .attentionOutput: "rwkv.blocks.{}.attention.output",
        .timeMixKey: "rwkv.blocks.{}.attention.time_mix_key!",
        .timeMixValue: "rwkv.blocks.{}.attention.time_mix_value!",
        .timeMixReceptance: "rwkv.blocks.{}.attention.time_mix_receptance!",
        .timeDecay: "rwkv.blocks.{}.attention.time_decay!", .timeFirst: "rwkv.blocks.{}.attention.time_first!",
        .channelKey: "rwkv.blocks.{}.feed_forward.key", .channelValue: "rwkv.blocks.{}.feed_forward.value",
        .channelReceptance: "rwkv.blocks.{}.feed_forward.receptance",
        .channelMixKey: "rwkv.blocks.{}.feed_forward.time_mix_key!",
        .channelMixReceptance: "rwkv.blocks.{}.feed_forward.time_mix_receptance!",
    ]).allowing([
        // The original files.
        .embedding: "emb", .embeddingNorm: "blocks.0.ln0", .finalNorm: "ln_out", .mixerNorm: "blocks.{}.ln1",
        .feedForwardNorm: "blocks.{}.ln2", .key: "blocks.{}.att.key", .value: "blocks.{}.att.value",
        .receptance: "blocks.{}.att.receptance", .attentionOutput: "blocks.{}.att.output",
        .timeMixKey: "blocks.{}.att.time_mix_k!", .timeMixValue: "blocks.{}.att.time_mix_v!",
        .timeMixReceptance: "blocks.{}.att.time_mix_r!", .timeDecay: "blocks.{}.att.time_decay!",
        .timeFirst: "blocks.{}.att.time_first!", .channelKey: "blocks.{}.ffn.key", .channelValue: "blocks.{}.ffn.value",
        .channelReceptance: "blocks.{}.ffn.receptance", .channelMixKey: "blocks.{}.ffn.time_mix_k!",
        .channelMixReceptance: "blocks.{}.ffn.time_mix_r!",
    ])
}

extension Hyperparameters {
    fileprivate func rwkvSpec(mixer: MixerSpec, networkSize: Int) throws -> NetworkSpec {
        let norm = try layerNorm()
        let size = try countIfPresent(.intermediateSize) ?? networkSize
        guard size > 0 else { throw error(.hiddenSize, "is too small for a network") }
        let layer = LayerSpec(
            mixer: mixer, mixerNorm: norm, feedForward: .channelMix(ChannelMixSpec(size: size)), feedForwardNorm: norm)
        var spec = try decoder(layers: [LayerSpec](repeating: layer, count: layerCount()), finalNorm: norm)
        spec.embedding.norm = norm
        spec.contextLength = try countIfPresent(.init("context_length")) ?? spec.contextLength
        return spec
    }
}

extension BareTensors {
    /// What the original files say by their shapes; `decayRank` tells the versions apart.
    fileprivate func rwkvConfiguration(modelType: JSON, decayRank: Int) -> JSON? {
        guard let embedding = shape("emb.weight"), embedding.count == 2, let key = shape("blocks.0.att.key.weight"),
            let network = shape("blocks.0.ffn.key.weight"), let decay = shape("blocks.0.att.time_decay"),
            decay.count == decayRank
        else { return nil }
        return [
            "model_type": modelType, "vocab_size": .integer(embedding[0]), "hidden_size": .integer(embedding[1]),
            "attention_hidden_size": .integer(key[0]), "head_size": .integer(decay.last ?? 1),
            "intermediate_size": .integer(network[0]), "num_hidden_layers": .integer(layerCount(prefix: "blocks.")),
        ]
    }
}
