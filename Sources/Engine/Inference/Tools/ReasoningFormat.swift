/// How a model marks what it thinks before it answers.
public struct ReasoningFormat: Sendable, Hashable {
    /// What begins its thoughts, such as `<think>`.
    public var begin: String
    /// What ends them, such as `</think>`.
    public var end: String
    /// What comes between the end and the answer.
    var link = ""

    private static let known = [
        ReasoningFormat(begin: "<|channel|>analysis<|message|>", end: "<|end|>", link: "<|start|>assistant"),
        ReasoningFormat(begin: "<|START_THINKING|>", end: "<|END_THINKING|>"),
        ReasoningFormat(begin: "[THINK]", end: "[/THINK]"),
        ReasoningFormat(begin: "<think>", end: "</think>"),
        ReasoningFormat(begin: "<seed:think>", end: "</seed:think>"),
    ]

    /// The marks that a chat template speaks of; nil if there are none.
    public static func detected(in template: String) -> ReasoningFormat? {
        // Harmony's template writes the parts of its mark one by one.
        if template.firstRange(of: "<|channel|>analysis") != nil { return known[0] }
        return known.dropFirst().first { template.firstRange(of: $0.end) != nil }
    }

    /// Whether a prompt that ends with this text has begun the thoughts.
    public func isBegun(by prompt: String) -> Bool {
        var text = prompt[...]
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return text.hasSuffix(begin)
    }
}
