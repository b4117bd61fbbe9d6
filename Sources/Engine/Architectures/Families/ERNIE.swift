import JSONValues

extension Family {
    /// ERNIE 4.5: Llama whose adjacent channels are rotated (Baidu 2025).
    static let ernie45 = Family(
        name: "ERNIE 4.5", modelTypes: ["ernie4_5"], ggufArchitectures: ["ernie4_5"], tensorNames: .standard,
        defaults: ernieDefaults
    ) { configuration in
        let hasBias = try configuration.flag(.init("use_bias"), orTensor: "blk.0.attn_q.bias") ?? false
        var attention = try configuration.attention()
        attention.rotary?.layout = .adjacent
        (attention.hasInputBias, attention.hasOutputBias) = (hasBias, hasBias)
        return try configuration.decoder(
            norm: configuration.rmsNorm(), attention: attention,
            feedForward: configuration.gatedNetwork(hasBias: hasBias))
    }

    /// ERNIE 4.5 with experts, which a bias helps to choose.
    static let ernie45MoE = Family(
        name: "ERNIE 4.5 MoE", modelTypes: ["ernie4_5_moe"], ggufArchitectures: ["ernie4_5-moe"],
        tensorNames: TensorNames.sigmoidRouted.replacing([
            .choiceBias: "model.layers.{}.mlp.moe_statics.e_score_correction_bias!"
        ]), defaults: ernieDefaults
    ) { configuration in
        var spec = try ernie45.makeSpec(configuration)
        let size = try configuration.count(.expertSize)
        var mixture = try configuration.mixture(size: size, renormalizes: true)
        mixture.hasChoiceBias = true
        mixture.expert.hasBias = try configuration.flag(.init("use_bias")) ?? false
        if let shared = try configuration.countIfPresent(
            .init("moe_num_shared_experts", gguf: "expert_shared_count"), orZero: true), shared > 0
        {
            mixture.shared = mixture.expert
            mixture.shared?.size = try configuration.product(shared, size, key: .expertSize)
        }
        let start =
            try configuration.value(.init("moe_layer_start_index", gguf: "leading_dense_block_count"))?.intValue ?? 1
        let end = try configuration.value(.init("moe_layer_end_index"))?.intValue ?? -1
        let interval =
            try configuration.countIfPresent(.init("moe_layer_interval", gguf: "interleave_moe_layer_step")) ?? 1
        let last = end < 0 ? spec.layers.count - 1 : end
        spec.apply(mixture) { ($0 + 1) % interval == 0 && $0 >= start && $0 <= last }
        return spec
    }

    private static let ernieDefaults: JSON.Object = [
        "rope_theta": 500_000, "rms_norm_eps": 1e-5, "tie_word_embeddings": true,
    ]
}
