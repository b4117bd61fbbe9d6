import Tensors

/// What experts to put side by side: mergekit-moe's YAML.
package struct ExpertConfiguration: Sendable {
    /// One model whose feed-forward networks become experts.
    package struct Expert: Sendable {
        var model: ModelReference
        var positivePrompts: [String] = []
        var negativePrompts: [String] = []
        /// The deviation of noise that its weights get.
        var noise: Double?
        /// What its networks' outputs are multiplied with.
        var residualScale: Double?
    }

    /// How the router's rows are found.
    package enum Gate: String, Sendable, CaseIterable {
        /// The states of the prompts' last tokens, layer by layer.
        case hidden
        case hiddenLast = "hidden_last"
        /// The mean states of all tokens.
        case hiddenAverage = "hidden_avg"
        /// The prompts' embeddings, the same for every layer.
        case cheapEmbed = "cheap_embed"
        case random
        /// As PyTorch begins a linear layer.
        case uniformRandom = "uniform_random"

        var isRandom: Bool { self == .random || self == .uniformRandom }
        /// Whether the base model must read the prompts.
        package var needsStates: Bool { [.hidden, .hiddenLast, .hiddenAverage].contains(self) }
    }

    let path: String
    let text: String
    /// The model that gives everything but the experts.
    package let base: ModelReference
    package let experts: [Expert]
    package let gate: Gate
    let expertsPerToken: Int
    let dataType: DataType?
    /// The kind of mixture that is asked for, `mixtral` or `qwen3`; nil for that of the base model.
    let architecture: String?

    /// Whether a text is such a configuration rather than one of a merge.
    package static func isOne(_ text: String) -> Bool {
        guard let node = try? ConfigurationNode(yaml: text, path: ""), let members = try? node.members("") else {
            return false
        }
        return members.contains { $0.key == "experts" }
    }

    /// Reads a text; `path` names it in errors.
    package init(text: String, path: String) throws(MergeError) {
        (self.text, self.path) = (text, path)
        let node = try ConfigurationNode(yaml: text, path: path)
        let known = [
            "base_model", "experts", "gate_mode", "dtype", "experts_per_token", "shared_experts", "architecture",
        ]
        var (base, experts, gate): (ModelReference?, [Expert], Gate) = (nil, [], .hidden)
        var (perToken, type, architecture): (Int, DataType?, String?) = (2, nil, nil)
        for (key, value) in try node.members("a mixture of experts", known: known) {
            switch key {
            case "base_model": base = try ModelReference(value)
            case "experts": experts = try value.elements(key).map(Self.expert)
            case "gate_mode":
                let name = try value.string(key)
                guard let mode = Gate(rawValue: name) else {
                    throw value.error(
                        "there is no gate_mode \(name)",
                        remedy: "There are \(Gate.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                gate = mode
            case "experts_per_token": perToken = try value.integer(key)
            case "dtype": type = try MergeConfiguration.dataType(value)
            case "architecture":
                architecture = try Self.architecture(value, key)
            default:
                throw value.error("shared experts are not made", remedy: "Leave shared_experts out")
            }
        }
        guard let base else { throw node.error("there is no base_model") }
        guard perToken >= 1, perToken <= experts.count else {
            throw node.error("experts_per_token is \(perToken), and there are \(experts.count) experts")
        }
        (self.base, self.experts, self.gate) = (base, experts, gate)
        (expertsPerToken, dataType, self.architecture) = (perToken, type, architecture)
        try check(node)
    }

    private static func architecture(_ node: ConfigurationNode, _ key: String) throws(MergeError) -> String {
        let name = try node.string(key)
        switch name.lowercased().filter({ $0.isLetter || $0.isNumber }) {
        case "mixtral": return "mixtral"
        case "qwen3", "qwen3moe": return "qwen3"
        default:
            throw node.error(
                "mixtures of the architecture \"\(name)\" are not made",
                remedy: "There are mixtral and qwen3; leave it out for that of base_model")
        }
    }

    private func check(_ node: ConfigurationNode) throws(MergeError) {
        guard !gate.isRandom else { return }
        if let place = experts.firstIndex(where: \.positivePrompts.isEmpty) {
            throw node.error(
                "expert \(place + 1) has no positive_prompts", remedy: "Give it some, or choose gate_mode: random")
        }
        let first = experts[0]
        if experts.count > 1,
            experts.allSatisfy({
                $0.positivePrompts == first.positivePrompts && $0.negativePrompts == first.negativePrompts
            })
        {
            throw node.error(
                "the prompts of all experts are the same, so that the router could not tell them apart",
                remedy: "Give each expert prompts of what it is good at")
        }
    }

    private static func expert(_ node: ConfigurationNode) throws(MergeError) -> Expert {
        let known = ["source_model", "positive_prompts", "negative_prompts", "noise_scale", "residual_scale"]
        var expert = Expert(model: ModelReference(""))
        func number(_ value: ConfigurationNode, _ key: String) throws(MergeError) -> Double {
            guard let number = value.number else { throw value.error("\(key) must be a number, not \(value.kind)") }
            return number
        }
        func texts(_ value: ConfigurationNode, _ key: String) throws(MergeError) -> [String] {
            try value.elements(key).map { (text) throws(MergeError) in try text.string(key) }
        }
        for (key, value) in try node.members("an expert", known: known) {
            switch key {
            case "source_model": expert.model = try ModelReference(value)
            case "positive_prompts": expert.positivePrompts = try texts(value, key)
            case "negative_prompts": expert.negativePrompts = try texts(value, key)
            case "noise_scale": expert.noise = try number(value, key)
            default: expert.residualScale = try number(value, key)
            }
        }
        guard !expert.model.model.isEmpty else { throw node.error("an expert has no source_model") }
        return expert
    }
}
