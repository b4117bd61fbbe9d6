import Tensors

extension Family {
    /// Nemotron-H, Nemotron Nano 2 and 3: Mamba-2, some attention, networks and experts in blocks of their own (Nvidia 2025).
    static let nemotronH = Family(
        name: "Nemotron-H", modelTypes: ["nemotron_h"],
        tensorNames: TensorNames([
            .embedding: "backbone.embeddings", .finalNorm: "backbone.norm_f", .output: "lm_head",
            .mixerNorm: "backbone.layers.{}.norm", .feedForwardNorm: "backbone.layers.{}.norm",
            .query: "backbone.layers.{}.mixer.q_proj", .key: "backbone.layers.{}.mixer.k_proj",
            .value: "backbone.layers.{}.mixer.v_proj", .attentionOutput: "backbone.layers.{}.mixer.o_proj",
            .up: "backbone.layers.{}.mixer.up_proj", .down: "backbone.layers.{}.mixer.down_proj",
            .router: "backbone.layers.{}.mixer.gate",
            .choiceBias: "backbone.layers.{}.mixer.gate.e_score_correction_bias!",
            .expertUp: "backbone.layers.{}.mixer.experts.{e}.up_proj",
            .expertDown: "backbone.layers.{}.mixer.experts.{e}.down_proj",
            .sharedUp: "backbone.layers.{}.mixer.shared_experts.up_proj",
            .sharedDown: "backbone.layers.{}.mixer.shared_experts.down_proj",
        ]).withMamba2("backbone.layers.{}.mixer."),
        defaults: [
            "head_dim": 128, "n_groups": 8, "mamba_num_heads": 128, "mamba_head_dim": 64, "ssm_state_size": 128,
            "conv_kernel": 4, "norm_topk_prob": true, "mlp_hidden_act": "relu2", "num_experts_per_tok": 2,
            "n_shared_experts": 1,
        ]
    ) { configuration in
        let norm = NormSpec.rms(epsilon: try configuration.positive(.layerEpsilon) ?? 1e-5)
        var attention = try configuration.attention(isRotary: false)
        attention.hasInputBias = try configuration.flag(.attentionBias) ?? false
        attention.hasOutputBias = attention.hasInputBias
        var mamba = try configuration.mamba2(norm: norm)
        let smallest = try configuration.positive(.init("time_step_min", "mamba_dt_min")) ?? 0.001
        mamba.steps = smallest ... .infinity
        mamba.hasBias = try configuration.flag(.init("use_bias")) ?? false
        mamba.hasOutputBias = mamba.hasBias
        var layers: [LayerSpec] = []
        for (index, kind) in try configuration.nemotronBlocks().enumerated() {
            var network: FeedForwardSpec?
            switch kind {
            case "M", "*":
                let mixer: MixerSpec = kind == "M" ? .mamba2(mamba) : .attention(attention)
                var layer = LayerSpec(mixer: mixer, mixerNorm: norm, feedForward: nil, feedForwardNorm: nil)
                layer.fileLayer = index
                layers.append(layer)
                continue
            case "-": network = try configuration.nemotronNetwork()
            default: network = .mixture(try configuration.nemotronMixture())
            }
            guard let last = layers.indices.last, layers[last].feedForward == nil else {
                throw configuration.error(.init("hybrid_override_pattern"), "has two networks after one another")
            }
            (layers[last].feedForward, layers[last].feedForwardNorm) = (network, norm)
            layers[last].networkFileLayer = index
        }
        return try configuration.decoder(layers: layers, finalNorm: norm)
    }
}

extension Hyperparameters {
    /// The kind of each block: M for Mamba-2, * for attention, - for a network, E for experts.
    fileprivate func nemotronBlocks() throws -> [Character] {
        if let pattern = try text(.init("hybrid_override_pattern")) { return Array(pattern) }
        let kinds: [String: Character] = [
            "linear_attention": "M", "mamba": "M", "full_attention": "*", "attention": "*", "mlp": "-", "moe": "E",
        ]
        let key = Key("layers_block_type", "layer_types")
        return try (value(key)?.arrayValue ?? []).map { kind in
            guard let name = kind.stringValue, let letter = kinds[name] else {
                throw error(key, "has a kind of block that is not supported")
            }
            return letter
        }
    }

    fileprivate func nemotronNetwork() throws -> FeedForwardSpec {
        .plain(
            size: try count(.intermediateSize), try activation(or: .reluSquared),
            hasBias: try flag(.init("mlp_bias")) ?? false)
    }

    fileprivate func nemotronMixture() throws -> MixtureSpec {
        if try value(.init("moe_latent_size")) != nil {
            throw error(.init("moe_latent_size"), "is set; experts behind a smaller vector are not supported")
        }
        var mixture = try sigmoidMixture()
        mixture.expert.isGated = false
        mixture.expert.activation = try activation(or: .reluSquared)
        mixture.expert.hasBias = try flag(.init("mlp_bias")) ?? false
        mixture.shared = mixture.expert
        mixture.shared?.size = try count(.init("moe_shared_expert_intermediate_size"))
        return mixture
    }
}
