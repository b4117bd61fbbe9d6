package import Tensors

extension NetworkSpec {
    /// What each block keeps of a sequence: its mixer's keys, values and states, and after them its network's states.
    package var cacheLayers: [CacheLayout.Layer] {
        layers.map { layer in
            var kept = layer.mixer.kind.cacheLayer(hiddenSize: hiddenSize)
            kept.states += layer.feedForward?.states(hiddenSize: hiddenSize) ?? []
            return kept
        }
    }

    /// Whether some blocks read keys and values of earlier ones, which must be kept for them then.
    package var sharesKeys: Bool {
        layers.contains { layer in
            if case .attention(let attention) = layer.mixer { attention.sharedLayer != nil } else { false }
        }
    }

    /// The query heads of the first block with attention.
    package var queryHeads: Int? { layers.lazy.compactMap { $0.mixer.kind.queryHeads }.first }

    /// The longest length that has the same rotary frequencies as `length`; nil where they do not depend on it.
    package func canonicalLength(_ length: Int) -> Int? {
        layers.compactMap { $0.mixer.rotary?.scaling.canonicalLength(length) }.max()
    }

    /// The length to make rotary frequencies for when a text of `length` positions is continued, the same however far; nil
    /// where they do not depend on it.
    package func reservedLength(_ length: Int) -> Int? {
        layers.compactMap { $0.mixer.rotary?.scaling.reservedLength(length) }.max()
    }
}

extension CacheLayout.Attention {
    /// Keys and values of an attention's shape, of which those within `window` are seen.
    init(_ shape: AttentionShape, window: Int?) {
        self.init(
            heads: shape.keyValueHeads, keySize: shape.headSize, valueSize: shape.valueSize, window: window)
    }
}
