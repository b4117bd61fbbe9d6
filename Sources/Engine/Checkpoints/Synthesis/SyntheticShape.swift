/// The sizes of a Llama-like network.
package struct SyntheticShape: Sendable, Hashable {
    /// The number of blocks.
    package var layers: Int
    /// The width of the stream; a multiple of the heads.
    package var hiddenSize: Int
    /// Query heads.
    package var heads: Int
    /// Key and value heads; they divide the query heads.
    package var keyValueHeads: Int
    /// The inner width of the feed-forward networks.
    package var feedForwardSize: Int
    /// The number of tokens.
    package var vocabularySize: Int
    /// The positions that the file promises.
    package var contextLength: Int
    /// The base of the rotary frequencies.
    package var ropeTheta: Float = 10_000
    /// Whether the output matrix is the embedding.
    package var sharesEmbedding = false

    package init(
        layers: Int, hiddenSize: Int, heads: Int, keyValueHeads: Int, feedForwardSize: Int, vocabularySize: Int,
        contextLength: Int, ropeTheta: Float = 10_000, sharesEmbedding: Bool = false
    ) {
        self.layers = layers
        self.hiddenSize = hiddenSize
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.feedForwardSize = feedForwardSize
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
        self.ropeTheta = ropeTheta
        self.sharesEmbedding = sharesEmbedding
    }

    /// The shapes of known models, smallest first.
    package static let known: [(name: String, shape: SyntheticShape)] = [
        ("smollm2-135m", smolLM2(layers: 30, hidden: 576, heads: 9, keyValueHeads: 3, feedForward: 1536)),
        ("smollm2-360m", smolLM2(layers: 32, hidden: 960, heads: 15, keyValueHeads: 5, feedForward: 2560)),
        (
            "tinyllama-1.1b",
            llama(layers: 22, hidden: 2048, heads: 32, keyValueHeads: 4, feedForward: 5632, context: 2048)
        ),
        ("smollm2-1.7b", smolLM2(layers: 24, hidden: 2048, heads: 32, keyValueHeads: 32, feedForward: 8192)),
        ("llama-7b", llama(layers: 32, hidden: 4096, heads: 32, keyValueHeads: 32, feedForward: 11008, context: 4096)),
        (
            "mistral-7b",
            llama(layers: 32, hidden: 4096, heads: 32, keyValueHeads: 8, feedForward: 14336, context: 32768)
        ),
    ]

    private static func smolLM2(
        layers: Int, hidden: Int, heads: Int, keyValueHeads: Int, feedForward: Int
    ) -> SyntheticShape {
        SyntheticShape(
            layers: layers, hiddenSize: hidden, heads: heads, keyValueHeads: keyValueHeads,
            feedForwardSize: feedForward,
            vocabularySize: 49152, contextLength: 8192, ropeTheta: 100_000, sharesEmbedding: true)
    }

    private static func llama(
        layers: Int, hidden: Int, heads: Int, keyValueHeads: Int, feedForward: Int, context: Int
    ) -> SyntheticShape {
        SyntheticShape(
            layers: layers, hiddenSize: hidden, heads: heads, keyValueHeads: keyValueHeads,
            feedForwardSize: feedForward,
            vocabularySize: 32000, contextLength: context)
    }

    var headSize: Int { hiddenSize / max(heads, 1) }

    /// What is wrong with the sizes, or nil.
    var flaw: String? {
        let sizes = [
            ("layers", layers), ("width", hiddenSize), ("heads", heads), ("key and value heads", keyValueHeads),
            ("feed-forward width", feedForwardSize), ("vocabulary", vocabularySize), ("context", contextLength),
        ]
        if let (name, size) = sizes.first(where: { !(1...1 << 24).contains($0.1) }) {
            return "\(name): \(size) is not from 1 to \(1 << 24)"
        }
        if hiddenSize % heads != 0 || headSize % 2 != 0 {
            return "\(heads) heads must divide the width of \(hiddenSize) into even parts"
        }
        if heads % keyValueHeads != 0 { return "\(keyValueHeads) key and value heads do not divide \(heads) heads" }
        if vocabularySize < SyntheticVocabulary.smallestSize {
            return "a vocabulary of \(vocabularySize) tokens is too small; the least is "
                + "\(SyntheticVocabulary.smallestSize)"
        }
        return nil
    }
}
