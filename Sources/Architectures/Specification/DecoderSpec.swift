public import Tensors

/// What a decoder consists of: the value that a family's file builds and the forward pass interprets.
public struct DecoderSpec: Sendable, Hashable {
    /// Rows of the embedding, and logits per position.
    public var vocabularySize: Int
    /// The width of the residual stream.
    public var hiddenSize: Int
    /// The positions the model was trained for.
    public var contextLength: Int
    /// The blocks in order.
    public var layers: [LayerSpec]
    /// The normalization before the output matrix.
    public var finalNorm: NormSpec
    /// Whether the output matrix is the embedding.
    public var sharesEmbedding: Bool

    /// Makes a spec.
    public init(
        vocabularySize: Int, hiddenSize: Int, contextLength: Int, layers: [LayerSpec], finalNorm: NormSpec,
        sharesEmbedding: Bool
    ) {
        self.vocabularySize = vocabularySize
        self.hiddenSize = hiddenSize
        self.contextLength = contextLength
        self.layers = layers
        self.finalNorm = finalNorm
        self.sharesEmbedding = sharesEmbedding
    }
}

/// One block: a mixer of positions and a feed-forward network, each after a normalization and added to the stream.
public struct LayerSpec: Sendable, Hashable {
    /// Normalization before the mixer.
    public var mixerNorm: NormSpec
    /// What lets positions see each other.
    public var mixer: MixerSpec
    /// Normalization before the feed-forward network.
    public var feedForwardNorm: NormSpec
    /// The feed-forward network.
    public var feedForward: FeedForwardSpec

    /// Makes a block.
    public init(mixerNorm: NormSpec, mixer: MixerSpec, feedForwardNorm: NormSpec, feedForward: FeedForwardSpec) {
        self.mixerNorm = mixerNorm
        self.mixer = mixer
        self.feedForwardNorm = feedForwardNorm
        self.feedForward = feedForward
    }
}

/// How rows are normalized.
public enum NormSpec: Sendable, Hashable {
    /// Division by the root mean square, times a weight (Zhang & Sennrich 2019).
    case rms(epsilon: Float)
}

/// What lets positions see each other.
public enum MixerSpec: Sendable, Hashable {
    /// Softmax attention.
    case attention(AttentionSpec)
}

/// Softmax attention with grouped heads (Ainslie et al. 2023).
public struct AttentionSpec: Sendable, Hashable {
    /// Heads, scale and window.
    public var shape: AttentionShape
    /// Rotary positions.
    public var rotary: RotarySpec
    /// Whether query, key and value have biases.
    public var hasInputBias: Bool
    /// Whether the output has a bias.
    public var hasOutputBias: Bool

    /// Makes an attention layer.
    public init(shape: AttentionShape, rotary: RotarySpec, hasInputBias: Bool = false, hasOutputBias: Bool = false) {
        self.shape = shape
        self.rotary = rotary
        self.hasInputBias = hasInputBias
        self.hasOutputBias = hasOutputBias
    }
}

/// The feed-forward network of a block.
public enum FeedForwardSpec: Sendable, Hashable {
    /// down(silu(gate(x)) * up(x)) (Shazeer 2020).
    case gatedSiLU(intermediateSize: Int)
}
