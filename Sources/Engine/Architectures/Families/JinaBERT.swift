import Tensors

extension Family {
    /// Jina embeddings v2: BERT with biases by distance instead of positions, and gated networks (Günther et al. 2023). Its
    /// configuration says "bert".
    static let jinaBERT = Family(
        name: "Jina-BERT", modelTypes: ["bert", "jina_bert"],
        tensorNames: bert.tensorNames.replacing([
            .gate: .fused("encoder.layer.{}.mlp.gated_layers"), .up: .fused("encoder.layer.{}.mlp.gated_layers"),
            .down: "encoder.layer.{}.mlp.wo", .feedForwardNorm: "encoder.layer.{}.mlp.layernorm",
            .queryNorm: "encoder.layer.{}.attention.self.layer_norm_q",
            .keyNorm: "encoder.layer.{}.attention.self.layer_norm_k",
        ]),
        ignoredTensors: encoderHeads, reference: publishedFormulas,
        recognizes: { try $0.text(.init("position_embedding_type")) == "alibi" }
    ) { configuration in
        let context = try configuration.count(.contextLength)
        var spec = try configuration.encoder(
            positions: LearnedPositions(rows: context),
            tokenTypes: configuration.countIfPresent(.tokenTypes, orZero: true) ?? 2)
        spec.embedding.positions = nil
        spec.updateAttention { _, attention in
            attention.shape.slopes = AttentionShape.linearBiases(heads: attention.shape.heads)
        }
        let key = Hyperparameters.Key("feed_forward_type")
        switch try configuration.text(key) {
        case "geglu", "reglu":
            let isGELU = try configuration.text(key) == "geglu"
            var network = DenseSpec(
                size: try configuration.count(.intermediateSize), activation: isGELU ? .gelu : .relu, isGated: true)
            network.hasOutputBias = true
            for index in spec.layers.indices { spec.layers[index].feedForward = .dense(network) }
        case let kind: throw configuration.error(key, "is \(kind ?? "absent"); geglu and reglu are supported")
        }
        return spec
    }
}
