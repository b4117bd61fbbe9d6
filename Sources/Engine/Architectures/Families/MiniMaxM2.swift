import Tensors

extension Family {
    /// MiniMax-M2: all queries and all keys normalized, experts chosen by sigmoids and a bias (MiniMax 2025).
    static let miniMaxM2 = Family(
        name: "MiniMax-M2", modelTypes: ["minimax_m2"], ggufArchitectures: ["minimax-m2"],
        tensorNames: .standard.replacing([
            .router: "model.layers.{}.block_sparse_moe.gate",
            .choiceBias: "model.layers.{}.block_sparse_moe.e_score_correction_bias!",
            .expertGate: "model.layers.{}.block_sparse_moe.experts.{e}.w1",
            .expertUp: "model.layers.{}.block_sparse_moe.experts.{e}.w3",
            .expertDown: "model.layers.{}.block_sparse_moe.experts.{e}.w2",
        ]), defaults: ["head_dim": 128, "rope_theta": 5_000_000]
    ) { configuration in
        let norm = try configuration.rmsNorm()
        var attention = try configuration.attention()
        attention.headNorm = HeadNormSpec(norm, .row)
        var mixture = try configuration.mixture(size: configuration.count(.intermediateSize), renormalizes: true)
        mixture.hasChoiceBias = true
        mixture.routing.weighing = .sigmoid
        return try configuration.decoder(norm: norm, attention: attention, feedForward: .mixture(mixture))
    }
}
