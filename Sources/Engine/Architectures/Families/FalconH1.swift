import JSONValues
import Tensors

extension Family {
    /// Falcon-H1: attention and Mamba-2 side by side in each block, a dozen factors (Zuo et al. 2025).
    static let falconH1 = Family(
        name: "Falcon-H1", modelTypes: ["falcon_h1"], tensorNames: bamba.tensorNames,
        defaults: ["rms_norm_eps": 1e-5, "mamba_d_ssm": 1024, "mamba_norm_before_gate": true]
    ) { configuration in
        func factor(_ name: String) throws -> Float { try configuration.number(.init(name)) ?? 1 }
        var spec = try configuration.llamaDecoder()
        let isNormalized = try configuration.flag(.init("mamba_rms_norm")) ?? false
        var mamba = try configuration.mamba2(norm: isNormalized ? configuration.rmsNorm() : nil)
        mamba.normalizesBeforeGate = try configuration.flag(.init("mamba_norm_before_gate")) ?? true
        mamba.hasOutputBias = try configuration.flag(.init("projectors_bias")) ?? false
        mamba.inputScales = try configuration.factors("ssm_multipliers", count: 5)
        let network = try configuration.factors("mlp_multipliers", count: 2)
        let keyScale = try factor("key_multiplier")
        for index in spec.layers.indices {
            if case .attention(var attention) = spec.layers[index].mixer {
                attention.shape.scale *= keyScale
                spec.layers[index].mixer = .hybridHeads(
                    HybridHeadsSpec(
                        attention: attention, mamba: mamba, attentionInputScale: try factor("attention_in_multiplier"),
                        attentionOutputScale: try factor("attention_out_multiplier"),
                        mambaInputScale: try factor("ssm_in_multiplier"),
                        mambaOutputScale: try factor("ssm_out_multiplier")))
            }
            if case .dense(var dense)? = spec.layers[index].feedForward, network.count == 2 {
                (dense.gateScale, dense.outputScale) = (network[0], network[1])
                spec.layers[index].feedForward = .dense(dense)
            }
        }
        spec.embedding.scale = try factor("embedding_multiplier")
        spec.output?.scale = try factor("lm_head_multiplier")
        return spec
    }
}

extension Hyperparameters {
    /// So many factors; none where the configuration has none.
    fileprivate func factors(_ name: String, count: Int) throws -> [Float] {
        let key = Key(name)
        return try value(key) == JSON?.none ? [] : numbers(key, count: count)
    }
}
