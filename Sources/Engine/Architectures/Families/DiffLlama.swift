import Platform
import Tensors

extension Family {
    /// DiffLlama: Llama with the difference of two attentions (Ye et al. 2024).
    static let diffLlama = Family(
        name: "DiffLlama", modelTypes: ["diffllama"],
        tensorNames: .standard.replacing([
            TensorRole.shareQueries[0]: "model.layers.{}.self_attn.lambda_q1!",
            TensorRole.shareQueries[1]: "model.layers.{}.self_attn.lambda_q2!",
            TensorRole.shareKeys[0]: "model.layers.{}.self_attn.lambda_k1!",
            TensorRole.shareKeys[1]: "model.layers.{}.self_attn.lambda_k2!",
        ]), defaults: ["rms_norm_eps": 1e-5]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        var norm = try configuration.rmsNorm()
        norm.hasWeight = false
        for index in spec.layers.indices {
            guard case .attention(let attention) = spec.layers[index].mixer else { continue }
            var shape = attention.shape
            guard shape.keyValueHeads % 2 == 0 else {
                throw configuration.error(.keyValueHeads, "is \(shape.keyValueHeads), not even")
            }
            shape.valueSize = 2 * shape.headSize
            spec.layers[index].mixer = .differentialAttention(
                DifferentialAttentionSpec(
                    shape: shape, rotary: attention.rotary, initialShare: 0.8 - 0.6 * expf(-0.3 * Float(index)),
                    norm: norm, hasBias: attention.hasInputBias))
        }
        return spec
    }
}
