/// The shape of an attention layer, and what its scores depend on beside queries and keys.
package struct AttentionShape: Sendable, Hashable {
    /// Query heads.
    package var heads: Int
    /// Key and value heads; divides `heads`.
    package var keyValueHeads: Int
    /// Channels of a query or key head.
    package var headSize: Int
    /// Channels of a value head.
    package var valueSize: Int
    /// Factor of the scores.
    package var scale: Float
    /// How many positions a token sees, itself included, of attention both ways on each side; nil for all.
    package var window: Int?
    /// Whether the text is cut in pieces as long as the window, of which a token sees its own only.
    package var isChunked = false
    /// Scores become cap * tanh(score / cap); nil for none.
    package var softCap: Float?
    /// Whether a token sees only those before it, and itself; otherwise all that are computed together with it.
    package var isCausal = true
    /// Whether a token sees its source text, and nothing else.
    package var readsSource = false
    /// For each head what is taken from scores per position between query and key, `[heads]` (Press et al. 2022); or empty.
    package var slopes: [Float] = []
    /// Where set, the slopes times the key's position are rounded to bf16 and multiplied by this, as one reference does it.
    package var roundedSlopeScale: Float?

    /// Makes a shape; the default scale is 1 / sqrt(headSize).
    package init(
        heads: Int, keyValueHeads: Int, headSize: Int, valueSize: Int? = nil, scale: Float? = nil, window: Int? = nil,
        softCap: Float? = nil
    ) {
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headSize = headSize
        self.valueSize = valueSize ?? headSize
        self.scale = scale ?? 1 / Float(headSize).squareRoot()
        self.window = window
        self.softCap = softCap
    }

    /// The distance beyond which so many biases by distance do not change.
    func distanceReach(_ biases: Int) -> Int { biases / max(heads, 1) / 2 }
}

/// Queries once more, turned for keys beyond the attention's window, which count in the same softmax.
///
/// With them the cache holds keys as they are, and they are turned when they are read.
package struct FarQueries<Activations> {
    /// The queries as they see keys beyond the window.
    package var queries: Activations
    /// Only positions below this one are seen beyond the window; nil for all.
    package var limit: Int?
    /// The angle by which one step turns each pair of channels.
    package var inverseFrequencies: [Float]
    /// Which channels form a pair.
    package var layout: RotaryLayout
    /// Positions of keys beyond the window are divided by this, rounded down; 0 leaves those keys unturned.
    package var farDivisor: Int

    /// Collects them.
    package init(
        queries: Activations, limit: Int?, inverseFrequencies: [Float], layout: RotaryLayout, farDivisor: Int
    ) {
        self.queries = queries
        self.limit = limit
        self.inverseFrequencies = inverseFrequencies
        self.layout = layout
        self.farDivisor = farDivisor
    }
}

/// What queries and keys themselves add to their product by the bucket of their distance (He et al. 2021).
package struct BucketScores<Activations> {
    /// Of each query, `[tokens, heads * count]`; nil for nothing.
    package var ofQueries: Activations?
    /// Of each key, `[tokens, heads * count]`; nil for nothing.
    package var ofKeys: Activations?
    /// The buckets of a head.
    package var count: Int
    /// The bucket of each distance, key position - query position, from -reach to reach; those farther away have that of
    /// the farthest, `[2 * reach + 1]`.
    package var buckets: [Int32]

    var reach: Int { buckets.count / 2 }

    /// Collects them.
    package init(ofQueries: Activations?, ofKeys: Activations?, count: Int, buckets: [Int32]) {
        (self.ofQueries, self.ofKeys, self.count, self.buckets) = (ofQueries, ofKeys, count, buckets)
    }
}
