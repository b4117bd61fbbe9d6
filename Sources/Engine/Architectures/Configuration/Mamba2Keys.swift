import Tensors

extension TensorNames {
    /// These names and those of Mamba-2's tensors, which all begin with `prefix`.
    func withMamba2(_ prefix: String) -> TensorNames {
        func name(_ ending: String) -> TensorName { TensorName(stringLiteral: prefix + ending) }
        return replacing([
            .inProjection: .fused(prefix + "in_proj"), .convolution: name("conv1d"), .aLog: name("A_log!"),
            .d: name("D!"),
            .stepBias: name("dt_bias!"), .stateNorm: name("norm"), .outProjection: name("out_proj"),
        ])
    }
}

extension Hyperparameters {
    /// Mamba-2 as its configurations describe it, under the names that they have with and without a prefix.
    func mamba2(norm: NormSpec?) throws -> Mamba2Spec {
        let heads = Key(
            "mamba_n_heads", "mamba_num_heads", "num_heads", "n_mamba_heads", gguf: "ssm.time_step_rank")
        let headSize = Key("mamba_d_head", "mamba_head_dim", "head_dim", "mamba_headdim")
        let count = try count(heads)
        let expansion = Key("mamba_expand", "expand")
        let inner =
            try countIfPresent(.init("mamba_d_ssm", gguf: "ssm.inner_size"))
            ?? product(self.count(.hiddenSize), countIfPresent(expansion) ?? 2, key: expansion)
        let isAutomatic = try value(headSize)?.stringValue == "auto"
        let shape = LinearAttentionShape(
            heads: count,
            keyHeads: try countIfPresent(
                .init("mamba_n_groups", "n_groups", "mamba_ngroups", gguf: "ssm.group_count")) ?? 1,
            keySize: try self.count(.init("mamba_d_state", "ssm_state_size", "state_size", gguf: "ssm.state_size")),
            valueSize: isAutomatic ? inner / count : try countIfPresent(headSize) ?? inner / count, isDelta: false)
        guard count % shape.keyHeads == 0, shape.valueSize > 0 else {
            throw error(heads, "is \(count), which does not fit \(shape.keyHeads) groups and \(inner) channels")
        }
        _ = try product(shape.heads, shape.keySize, shape.valueSize, key: heads)
        var mixer = Mamba2Spec(
            shape: shape, width: try self.count(.init("mamba_d_conv", "conv_kernel", gguf: "ssm.conv_kernel")))
        mixer.hasConvolutionBias = try flag(.init("mamba_conv_bias", "use_conv_bias")) ?? true
        mixer.hasBias =
            try isGGUF ? hasTensor(ending: ".ssm_in.bias") : flag(.init("mamba_proj_bias", "use_bias")) ?? false
        (mixer.storesA, mixer.storesNormByGroup) = (isGGUF, isGGUF)
        mixer.hasOutputBias = mixer.hasBias
        mixer.norm = norm
        // The upper limit may be infinite, for which there are several spellings.
        let limits = try value(.init("time_step_limit"))?.arrayValue ?? []
        if limits.count == 2, let least = limits[0].doubleValue, least >= 0 {
            mixer.steps = Float(least)...max(Float(least), limits[1].doubleValue.map(Float.init) ?? .infinity)
        }
        return mixer
    }

    /// Which blocks have attention among those of a hybrid: those listed by kind, else those that `indices` lists.
    func attentionBlocks(_ layers: Int, indices: String) throws -> [Bool] {
        let key = Key("layer_types", "layers_block_type")
        if let kinds = try value(key)?.arrayValue {
            guard kinds.count == layers else {
                throw error(key, "lists \(kinds.count) blocks, but there are \(layers)")
            }
            return kinds.map { ["attention", "full_attention"].contains($0.stringValue) }
        }
        if isGGUF {
            let heads = try requiredCounts(.keyValueHeads, layers: layers)
            return (0..<layers).map { heads[$0] > 0 }
        }
        let listed = try value(.init(indices))?.arrayValue?.compactMap(\.intValue) ?? []
        return (0..<layers).map { listed.contains($0) }
    }
}
