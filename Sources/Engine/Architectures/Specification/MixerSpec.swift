public import Tensors

/// What lets positions see each other.
public enum MixerSpec: Sendable, Hashable {
    /// Softmax attention.
    case attention(AttentionSpec)
    /// Attention whose keys and values come from one small vector.
    case latentAttention(LatentAttentionSpec)
    /// Attention whose query heads are chosen token by token (Shen et al. 2024).
    case attentionMixture(AttentionSpec, RoutingSpec)
    /// A selective state space (Gu & Dao 2023).
    case selectiveScan(SelectiveScanSpec)
    /// An average of all values so far, by channel, with fading weights (Peng et al. 2023).
    case fadingAverage(size: Int)
    /// A recurrence with a matrix-valued state for each head (Peng et al. 2024).
    case matrixRecurrence(MatrixRecurrenceSpec)
}

/// Softmax attention with grouped heads (Ainslie et al. 2023).
public struct AttentionSpec: Sendable, Hashable {
    /// Heads, scale, window and what else scores depend on.
    public var shape: AttentionShape
    /// Rotary positions; nil for none.
    public var rotary: RotarySpec?
    /// Whether query, key and value have biases.
    public var hasInputBias = false
    /// Whether the output has a bias.
    public var hasOutputBias = false
    /// Normalization of queries and keys before their rotation.
    public var headNorm: HeadNormSpec?
    /// Queries, keys and values are clamped to within this.
    public var clip: Float?
    /// Queries at positions from here on are multiplied by log(position + 1) / log(this) (Su 2021).
    public var logarithmicScaleFrom: Int?
    /// How keys beyond the window are seen; nil for not at all.
    public var far: FarAttentionSpec?

    /// Makes an attention layer.
    public init(shape: AttentionShape, rotary: RotarySpec?) {
        self.shape = shape
        self.rotary = rotary
    }
}

/// Normalization of queries and keys.
public struct HeadNormSpec: Sendable, Hashable {
    /// What is normalized together, and how long the weights are.
    public enum Extent: Sendable, Hashable {
        /// Each head, all with the same weight `[headSize]`.
        case head
        /// Each head with a weight of its own, `[heads, headSize]`.
        case everyHead
        /// All heads together, `[heads * headSize]`.
        case row
    }

    /// How.
    public var norm: NormSpec
    /// What together.
    public var extent: Extent

    /// Makes a normalization.
    public init(_ norm: NormSpec, _ extent: Extent) {
        self.norm = norm
        self.extent = extent
    }
}

/// Attention modes that reach beyond the trained length without training.
public enum FarAttentionSpec: Sendable, Hashable {
    /// Positions beyond the window count in groups (SelfExtend, Jin et al. 2024).
    case grouped(size: Int)
    /// Only the first positions are seen beyond the window, all at the same distance (LM-Infinite, Han et al. 2024).
    case beginning(positions: Int, distance: Int)
}

/// Multi-head latent attention (arXiv:2405.04434).
public struct LatentAttentionSpec: Sendable, Hashable {
    /// Heads of `rotatedSize` + `plainSize` channels, values of another size.
    public var shape: AttentionShape
    /// Rotary positions of the rotated channels.
    public var rotary: RotarySpec
    /// Channels of a query or key that are rotated; a key's are the same for all heads.
    public var rotatedSize: Int
    /// The size of the vector that queries come from; nil if they come from the stream.
    public var queryRank: Int?
    /// The size of the vector that keys and values come from.
    public var keyValueRank: Int
    /// Normalization of both vectors.
    public var norm: NormSpec
    /// Whether the first and last matrices have biases.
    public var hasBias = false

    /// Channels of a query or key that are not rotated.
    public var plainSize: Int { shape.headSize - rotatedSize }
}

/// A selective state space.
public struct SelectiveScanSpec: Sendable, Hashable {
    /// Channels of the state space.
    public var innerSize: Int
    /// Entries of each channel's state.
    public var stateSize: Int
    /// Rows that the convolution sees.
    public var convolutionWidth: Int
    /// The size of the vector that step sizes come from.
    public var stepRank: Int
    /// Whether the convolution has a bias.
    public var hasConvolutionBias = true
    /// Whether the first and last matrices have biases.
    public var hasBias = false
    /// Normalization of what steps, inputs and outputs come from.
    public var innerNorm: NormSpec?
    /// Whether the file holds the fading rates themselves and not the logarithms of their negatives.
    public var storesRates = false
}

/// A recurrence with matrix-valued states.
public struct MatrixRecurrenceSpec: Sendable, Hashable {
    /// Heads.
    public var heads: Int
    /// Channels of a head.
    public var headSize: Int
    /// Normalization of each head's output, with weights `[heads * headSize]`.
    public var norm: NormSpec
}
