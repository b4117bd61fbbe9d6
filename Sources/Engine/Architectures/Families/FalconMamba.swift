import Tensors

extension Family {
    /// Falcon Mamba: Mamba whose steps and what enters and leaves its states are normalized (Zuo et al. 2024).
    static let falconMamba = Family(
        name: "Falcon Mamba", modelTypes: ["falcon_mamba"], tensorNames: mamba.tensorNames,
        defaults: ["tie_word_embeddings": true, "mixer_rms_eps": 1e-6]
    ) { configuration in
        var spec = try mamba.makeSpec(configuration)
        var norm = NormSpec.rms(epsilon: try configuration.positive(.init("mixer_rms_eps")) ?? 1e-6)
        norm.hasWeight = false
        for index in spec.layers.indices {
            guard case .mamba(var mixer) = spec.layers[index].mixer else { continue }
            mixer.innerNorm = norm
            spec.layers[index].mixer = .mamba(mixer)
        }
        return spec
    }
}
