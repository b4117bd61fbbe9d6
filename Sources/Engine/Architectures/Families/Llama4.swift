import Tensors

extension Family {
    /// Llama 4's language model: pieces of the text in most blocks, no positions in the others, experts (Meta 2025).
    static let llama4 = Family(
        name: "Llama 4", modelTypes: ["llama4", "llama4_text"],
        tensorNames: .standard.replacing([
            .gate: "model.layers.{}.feed_forward.gate_proj", .up: "model.layers.{}.feed_forward.up_proj",
            .down: "model.layers.{}.feed_forward.down_proj", .router: "model.layers.{}.feed_forward.router",
            .expertGate: .fused("model.layers.{}.feed_forward.experts.gate_up_proj!").transposed,
            .expertUp: .fused("model.layers.{}.feed_forward.experts.gate_up_proj!").transposed,
            .expertDown: TensorName(stringLiteral: "model.layers.{}.feed_forward.experts.down_proj!").transposed,
            .sharedGate: "model.layers.{}.feed_forward.shared_expert.gate_proj",
            .sharedUp: "model.layers.{}.feed_forward.shared_expert.up_proj",
            .sharedDown: "model.layers.{}.feed_forward.shared_expert.down_proj",
        ]),
        defaults: [
            "rms_norm_eps": 1e-5, "head_dim": 128, "rope_theta": 500_000, "num_experts_per_tok": 1,
            "num_local_experts": 16, "attention_chunk_size": 8192, "intermediate_size": 8192,
            "intermediate_size_mlp": 16_384, "num_key_value_heads": 8, "num_attention_heads": 40,
            "hidden_size": 5120, "num_hidden_layers": 48, "vocab_size": 202_048, "max_position_embeddings": 131_072,
        ]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        try configuration.applyLlama4Attention(to: &spec)
        let size = try configuration.count(.intermediateSize)
        var mixture = try configuration.mixture(size: size, renormalizes: false)
        mixture.routing.weighing = .sigmoid
        mixture.scalesInput = true
        mixture.shared = mixture.expert
        let dense = FeedForwardSpec.gated(
            size: try configuration.count(.init("intermediate_size_mlp")), mixture.expert.activation)
        let step = try configuration.countIfPresent(.init("interleave_moe_layer_step")) ?? 1
        let listed = try configuration.value(.init("moe_layers"))?.arrayValue?.compactMap(\.intValue)
        for index in spec.layers.indices {
            let isMixture = listed?.contains(index) ?? ((index + 1) % step == 0)
            spec.layers[index].feedForward = isMixture ? .mixture(mixture) : dense
        }
        return spec
    }
}

extension Hyperparameters {
    /// Blocks with positions see their piece of the text; the others see all, with queries that grow with the position.
    fileprivate func applyLlama4Attention(to spec: inout NetworkSpec) throws {
        let key = Key("no_rope_layers")
        let isListed = try value(key)?.arrayValue?.isEmpty == false
        let rotated = isListed ? try counts(key, layers: spec.layers.count) : nil
        let period = try countIfPresent(.init("no_rope_layer_interval")) ?? 4
        let chunk = try countIfPresent(.init("attention_chunk_size"))
        var norm = try rmsNorm()
        norm.hasWeight = false
        let hasHeadNorms = try flag(.init("use_qk_norm")) ?? true
        let grows = try flag(.init("attn_temperature_tuning")) ?? true
        let temperature = QueryTemperature(
            length: try positive(.init("floor_scale")) ?? 8192, factor: try positive(.init("attn_scale")) ?? 0.1,
            offset: 1)
        spec.updateAttention { layer, attention in
            guard rotated.map({ $0[layer] != 0 }) ?? ((layer + 1) % period != 0) else {
                attention.rotary = nil
                attention.temperature = grows ? temperature : nil
                return
            }
            attention.rotary?.layout = .adjacent
            (attention.shape.window, attention.shape.isChunked) = (chunk, chunk != nil)
            if hasHeadNorms { attention.headNorm = HeadNormSpec(norm, .head) }
            attention.normalizesRotated = true
        }
    }
}
