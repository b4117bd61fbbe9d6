import Tensors

extension Family {
    /// GPT-J: mixer and network side by side, adjacent channels rotated (Wang & Komatsuzaki 2021).
    static let gptJ = Family(
        name: "GPT-J", modelTypes: ["gptj"],
        tensorNames: TensorNames(
            [
                .embedding: "wte", .finalNorm: "ln_f", .output: "lm_head", .mixerNorm: "h.{}.ln_1",
                .query: "h.{}.attn.q_proj", .key: "h.{}.attn.k_proj", .value: "h.{}.attn.v_proj",
                .attentionOutput: "h.{}.attn.out_proj", .up: "h.{}.mlp.fc_in", .down: "h.{}.mlp.fc_out",
            ], prefixes: ["transformer."])
    ) { configuration in
        var attention = try configuration.attention()
        attention.rotary?.layout = .adjacent
        var spec = try configuration.decoder(
            norm: configuration.layerNorm(), attention: attention,
            feedForward: configuration.plainNetwork(or: .geluTanh), wiring: .parallel, sharesNorm: true)
        spec.output?.hasBias = true
        return spec
    }
}
