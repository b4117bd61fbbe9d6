import Tensors

extension Family {
    /// DeciLM: Llama with a number of key and value heads for each block (Deci 2023).
    static let deciLM = Family(
        name: "DeciLM", modelTypes: ["deci"], ggufArchitectures: ["deci"], tensorNames: .standard,
        ggufPermutesHeads: true,
        reference: publishedFormulas
    ) { configuration in
        let key = Hyperparameters.Key("num_key_value_heads_per_layer", gguf: "attention.head_count_kv")
        var spec = try llama.makeSpec(configuration)
        guard let heads = try configuration.counts(key, layers: spec.layers.count) else {
            throw configuration.error(key, "is missing")
        }
        try spec.updateAttention { layer, attention in
            guard heads[layer] > 0, attention.shape.heads % heads[layer] == 0 else {
                throw configuration.error(
                    key, "has \(heads[layer]), which does not divide the \(attention.shape.heads) query heads")
            }
            attention.shape.keyValueHeads = heads[layer]
        }
        return spec
    }
}
