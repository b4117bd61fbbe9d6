import JSONValues
import Tensors

extension Family {
    /// Gemma 3n: alternating updates of four streams, vectors of tokens for every block, learned residuals, sparse networks;
    /// upper blocks read the keys and values of lower ones (Gemma Team 2025).
    static let gemma3n = Family(
        name: "Gemma 3n", modelTypes: ["gemma3n_text", "gemma3n"], ggufArchitectures: ["gemma3n"],
        tensorNames: gemma3nNames, ggufNames: gemma3nGGUFNames,
        defaults: [
            "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 256, "rope_theta": 1_000_000,
            "sliding_window": 512, "final_logit_softcapping": 30, "num_kv_shared_layers": 15,
            "vocab_size_per_layer_input": 262_144, "hidden_size_per_layer_input": 256, "laurel_rank": 64,
            "altup_num_inputs": 4, "tie_word_embeddings": true, "max_position_embeddings": 32768,
        ]
    ) { configuration in
        let active = Hyperparameters.Key("altup_active_idx")
        guard try configuration.countIfPresent(active, orZero: true) ?? 0 == 0 else {
            throw configuration.error(active, "is not 0, which is not supported")
        }
        let norm = try configuration.rmsNorm()
        var spec = try gemma.makeSpec(configuration.rotaryOf("full_attention"))
        spec.replaceNorms(norm)
        spec.output?.softCap =
            try configuration.positive(.init("final_logit_softcapping", gguf: "final_logit_softcapping")) ?? 30
        spec.layerEmbedding = try configuration.layerEmbedding()
        spec.alternatingUpdate = AlternatingUpdateSpec(
            streams: try configuration.count(.init("altup_num_inputs", gguf: "altup.num_inputs")), norm: norm)
        let sliding = try configuration.slidingLayers(spec.layers.count, every: 5)
        spec.applyWindows(sliding, of: try configuration.window())
        try spec.updateAttention { layer, attention in
            if sliding[layer] { attention.rotary = try configuration.localRotary(attention.shape.headSize) }
        }
        spec.normalizeHeads(norm)
        try configuration.shareKeys(of: &spec, kinds: sliding)
        try configuration.applySparsity(to: &spec)
        // GGUF files do not say it: there are no others.
        let rank = try configuration.isGGUF ? nil : configuration.count(.init("laurel_rank"))
        for index in spec.layers.indices {
            spec.layers[index].learnedResidual = LearnedResidualSpec(rank: rank, norm: norm)
        }
        return spec
    }

    /// What Gemma 3n and 4 call the tensors of the vectors that every block has of a token.
    static let layerEmbeddingNames: [TensorRole: TensorName] = [
        .layerTable: "model.embed_tokens_per_layer", .layerTableProjection: "model.per_layer_model_projection",
        .layerTableNorm: "model.per_layer_projection_norm",
        .layerVectorGate: "model.layers.{}.per_layer_input_gate",
        .layerVectorProjection: "model.layers.{}.per_layer_projection",
        .layerVectorNorm: "model.layers.{}.post_per_layer_input_norm",
    ]
    /// The same in GGUF files.
    static let layerEmbeddingGGUFNames: [TensorRole: TensorName] = [
        .layerTable: "per_layer_token_embd", .layerTableProjection: "per_layer_model_proj",
        .layerTableNorm: "per_layer_proj_norm", .layerVectorGate: "blk.{}.inp_gate",
        .layerVectorProjection: "blk.{}.proj", .layerVectorNorm: "blk.{}.post_norm",
    ]
    private static let gemma3nGGUFNames = TensorNames.gguf.replacing(layerEmbeddingGGUFNames).replacing([
        .streamProjection: "altup_proj", .streamOutput: "altup_unembd_proj", .updateRouter: "blk.{}.altup_router",
        .updateRouterNorm: "blk.{}.altup_router_norm", .updatePrediction: "blk.{}.altup_predict_coef",
        .updateCorrection: "blk.{}.altup_correct_coef", .updateScale: "blk.{}.altup_correct_scale",
        .residualDown: "blk.{}.laurel_l", .residualUp: "blk.{}.laurel_r", .residualNorm: "blk.{}.laurel_post_norm",
    ])
    private static let gemma3nNames = outputNormNames.replacing(layerEmbeddingNames).replacing([
        .streamProjection: "model.altup_projections.{e}", .streamOutput: "model.altup_unembed_projections.{e}",
        .updateRouter: "model.layers.{}.altup.modality_router", .updateRouterNorm: "model.layers.{}.altup.router_norm",
        .updatePrediction: "model.layers.{}.altup.prediction_coefs",
        .updateCorrection: "model.layers.{}.altup.correction_coefs",
        .updateScale: "model.layers.{}.altup.correct_output_scale!",
        .residualDown: "model.layers.{}.laurel.linear_left", .residualUp: "model.layers.{}.laurel.linear_right",
        .residualNorm: "model.layers.{}.laurel.post_laurel_norm",
    ])
}

