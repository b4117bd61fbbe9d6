extension Family {
    /// Arcee's AFM: Llama with networks of two matrices around a squared rectifier (Arcee 2025).
    static let arcee = Family(
        name: "Arcee", modelTypes: ["arcee"], ggufArchitectures: ["arcee"], tensorNames: .standard,
        defaults: ["rms_norm_eps": 1e-5], ggufPermutesHeads: true
    ) { configuration in
        var spec = try configuration.llamaDecoder(ggufRotaryLayout: .adjacent)
        let network = try configuration.plainNetwork(
            or: .reluSquared, hasBias: configuration.flag(.init("mlp_bias"), orTensor: "blk.0.ffn_up.bias") ?? false)
        for index in spec.layers.indices { spec.layers[index].feedForward = network }
        return spec
    }
}
