import Tensors

extension Family {
    /// LLaMA, Llama 2, 3 and 3.1, SmolLM, Yi and all that share the architecture (Touvron et al. 2023).
    static let llama = Family(
        name: "Llama", modelTypes: ["llama", "Yi"], ggufArchitectures: ["llama"], tensorNames: .llamaOrMeta,
        ignoredTensors: ["rope.freqs"]
    ) { configuration in
        // Files of this GGUF architecture may be Mixtral's.
        if configuration.isGGUF, try configuration.countIfPresent(.experts) ?? 0 > 0 {
            return try mixtral.makeSpec(configuration)
        }
        var attention = try configuration.attention(ggufRotaryLayout: .adjacent)
        attention.hasInputBias = try configuration.flag(.attentionBias) ?? false
        attention.hasOutputBias = attention.hasInputBias
        return try configuration.decoder(
            norm: configuration.rmsNorm(), attention: attention,
            feedForward: configuration.gatedNetwork(hasBias: configuration.flag(.init("mlp_bias")) ?? false))
    }
}
