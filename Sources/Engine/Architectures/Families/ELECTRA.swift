extension Family {
    /// ELECTRA: BERT, its embedding narrower than the stream in the small ones (Clark et al. 2020).
    static let electra = Family(
        name: "ELECTRA", modelTypes: ["electra"],
        tensorNames: bert.tensorNames.withPrefixes(["electra.", ""]).replacing([
            .embeddingProjection: "embeddings_project"
        ]),
        defaults: ["embedding_size": 128],
        ignoredTensors: encoderHeads + ["discriminator_predictions.", "generator_predictions.", "generator_lm_head."]
    ) { configuration in
        var spec = try bert.makeSpec(configuration)
        spec.embedding.size = try configuration.count(.embeddingSize)
        spec.embedding.projectsLast = true
        return spec
    }

    /// ALBERT: all blocks have the same weights, or a few groups of them (Lan et al. 2020).
    static let albert = Family(
        name: "ALBERT", modelTypes: ["albert"],
        tensorNames: bert.tensorNames.withPrefixes(["albert.", ""]).replacing([
            .embeddingProjection: "encoder.embedding_hidden_mapping_in",
            .query: "encoder.albert_layer_groups.{}.albert_layers.0.attention.query",
            .key: "encoder.albert_layer_groups.{}.albert_layers.0.attention.key",
            .value: "encoder.albert_layer_groups.{}.albert_layers.0.attention.value",
            .attentionOutput: "encoder.albert_layer_groups.{}.albert_layers.0.attention.dense",
            .mixerNorm: "encoder.albert_layer_groups.{}.albert_layers.0.attention.LayerNorm",
            .up: "encoder.albert_layer_groups.{}.albert_layers.0.ffn",
            .down: "encoder.albert_layer_groups.{}.albert_layers.0.ffn_output",
            .feedForwardNorm: "encoder.albert_layer_groups.{}.albert_layers.0.full_layer_layer_norm",
        ]),
        defaults: ["hidden_act": "gelu_new", "embedding_size": 128, "layer_norm_eps": 1e-12],
        ignoredTensors: encoderHeads + ["predictions.", "albert.pooler", "pooler_activation"]
    ) { configuration in
        var spec = try electra.makeSpec(configuration)
        let inner = try configuration.countIfPresent(.init("inner_group_num")) ?? 1
        guard inner == 1 else {
            throw configuration.error(.init("inner_group_num"), "is \(inner); only 1 is supported")
        }
        let groups = try configuration.countIfPresent(.init("num_hidden_groups")) ?? 1
        let layers = spec.layers.count
        for index in spec.layers.indices { spec.layers[index].fileLayer = min(index * groups / layers, groups - 1) }
        return spec
    }
}
