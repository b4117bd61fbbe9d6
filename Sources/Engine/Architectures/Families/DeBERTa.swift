import Tensors

extension Family {
    /// DeBERTa V2 and V3: attention to which distances add by themselves (He et al. 2021, 2023).
    static let deBERTaV2 = Family(
        name: "DeBERTa V2", modelTypes: ["deberta-v2"],
        tensorNames: bert.tensorNames.withPrefixes(["deberta.", ""]).replacing([
            .query: "encoder.layer.{}.attention.self.query_proj", .key: "encoder.layer.{}.attention.self.key_proj",
            .value: "encoder.layer.{}.attention.self.value_proj",
            .distanceQuery: "encoder.layer.{}.attention.self.pos_query_proj",
            .distanceKey: "encoder.layer.{}.attention.self.pos_key_proj",
            .distanceVectors: "encoder.rel_embeddings", .distanceNorm: "encoder.LayerNorm",
        ]),
        defaults: ["layer_norm_eps": 1e-7], ignoredTensors: encoderHeads + ["mask_predictions.", "lm_predictions."]
    ) { configuration in
        try configuration.refuse(["conv_kernel_size"], reason: "convolutions are not supported")
        guard try configuration.flag(.init("relative_attention")) ?? false else {
            throw configuration.error(.init("relative_attention"), "is not set; only relative attention is supported")
        }
        let context = try configuration.count(.contextLength)
        var spec = try configuration.encoder(
            positions: LearnedPositions(rows: context),
            tokenTypes: configuration.countIfPresent(.tokenTypes, orZero: true) ?? 0)
        guard try configuration.countIfPresent(.embeddingSize) ?? spec.hiddenSize == spec.hiddenSize else {
            throw configuration.error(.embeddingSize, "is not hidden_size, which is not supported")
        }
        if try configuration.flag(.init("position_biased_input")) == false { spec.embedding.positions = nil }
        let attention = try configuration.disentangledAttention(context: context)
        for index in spec.layers.indices { spec.layers[index].mixer = .disentangledAttention(attention) }
        return spec
    }
}

extension Hyperparameters.Key {
    static let embeddingSize = Self("embedding_size")
}

extension Hyperparameters {
    /// Refuses a model in whose configuration one of the numbers or flags is set.
    func refuse(_ names: [String], reason: String) throws {
        for name in names {
            guard let value = try value(Key(name)), value.boolValue ?? (value.doubleValue != 0) else { continue }
            throw error(Key(name), "is set; \(reason)")
        }
    }

    fileprivate func disentangledAttention(context: Int) throws -> DisentangledAttentionSpec {
        let kindKey = Key("pos_att_type")
        var kinds = try value(kindKey)?.arrayValue?.compactMap(\.stringValue) ?? []
        if let joined = try value(kindKey)?.stringValue { kinds = joined.split(separator: "|").map(String.init) }
        var shape = try attention(isRotary: false).shape
        shape.isCausal = false
        let parts = ["c2p", "p2c"].map(kinds.contains)
        let terms = 1 + parts.filter { $0 }.count
        shape.scale = 1 / Float(terms * shape.headSize).squareRoot()
        // -1 stands for none.
        let stored = try value(.init("max_relative_positions"))?.intValue ?? -1
        let reach = stored < 1 ? context : try count(.init("max_relative_positions"))
        let buckets = try value(.init("position_buckets"))?.intValue ?? -1
        let half = buckets > 0 ? try count(.init("position_buckets")) : reach
        guard buckets < 1 || buckets >= 4 && reach - 1 > buckets / 2 else {
            throw error(.init("position_buckets"), "is \(buckets), too few or too many for \(reach) positions")
        }
        let isNormalized = try text(.init("norm_rel_ebd"))?.contains("layer_norm") ?? false
        return DisentangledAttentionSpec(
            shape: shape, distances: 2 * half, farthest: buckets > 0 ? reach : nil,
            distanceNorm: isNormalized ? try layerNorm() : nil, queriesSeeDistances: parts[0],
            keysSeeDistances: parts[1], sharesMatrices: try flag(.init("share_att_key")) ?? false)
    }
}
