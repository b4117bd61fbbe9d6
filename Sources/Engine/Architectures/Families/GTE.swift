import JSONValues
import Platform
import Tensors

extension Family {
    /// GTE v1.5 and multilingual: BERT with rotary positions and gated networks, as its own code calls it and as
    /// transformers does (Zhang et al. 2024).
    static let gte = Family(
        name: "GTE", modelTypes: ["new", "gte"],
        tensorNames: TensorNames(
            [
                .embedding: "embeddings.word_embeddings", .tokenTypes: "embeddings.token_type_embeddings",
                .embeddingNorm: "embeddings.LayerNorm", .query: .fused("encoder.layer.{}.attention.qkv_proj"),
                .key: .fused("encoder.layer.{}.attention.qkv_proj"),
                .value: .fused("encoder.layer.{}.attention.qkv_proj"),
                .attentionOutput: "encoder.layer.{}.attention.o_proj", .mixerNorm: "encoder.layer.{}.attn_ln",
                .gate: .fused("encoder.layer.{}.mlp.up_gate_proj"), .up: .fused("encoder.layer.{}.mlp.up_gate_proj"),
                .down: "encoder.layer.{}.mlp.down_proj", .feedForwardNorm: "encoder.layer.{}.mlp_ln",
            ], prefixes: ["new.", "gte.", ""]
        ).allowing([
            .query: "layers.{}.self_attn.q_proj", .key: "layers.{}.self_attn.k_proj",
            .value: "layers.{}.self_attn.v_proj", .attentionOutput: "layers.{}.self_attn.o_proj",
            .mixerNorm: "layers.{}.post_attention_layernorm", .gate: "layers.{}.mlp.gate_proj",
            .up: "layers.{}.mlp.up_proj", .down: "layers.{}.mlp.down_proj",
            .feedForwardNorm: "layers.{}.post_mlp_layernorm",
        ]),
        defaults: ["hidden_act": "gelu", "layer_norm_eps": 1e-12], ignoredTensors: encoderHeads
    ) { configuration in
        try configuration.refuse(
            ["logn_attention_scale"], reason: "scaling by the logarithm of positions is not supported")
        if let kind = try configuration.text(.init("layer_norm_type")), kind != "layer_norm" {
            throw configuration.error(.init("layer_norm_type"), "is \(kind), which is not supported")
        }
        let norm = try configuration.layerNorm()
        var attention = try configuration.withoutNTK.attention()
        (attention.hasInputBias, attention.hasOutputBias) = (true, true)
        attention.shape.isCausal = false
        if let factor = try configuration.ntkFactor(), let rotary = attention.rotary {
            // Frequencies as of a base that much larger, and all of them divided once more.
            attention.rotary?.base = rotary.base * factor
            attention.rotary?.scaling = .linear(factor: powf(factor, 2 / Float(rotary.dimensions)))
        }
        var network = DenseSpec(
            size: try configuration.count(.intermediateSize), activation: try configuration.activation(or: .gelu),
            isGated: true)
        (network.hasOutputBias, network.upComesFirst) = (true, true)
        var spec = try configuration.decoder(
            norm: norm, attention: attention, feedForward: .dense(network), wiring: .normalizedSums)
        spec.embedding.tokenTypes = try configuration.countIfPresent(.tokenTypes, orZero: true) ?? 0
        spec.embedding.norm = norm
        (spec.finalNorm, spec.output) = (nil, nil)
        return spec
    }
}

extension Hyperparameters {
    /// The factor of "ntk" scaling, which counts for texts of every length.
    fileprivate func ntkFactor() throws -> Float? {
        guard try text(.init("rope_scaling.type")) == "ntk" else { return nil }
        try refuse(["rope_scaling.mixed_b"], reason: "mixed bases are not supported")
        return try requiredPositive(.init("rope_scaling.factor"))
    }

    /// The same without that scaling.
    fileprivate var withoutNTK: Hyperparameters {
        get throws {
            guard try ntkFactor() != nil, case .huggingFace(let config) = source, var members = config.objectValue
            else {
                return self
            }
            members["rope_scaling"] = .null
            return Hyperparameters(source: .huggingFace(.object(members)), path: path)
        }
    }
}
