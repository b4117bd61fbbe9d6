/// A step of sampling, by llama.cpp's name for it.
public enum SamplingStep: String, Sendable, Hashable, Codable, CaseIterable {
    /// The repetition, frequency and presence penalties.
    case penalties
    /// What continues a repetition of several tokens is penalized ("don't repeat yourself").
    case dry
    /// Logits within so many standard deviations of the largest (Tang et al. 2024).
    case topNSigma = "top_n_sigma"
    /// The most likely tokens, so many.
    case topK = "top_k"
    /// Locally typical tokens (Meister et al. 2022).
    case typical = "typ_p"
    /// The nucleus (Holtzman et al. 2020).
    case topP = "top_p"
    /// Tokens with a share of the likeliest one's probability.
    case minP = "min_p"
    /// All but the least likely of the likely tokens go ("exclude top choices").
    case xtc
    /// The temperature, which may depend on the entropy.
    case temperature

    /// llama.cpp's order.
    public static let standard: [SamplingStep] = allCases

    /// The step of this name, in any of the spellings that llama.cpp knows.
    public init?(name: String) {
        let spelled = name.lowercased().replacing("-", with: "_")
        let others: [String: SamplingStep] = [
            "temp": .temperature, "typical": .typical, "typical_p": .typical, "topk": .topK, "topp": .topP,
            "minp": .minP,
            "nucleus": .topP, "top_nsigma": .topNSigma,
        ]
        guard let step = SamplingStep(rawValue: spelled) ?? others[spelled] else { return nil }
        self = step
    }
}
