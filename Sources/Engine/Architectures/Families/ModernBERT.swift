import Tensors

extension Family {
    /// ModernBERT: rotary positions with a base of their own in windows, gated networks, norms before them (Warner et al. 2024).
    static let modernBERT = Family(
        name: "ModernBERT", modelTypes: ["modernbert"],
        tensorNames: TensorNames(
            [
                .embedding: "embeddings.tok_embeddings", .embeddingNorm: "embeddings.norm", .finalNorm: "final_norm",
                .query: .fused("layers.{}.attn.Wqkv"), .key: .fused("layers.{}.attn.Wqkv"),
                .value: .fused("layers.{}.attn.Wqkv"), .attentionOutput: "layers.{}.attn.Wo",
                .mixerNorm: "layers.{}.attn_norm", .gate: .fused("layers.{}.mlp.Wi"), .up: .fused("layers.{}.mlp.Wi"),
                .down: "layers.{}.mlp.Wo", .feedForwardNorm: "layers.{}.mlp_norm",
            ], prefixes: ["model.", ""]),
        defaults: ["local_attention": 128, "global_attn_every_n_layers": 3, "hidden_activation": "gelu"],
        ignoredTensors: encoderHeads + ["head.", "decoder."]
    ) { configuration in
        let hasNormBias = try configuration.flag(.init("norm_bias")) ?? false
        let norm = try configuration.layerNorm(hasBias: hasNormBias)
        var attention = try configuration.attention()
        attention.hasInputBias = try configuration.flag(.attentionBias) ?? false
        attention.hasOutputBias = attention.hasInputBias
        attention.shape.isCausal = false
        let network = try configuration.gatedNetwork(hasBias: configuration.flag(.init("mlp_bias")) ?? false)
        var spec = try configuration.decoder(norm: norm, attention: attention, feedForward: network)
        let period = try configuration.count(.init("global_attn_every_n_layers"))
        let sliding = try configuration.slidingLayers(spec.layers.count) ?? spec.layers.indices.map { $0 % period != 0 }
        let window = try configuration.count(.init("local_attention")) / 2 + 1
        let headSize = attention.shape.headSize
        let bases = try ["full", "sliding"].map { try configuration.modernRotary($0, headSize) }
        spec.updateAttention { layer, attention in
            attention.shape.window = sliding[layer] ? window : nil
            attention.rotary = bases[sliding[layer] ? 1 : 0]
        }
        spec.layers[0].mixerNorm = nil
        spec.embedding.norm = norm
        spec.output = nil
        return spec
    }

    /// EuroBERT: Llama that sees both ways (Boizard et al. 2025).
    static let euroBERT = Family(
        name: "EuroBERT", modelTypes: ["eurobert"], tensorNames: .standard, defaults: ["rms_norm_eps": 1e-5],
        ignoredTensors: encoderHeads + ["dense."]
    ) { configuration in
        var spec = try llama.makeSpec(configuration)
        spec.seeBothWays()
        return spec
    }
}

extension Hyperparameters {
    /// The rotary positions of blocks of a kind, whose bases older configurations have under names of their own.
    fileprivate func modernRotary(_ kind: String, _ headSize: Int) throws -> RotarySpec {
        let own = rotaryOf("\(kind)_attention")
        let isGlobal = kind == "full"
        var rotary = try own.rotary(headSize: headSize, layout: .halves)
        rotary.base =
            try positive(
                .init(
                    "rope_parameters.\(kind)_attention.rope_theta", isGlobal ? "global_rope_theta" : "local_rope_theta")
            )
            ?? (isGlobal ? 160_000 : 10_000)
        return rotary
    }
}

extension NetworkSpec {
    /// Makes an encoder of a decoder: all that is computed together sees each other, and what comes out is the last stream.
    mutating func seeBothWays() {
        updateAttention { $1.shape.isCausal = false }
        output = nil
    }
}
