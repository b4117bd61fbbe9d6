import Platform

/// How much some of a prompt's tokens count wherever the text looks back at them.
///
/// Their weight in every attention is multiplied by a factor, and the weights are brought to a sum of 1 again: the logarithm of
/// the factor is added to their scores (AtMan; Deiseroth et al. 2023).
public struct AttentionControl: Sendable, Hashable {
    /// The tokens, by their places in the prompt.
    public var tokens: Range<Int>
    /// Below 1 suppresses, 0 nearly hides, above 1 amplifies.
    public var factor: Float

    public init(tokens: Range<Int>, factor: Float) {
        self.tokens = tokens
        self.factor = factor
    }

    /// The least factor: a token that sees nothing else must still see itself.
    static let leastFactor: Float = 1e-6

    /// What is added to scores by the place of the key; nil for nothing. Controls of the same token are multiplied.
    static func biases(_ controls: [AttentionControl]) -> [Float]? {
        let end = controls.map(\.tokens.upperBound).max() ?? 0
        guard end > 0 else { return nil }
        var biases = [Float](repeating: 0, count: end)
        for control in controls {
            for place in control.tokens { biases[place] += logf(max(control.factor, leastFactor)) }
        }
        return biases.contains { $0 != 0 } ? biases : nil
    }
}

extension GenerationRequest {
    /// What is wrong with the controls; nil if nothing is.
    ///
    /// - Parameters:
    ///   - hasAttention: whether the model has weights to change.
    ///   - readsSource: whether its prompts are source texts, which an encoder reads whole.
    func attentionFault(hasAttention: Bool, readsSource: Bool) -> String? {
        guard !attention.isEmpty else { return nil }
        guard !readsSource else { return "the model reads the prompt as a source text, which cannot be steered" }
        guard hasAttention else { return "the model has no attention whose weights could be changed" }
        for control in attention {
            let range = control.tokens
            if range.lowerBound < 0 || range.upperBound > prompt.count {
                return "the prompt has \(prompt.count) tokens, and those from \(range.lowerBound) to "
                    + "\(range.upperBound) are not all among them"
            }
            if !control.factor.isFinite || control.factor < 0 {
                return "\(control.factor) is no factor: it must be from 0"
            }
        }
        return nil
    }
}
