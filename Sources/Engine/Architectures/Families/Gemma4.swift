import JSONValues
import Tensors

extension Family {
    /// Gemma 4, dense and with experts: Gemma 3n with one stream; blocks without windows have wider heads, of which few
    /// channels turn (Gemma Team 2026).
    static let gemma4 = Family(
        name: "Gemma 4", modelTypes: ["gemma4_text", "gemma4"], ggufArchitectures: ["gemma4"],
        tensorNames: gemma4Names, ggufNames: gemma4GGUFNames,
        defaults: [
            "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "global_head_dim": 512,
            "sliding_window": 512, "vocab_size_per_layer_input": 262_144, "hidden_size_per_layer_input": 256,
            "tie_word_embeddings": true, "max_position_embeddings": 131_072,
        ], ignoredTensors: ["rope_freqs"]
    ) { configuration in
        let bothWays = Hyperparameters.Key("use_bidirectional_attention")
        guard try configuration.text(bothWays) ?? "vision" == "vision" else {
            throw configuration.error(bothWays, "lets all tokens see each other, which is not supported")
        }
        let norm = try configuration.rmsNorm()
        var spec = try configuration.decoder(
            norm: norm, attention: configuration.attention(isRotary: false),
            feedForward: configuration.gatedNetwork(or: .geluTanh))
        spec.replaceNorms(norm)
        spec.embedding.scale = Float(spec.hiddenSize).squareRoot()
        spec.output?.softCap = try configuration.positive(
            .init("final_logit_softcapping", gguf: "final_logit_softcapping"))
        spec.layerEmbedding = try configuration.layerEmbedding()
        var sliding = try configuration.slidingLayers(spec.layers.count, every: 6)
        if !sliding.isEmpty { sliding[sliding.count - 1] = false }
        try configuration.applyKinds(to: &spec, sliding)
        spec.normalizeHeads(norm)
        try configuration.shareKeys(of: &spec, kinds: sliding)
        try configuration.applyNetworks(to: &spec)
        for index in spec.layers.indices { spec.layers[index].hasStreamScale = true }
        try configuration.applyParallelMixture(to: &spec, norm)
        return spec
    }

    private static let gemma4GGUFNames = TensorNames.gguf.replacing(layerEmbeddingGGUFNames).replacing([
        .streamScale: "blk.{}.layer_output_scale", .routerNorm: "blk.{}.ffn_gate_inp.scale!",
        .expertScales: "blk.{}.ffn_down_exps.scale!", .expertGate: .fused("blk.{}.ffn_gate_up_exps"),
        .expertUp: .fused("blk.{}.ffn_gate_up_exps"), .denseOutputNorm: "blk.{}.post_ffw_norm_1",
        .mixtureNorm: "blk.{}.pre_ffw_norm_2", .mixtureOutputNorm: "blk.{}.post_ffw_norm_2",
    ])
    private static let gemma4Names = outputNormNames.replacing(layerEmbeddingNames).replacing([
        .streamScale: "model.layers.{}.layer_scalar!", .router: "model.layers.{}.router.proj",
        .routerNorm: "model.layers.{}.router.scale!", .expertScales: "model.layers.{}.router.per_expert_scale!",
        .expertGate: .fused("model.layers.{}.experts.gate_up_proj!"),
        .expertUp: .fused("model.layers.{}.experts.gate_up_proj!"),
        .expertDown: "model.layers.{}.experts.down_proj!",
        .denseOutputNorm: "model.layers.{}.post_feedforward_layernorm_1",
        .mixtureNorm: "model.layers.{}.pre_feedforward_layernorm_2",
        .mixtureOutputNorm: "model.layers.{}.post_feedforward_layernorm_2",
    ])
}

