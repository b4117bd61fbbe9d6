import Platform
import Tensors

extension Family {
    /// MiniMax-01 and M1: lightning attention and now and then softmax attention, experts everywhere; each part adds to the
    /// normalized stream (MiniMax 2025).
    static let miniMax = Family(
        name: "MiniMax", modelTypes: ["minimax"],
        tensorNames: mixtral.tensorNames.replacing([
            .deltaQuery: .fused("model.layers.{}.self_attn.qkv_proj", .grouped),
            .deltaKey: .fused("model.layers.{}.self_attn.qkv_proj", .grouped),
            .deltaValue: .fused("model.layers.{}.self_attn.qkv_proj", .grouped),
            .deltaGate: "model.layers.{}.self_attn.output_gate", .deltaNorm: "model.layers.{}.self_attn.norm",
            .outProjection: "model.layers.{}.self_attn.out_proj",
        ]), defaults: ["rms_norm_eps": 1e-5],
        ignoredTensors: [".slope_rate", ".query_decay", ".key_decay", ".diagonal_decay"]
    ) { configuration in
        var spec = try mixtral.makeSpec(configuration)
        func factors(_ name: String) throws -> LayerSpec.SumFactors {
            LayerSpec.SumFactors(
                stream: try configuration.number(.init("\(name)_alpha_factor")) ?? 1,
                part: try configuration.number(.init("\(name)_beta_factor")) ?? 1)
        }
        let (network, count) = (try factors("mlp"), spec.layers.count)
        let (full, linear) = (try factors("full_attn"), try factors("linear_attn"))
        let alternating = (0..<count).map { $0 % 2 == 0 }
        let isFull =
            try configuration.value(.init("layer_types")) == nil
            ? alternating : try configuration.blocks(count, of: "full_attention", every: 2)
        for index in spec.layers.indices {
            spec.layers[index].wiring = .normalizedStream(mixer: isFull[index] ? full : linear, network: network)
            guard !isFull[index], case .attention(let attention) = spec.layers[index].mixer else { continue }
            spec.layers[index].mixer = .lightningAttention(
                try configuration.lightningAttention(like: attention.shape, layer: index, of: count))
        }
        return spec
    }
}

extension Hyperparameters {
    /// Heads fade at rates that fall by powers of two, and from block to block.
    fileprivate func lightningAttention(
        like attention: AttentionShape, layer: Int, of layers: Int
    ) throws -> LightningAttentionSpec {
        let (heads, size) = (attention.heads, attention.headSize)
        _ = try product(heads, size, size, key: .heads)
        let share = 1 - Float(layer) / (Float(layers - 1) + 1e-5) + 1e-5
        return LightningAttentionSpec(
            shape: LinearAttentionShape(
                heads: heads, keyHeads: heads, keySize: size, valueSize: size, isDelta: false),
            rates: (1...heads).map { exp2f(-8 * Float($0) / Float(heads)) * share },
            activation: try activation(or: .silu), norm: .rms(epsilon: 1e-6))
    }
}