extension NetworkSpec {
    /// Puts one norm before and behind each part of all blocks, and at the end.
    mutating func replaceNorms(_ norm: NormSpec) {
        finalNorm = norm
        for index in layers.indices { (layers[index].mixerNorm, layers[index].feedForwardNorm) = (norm, norm) }
        normalizeOutputs(norm)
    }

    /// Normalizes queries, keys and values by heads, the last without a weight, and leaves scores as they are.
    mutating func normalizeHeads(_ norm: NormSpec) {
        updateAttention { _, attention in
            attention.shape.scale = 1
            attention.headNorm = HeadNormSpec(norm, .head)
            attention.valueNorm = norm
            attention.valueNorm?.hasWeight = false
        }
    }
}

extension Hyperparameters {
    /// The vectors that every block has of a token; nil if there are none.
    func layerEmbedding() throws -> LayerEmbeddingSpec? {
        let key = Key("hidden_size_per_layer_input", gguf: "embedding_length_per_layer_input")
        guard let size = try countIfPresent(key, orZero: true), size > 0 else { return nil }
        _ = try product(size, layerCount(), key: key)
        return LayerEmbeddingSpec(
            rows: try isGGUF ? 0 : count(.init("vocab_size_per_layer_input")), size: size, norm: try rmsNorm(),
            activation: .geluTanh)
    }

    /// Lets upper blocks read the keys and values of the last block before them that is of the same kind.
    func shareKeys(of spec: inout NetworkSpec, kinds: [Bool]) throws {
        let key = Key("num_kv_shared_layers", gguf: "attention.shared_kv_layers")
        let shared = try countIfPresent(key, orZero: true) ?? 0
        let first = spec.layers.count - shared
        try spec.updateAttention { layer, attention in
            guard layer >= first else { return }
            guard let source = kinds[..<max(first, 0)].lastIndex(of: kinds[layer]) else {
                throw error(key, "is \(shared), which leaves no block of a kind with keys and values of its own")
            }
            attention.sharedLayer = source
        }
    }

    /// The widths and the sparsities of the networks of all blocks.
    fileprivate func applySparsity(to spec: inout NetworkSpec) throws {
        let (count, key) = (spec.layers.count, Key("activation_sparsity_pattern"))
        // GGUF files have what follows from the shares, which is minus infinity for none.
        let scales = try value(.init(gguf: "activation_sparsity_scale"))?.arrayValue?.map(\.doubleValue)
        let sizes = try requiredCounts(.intermediateSize, layers: count)
        let isListed = try value(key)?.arrayValue != nil
        let standard = (0..<count).map { !isGGUF && count > 10 && $0 < 10 ? 0.95 as Float : 0 }
        let shares = isListed ? try numbers(key, count: count) : standard
        for (index, share) in shares.enumerated() {
            guard (0..<1).contains(share), sizes[index] > 0 else {
                throw error(key, "has \(share), which is not within 0 and 1, or its block no width")
            }
            var network = DenseSpec(size: sizes[index], activation: .geluTanh, isGated: true)
            network.sparsity = share > 0 ? Float(normalQuantile(Double(share))) : nil
            if let scale = scales.flatMap({ $0.indices.contains(index) ? $0[index] : nil }), scale.isFinite {
                network.sparsity = Float(scale)
            }
            spec.layers[index].feedForward = .dense(network)
        }
    }
}
