public import Tensors

/// The weights of a network, in the form that the operations want.
public struct NetworkWeights<Matrix> {
    /// The embedding as the file holds it, `[vocabularySize, size]`; only the rows of tokens in use are read.
    public var embedding: MatrixSource
    /// From the embedding's width to the stream's.
    public var embeddingProjection: Matrix?
    /// Learned positions, `[rows, size]`.
    public var positions: MatrixSource?
    /// Token types, `[types, size]`.
    public var tokenTypes: MatrixSource?
    /// Of the embedding.
    public var embeddingNorm: NormWeights
    /// The blocks.
    public var layers: [Layer]
    /// Of the last normalization.
    public var finalNorm: NormWeights
    /// From the stream's width to the embedding's.
    public var outputProjection: Matrix?
    /// From the stream to logits, `[vocabularySize, hiddenSize]`.
    public var output: Matrix?
    /// Factors that divide the rotary frequencies, `[dimensions / 2]`, where the file brings them.
    public var rotaryDivisors: [Float]?

    /// What is added to scores for each bucket of distances and each head, `[buckets, heads]`; or empty.
    public var distanceBias: [Float] = []

    /// The weights of one block.
    public struct Layer {
        var mixerNorm: NormWeights
        var mixer: Mixer
        var mixerOutputNorm: NormWeights
        var feedForwardNorm: NormWeights
        var feedForward: FeedForward?
        var feedForwardOutputNorm: NormWeights
    }

    /// The weights of a mixer.
    enum Mixer {
        case attention(Attention)
        case latentAttention(LatentAttention)
        case attentionMixture(AttentionMixture)
        case selectiveScan(SelectiveScan)
        case fadingAverage(FadingAverage)
        case matrixRecurrence(MatrixRecurrence)
    }

    /// `[heads * headSize, hiddenSize]` and so on.
    struct Attention {
        var query, key, value, output: Matrix
        var queryNorm, keyNorm: NormWeights
    }

    struct LatentAttention {
        /// To the queries' vector, and from it to the queries; without such a vector only the second.
        var queryDown: Matrix?
        var queryUp: Matrix
        var queryNorm: NormWeights
        /// To the keys' and values' vector and to the rotated channels of the keys.
        var latent, rotatedKey: Matrix
        var latentNorm: NormWeights
        var key, value, output: Matrix
    }

    struct AttentionMixture {
        var router: Matrix
        /// One of each per expert.
        var queries, outputs: [Matrix]
        var key, value: Matrix
        var outputBias: [Float]
    }

    struct SelectiveScan {
        var value, gate: Matrix
        /// `[width, innerSize]`.
        var convolution: [Float]
        var convolutionBias: [Float]
        var stepDown, input, output, step: Matrix
        var stepNorm, inputNorm, outputNorm: NormWeights
        /// `[stateSize, innerSize]`.
        var rates: [Float]
        var skip: [Float]
        var result: Matrix
    }

    struct FadingAverage {
        var key, value, receptance, output: Matrix
        var keyMix, valueMix, receptanceMix: [Float]
        var fading, bonus: [Float]
    }

    struct MatrixRecurrence {
        var key, value, receptance, gate, output: Matrix
        var keyMix, valueMix, receptanceMix, gateMix: [Float]
        var decay, bonus: [Float]
        var norm: NormWeights
    }

    /// The weights of a feed-forward network.
    enum FeedForward {
        case dense(Dense)
        case mixture(Mixture)
        case channelMix(ChannelMix)
    }

    /// Gate and up `[size, hiddenSize]`, down the other way.
    struct Dense {
        var gate: Matrix?
        var up, down: Matrix
    }

    struct Mixture {
        var router: Matrix
        var experts: [Dense]
        var shared: Dense?
        var sharedGate: Matrix?
        /// `[hiddenSize]`, zero where there is none.
        var bias: [Float]
    }

    struct ChannelMix {
        var key, value, receptance: Matrix
        var keyMix, receptanceMix: [Float]
    }
}

/// The weights of a normalization; empty where it has none.
public struct NormWeights: Sendable {
    var weight: [Float] = []
    var bias: [Float] = []
}
