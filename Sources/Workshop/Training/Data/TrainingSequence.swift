/// One text as a model is trained on it: tokens, and how much each counts.
///
/// A batch is a list of these. Each is a span of its own in the forward pass: its positions begin at 0 and it sees
/// nothing of the others, so that packing many into one batch changes no gradient.
package struct TrainingSequence: Sendable, Hashable {
    /// The tokens.
    package var tokens: [Int32]
    /// For each token, the weight of predicting it from those before it; 0 means that it is not learned. The first is
    /// never used: nothing comes before it.
    package var weights: [Float]
    /// The tokens of each text, where there are several that belong together; empty for a single text.
    package var parts: [Int] = []

    /// Makes a sequence; both lists have the same length.
    package init(tokens: [Int32], weights: [Float]) {
        self.tokens = tokens
        self.weights = weights
    }

    /// The number of tokens that are learned.
    package var learnedCount: Int { weights.dropFirst().count { $0 != 0 } }
}
