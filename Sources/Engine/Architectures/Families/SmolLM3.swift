extension Family {
    /// SmolLM3: Llama, every few blocks of which see no positions (Bakouch et al. 2025).
    static let smolLM3 = Family(
        name: "SmolLM3", modelTypes: ["smollm3"], ggufArchitectures: ["smollm3"], tensorNames: .standard,
        ggufPermutesHeads: true
    ) { configuration in
        var spec = try llama.makeSpec(configuration)
        // 1 where a block has rotary positions; GGUF files leave it out, as every fourth block has none.
        let listed = try configuration.counts(.init("no_rope_layers"), layers: spec.layers.count)
        spec.updateAttention { layer, attention in
            let isRotated = listed.map { $0[layer] != 0 } ?? ((layer + 1) % 4 != 0)
            if !isRotated { attention.rotary = nil }
        }
        return spec
    }
}
