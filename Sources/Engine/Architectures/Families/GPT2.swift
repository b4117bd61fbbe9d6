import Tensors

extension Family {
    /// GPT-2: learned positions, matrices stored as inputs by outputs (Radford et al. 2019).
    static let gpt2 = Family(
        name: "GPT-2", modelTypes: ["gpt2"], ggufArchitectures: ["gpt2"], tensorNames: .gpt2 { $0.transposed }
    ) { configuration in
        try configuration.gpt2Spec(attention: configuration.attention(isRotary: false))
    }

    /// GPT-BigCode (StarCoder, SantaCoder): GPT-2 whose heads share one key and value (Ben Allal et al. 2023).
    static let gptBigCode = Family(
        name: "GPT-BigCode", modelTypes: ["gpt_bigcode"], ggufArchitectures: ["starcoder"],
        tensorNames: .gpt2(fusion: .grouped) { $0 }
    ) { configuration in
        let isMultiQuery = try configuration.flag(.init("multi_query")) ?? true
        return try configuration.gpt2Spec(
            attention: configuration.attention(keyValueHeads: isMultiQuery ? 1 : nil, isRotary: false))
    }
}

extension TensorNames {
    /// GPT-2's names; `form` says how its matrices are stored.
    fileprivate static func gpt2(
        fusion: TensorName.Fusion = .concatenated, _ form: (TensorName) -> TensorName
    ) -> TensorNames {
        let inputs = form(.fused("h.{}.attn.c_attn", fusion))
        return TensorNames(
            [
                .embedding: "wte", .positions: "wpe", .finalNorm: "ln_f", .output: "lm_head",
                .mixerNorm: "h.{}.ln_1", .feedForwardNorm: "h.{}.ln_2", .query: inputs, .key: inputs, .value: inputs,
                .attentionOutput: form("h.{}.attn.c_proj"), .up: form("h.{}.mlp.c_fc"),
                .down: form("h.{}.mlp.c_proj"),
            ], prefixes: ["transformer.", ""])
    }
}

extension Hyperparameters {
    fileprivate func gpt2Spec(attention: AttentionSpec) throws -> NetworkSpec {
        var attention = attention
        (attention.hasInputBias, attention.hasOutputBias) = (true, true)
        var spec = try decoder(
            norm: layerNorm(), attention: attention, feedForward: plainNetwork(or: .geluTanh))
        spec.embedding.positions = LearnedPositions(rows: spec.contextLength)
        spec.output?.sharesEmbedding = try flag(.sharesEmbedding) ?? true
        return spec
    }
}
