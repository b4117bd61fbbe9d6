extension Family {
    /// GPT-Neo: scores that are not scaled, a window in every second block (Black et al. 2021).
    static let gptNeo = Family(
        name: "GPT-Neo", modelTypes: ["gpt_neo"],
        tensorNames: TensorNames(
            [
                .embedding: "wte", .positions: "wpe", .finalNorm: "ln_f", .output: "lm_head", .mixerNorm: "h.{}.ln_1",
                .query: "h.{}.attn.attention.q_proj", .key: "h.{}.attn.attention.k_proj",
                .value: "h.{}.attn.attention.v_proj", .attentionOutput: "h.{}.attn.attention.out_proj",
                .feedForwardNorm: "h.{}.ln_2", .up: "h.{}.mlp.c_fc", .down: "h.{}.mlp.c_proj",
            ], prefixes: ["transformer.", ""]),
        defaults: ["tie_word_embeddings": true, "window_size": 256],
        ignoredTensors: ["attn.attention.bias", "masked_bias"]
    ) { configuration in
        var attention = try configuration.attention(isRotary: false)
        attention.shape.scale = 1
        attention.hasOutputBias = true
        var spec = try configuration.decoder(
            norm: configuration.layerNorm(), attention: attention,
            feedForward: configuration.plainNetwork(or: .geluTanh))
        spec.embedding.positions = LearnedPositions(rows: try configuration.count(.contextLength))
        let window = try configuration.count(.init("window_size"))
        let isLocal = try configuration.gptNeoWindows(spec.layers.count)
        spec.applyWindows(isLocal, of: window)
        return spec
    }
}

extension Hyperparameters {
    /// Which blocks see a window: listed one by one, or as patterns and how often each is repeated.
    fileprivate func gptNeoWindows(_ layers: Int) throws -> [Bool] {
        let key = Key("attention_layers", "attention_types")
        var kinds = try value(.init("attention_layers"))?.arrayValue ?? []
        if kinds.isEmpty {
            for pattern in try value(.init("attention_types"))?.arrayValue ?? [] {
                guard let repeated = pattern[0]?.arrayValue, let count = pattern[1]?.intValue,
                    (1...layers).contains(count)
                else { throw error(key, "is no list of patterns with their numbers") }
                kinds += (0..<count).flatMap { _ in repeated }
            }
        }
        guard kinds.isEmpty || kinds.count == layers else {
            throw error(key, "lists \(kinds.count) blocks, but there are \(layers)")
        }
        return (0..<layers).map { kinds.isEmpty ? $0 % 2 == 1 : kinds[$0].stringValue == "local" }
    }
}