extension Hyperparameters {
    /// Heads and positions of blocks with windows, and of those without.
    fileprivate func applyKinds(to spec: inout NetworkSpec, _ sliding: [Bool]) throws {
        func key(_ kind: String, _ name: String, gguf: String? = nil) -> Key {
            Key(["rope_parameters.\(kind)_attention.\(name)"], gguf: gguf)
        }
        let hasBias = try flag(.attentionBias) ?? false
        let hasKeysForValues = try flag(.init("attention_k_eq_v")) ?? false
        let headsOfEach = isGGUF ? try requiredCounts(.keyValueHeads, layers: spec.layers.count) : []
        let heads = try isGGUF ? headsOfEach[sliding.firstIndex(of: true) ?? 0] : count(.keyValueHeads)
        let size = try count(isGGUF ? .init(gguf: "attention.key_length_swa") : .headSize)
        // Newer configurations list what is different in a block, older ones say it of all blocks without windows.
        func global(_ listed: String, _ name: String) throws -> Int? {
            let layer = sliding.firstIndex(of: false) ?? 0
            guard try value(.init("per_layer_config")) != nil else { return try countIfPresent(.init(name)) }
            return try countIfPresent(.init("per_layer_config.\(layer).\(listed)", listed))
        }
        let globalSize = try isGGUF ? count(.headSize) : global("head_dim", "global_head_dim") ?? size
        let ownHeads = try hasKeysForValues ? global("num_key_value_heads", "num_global_key_value_heads") : nil
        let globalHeads = isGGUF ? headsOfEach[sliding.firstIndex(of: false) ?? 0] : ownHeads ?? heads
        let share = try positive(key("full", "partial_rotary_factor")) ?? 0.25
        let factor = try positive(key("full", "factor")) ?? 1
        guard share <= 1, size % 2 == 0, globalSize % 2 == 0 else {
            throw error(key("full", "partial_rotary_factor"), "is \(share), or a head has an odd number of channels")
        }
        let local = RotarySpec(
            dimensions: size, base: try positive(key("sliding", "rope_theta", gguf: "rope.freq_base_swa")) ?? 10_000,
            layout: .halves)
        let global = RotarySpec(
            dimensions: globalSize, base: try positive(key("full", "rope_theta", gguf: "rope.freq_base")) ?? 1_000_000,
            layout: .halves,
            scaling: .proportional(share: share, factor: factor))
        let window = try window()
        guard heads > 0, globalHeads > 0 else { throw error(.keyValueHeads, "is 0 for some blocks") }
        try spec.updateAttention { layer, attention in
            attention.shape = AttentionShape(heads: attention.shape.heads, keyValueHeads: heads, headSize: size)
            (attention.hasInputBias, attention.hasOutputBias) = (hasBias, hasBias)
            attention.rotary = sliding[layer] ? local : global
            attention.shape.window = sliding[layer] ? window : nil
            guard !sliding[layer] else { return }
            guard attention.shape.heads % globalHeads == 0 else {
                throw error(
                    .init("num_global_key_value_heads"), "is \(globalHeads), which does not divide the query heads")
            }
            attention.hasKeysForValues = isGGUF ? !hasTensor("blk.\(layer).attn_v.weight") : hasKeysForValues
            attention.shape = AttentionShape(
                heads: attention.shape.heads, keyValueHeads: globalHeads, headSize: globalSize)
        }
    }

    /// The networks of all blocks: those of blocks that read the keys and values of others may be twice as wide.
    fileprivate func applyNetworks(to spec: inout NetworkSpec) throws {
        let isWider = try flag(.init("use_double_wide_mlp")) ?? false
        let sizes = try requiredCounts(.intermediateSize, layers: spec.layers.count)
        for index in spec.layers.indices {
            guard case .attention(let attention) = spec.layers[index].mixer else { continue }
            let factor = isWider && attention.sharedLayer != nil ? 2 : 1
            let size = try product(factor, sizes[index], key: .intermediateSize)
            guard size > 0 else { throw error(.intermediateSize, "is 0 for a block") }
            spec.layers[index].feedForward = .gated(size: size, try activation(or: .geluTanh))
        }
    }

    /// Experts beside every network, where the configuration has them.
    fileprivate func applyParallelMixture(to spec: inout NetworkSpec, _ norm: NormSpec) throws {
        let hasExperts = try isGGUF ? hasTensor(ending: ".ffn_gate_inp.weight") : flag(.init("enable_moe_block"))
        guard hasExperts == true else { return }
        var mixture = try mixture(size: count(.expertSize), renormalizes: true, activation: .geluTanh)
        (mixture.routerNorm, mixture.hasExpertScales) = (norm, true)
        for index in spec.layers.indices {
            guard case .dense(let dense)? = spec.layers[index].feedForward else { continue }
            spec.layers[index].feedForward = .parallelMixture(
                ParallelMixtureSpec(dense: dense, mixture: mixture, norm: norm))
        }
    }
}
