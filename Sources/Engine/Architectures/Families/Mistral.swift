import Tensors

extension Family {
    /// Mistral 7B and NeMo: Llama with a sliding window in v0.1 (Jiang et al. 2023).
    static let mistral = Family(
        name: "Mistral", modelTypes: ["mistral"], ggufArchitectures: ["mistral"], tensorNames: .standard,
        ggufPermutesHeads: true
    ) { configuration in
        var attention = try configuration.attention(ggufRotaryLayout: .adjacent)
        attention.shape.window = try configuration.window()
        return try configuration.decoder(
            norm: configuration.rmsNorm(), attention: attention, feedForward: configuration.gatedNetwork())
    }

    /// Mixtral: Mistral with experts, the weights of the two used brought to a sum of 1 (Jiang et al. 2024).
    static let mixtral = Family(
        name: "Mixtral", modelTypes: ["mixtral"], ggufArchitectures: ["llama"],
        tensorNames: .standard.replacing([
            .router: "model.layers.{}.block_sparse_moe.gate",
            .expertGate: "model.layers.{}.block_sparse_moe.experts.{e}.w1",
            .expertUp: "model.layers.{}.block_sparse_moe.experts.{e}.w3",
            .expertDown: "model.layers.{}.block_sparse_moe.experts.{e}.w2",
        ]),
        ggufPermutesHeads: true
    ) { configuration in
        var spec = try mistral.makeSpec(configuration)
        let size = try configuration.count(.intermediateSize)
        let mixture = try configuration.mixture(size: size, renormalizes: true)
        for index in spec.layers.indices { spec.layers[index].feedForward = .mixture(mixture) }
        return spec
    }

    /// Ministral 8B: windows in some blocks (Mistral AI 2024).
    static let ministral = Family(
        name: "Ministral", modelTypes: ["ministral"], tensorNames: .standard, defaults: ["sliding_window": 4096]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        let window = try configuration.window()
        let sliding = try configuration.slidingLayers(spec.layers.count)
        spec.applyWindows(sliding ?? spec.layers.map { _ in window != nil }, of: window)
        return spec
    }

    /// Ministral 3: queries grow with their position beyond the trained context (Mistral AI 2025).
    static let ministral3 = Family(
        name: "Ministral 3", modelTypes: ["ministral3"], tensorNames: .standard,
        defaults: ["rms_norm_eps": 1e-5, "head_dim": 128, "rope_theta": 1_000_000]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        let temperature = try configuration.queryTemperature()
        spec.updateAttention { $1.temperature = temperature }
        return spec
    }
}

extension Hyperparameters {
    /// How the queries of Mistral's newer models grow with their position; nil for not at all.
    func queryTemperature() throws -> QueryTemperature? {
        func key(_ name: String) -> Key { .init("\(rotaryGroup).\(name)") }
        guard let factor = try positive(key("llama_4_scaling_beta")) else { return nil }
        let length = Float(try count(key("original_max_position_embeddings")))
        return QueryTemperature(length: length, factor: factor, offset: 0)
    }
}
