import CKernels

/// What a normalization brings to 1.
public enum Normalization: Sendable, Hashable {
    /// The root mean square (Zhang & Sennrich 2019).
    case rootMeanSquare
    /// The standard deviation, around a mean of 0 (Ba et al. 2016).
    case deviation
}

/// How rows are normalized, with the values that are learned for it.
public struct Norm<Vector> {
    /// What is brought to 1.
    public var kind: Normalization
    /// What is added under the root.
    public var epsilon: Float
    /// What the result is multiplied by; nil for nothing.
    public var weight: Vector?
    /// What is added to it then; nil for nothing.
    public var bias: Vector?

    /// Makes a normalization.
    public init(_ kind: Normalization, epsilon: Float, weight: Vector? = nil, bias: Vector? = nil) {
        self.kind = kind
        self.epsilon = epsilon
        self.weight = weight
        self.bias = bias
    }
}

/// A function of one value.
public enum Activation: Sendable, Hashable, CaseIterable {
    case identity, silu, gelu, geluTanh, relu, reluSquared, sigmoid, tanh, softplus

    var kernel: swiftlet_activation {
        switch self {
        case .identity: SWIFTLET_IDENTITY
        case .silu: SWIFTLET_SILU
        case .gelu: SWIFTLET_GELU
        case .geluTanh: SWIFTLET_GELU_TANH
        case .relu: SWIFTLET_RELU
        case .reluSquared: SWIFTLET_RELU_SQUARED
        case .sigmoid: SWIFTLET_SIGMOID
        case .tanh: SWIFTLET_TANH
        case .softplus: SWIFTLET_SOFTPLUS
        }
    }
}

/// A change of values with one parameter.
public enum ValueFunction: Sendable, Hashable {
    /// value x factor.
    case scale(Float)
    /// The nearest value within -limit...limit.
    case clamp(Float)
    /// cap x tanh(value / cap).
    case softCap(Float)
}

/// Which channels of a head form a pair that is rotated together.
public enum RotaryLayout: Sendable, Hashable {
    /// Channels i and i + half: most of Hugging Face's files.
    case halves
    /// Channels 2i and 2i + 1: the original definition, and many GGUF files.
    case adjacent
}

/// A low-rank change of a matrix: `up` x `down` is added to it (Hu et al. 2021).
public struct LowRankUpdate {
    /// `[rank, inputs]`.
    public var down: MatrixSource
    /// `[outputs, rank]`.
    public var up: MatrixSource
    /// The factor of the product.
    public var scale: Float

    /// Makes an update.
    public init(down: MatrixSource, up: MatrixSource, scale: Float) {
        self.down = down
        self.up = up
        self.scale = scale
    }

    /// The change of some of the outputs.
    public func rows(_ ranges: [Range<Int>]) -> LowRankUpdate {
        LowRankUpdate(down: down, up: up.rows(ranges), scale: scale)
    }
}

/// One recurrent state of a layer.
public struct StateReference: Sendable, Hashable {
    /// The layer.
    public var layer: Int
    /// Which of the layer's states.
    public var index: Int

    /// Names a state.
    public init(layer: Int, index: Int) {
        self.layer = layer
        self.index = index
    }
}

/// Consecutive rows of a batch that continue one sequence.
public struct BatchSpan<Cache> {
    /// The rows within the batch.
    public var rows: Range<Int>
    /// The position of the first row.
    public var firstPosition: Int
    /// The sequence's memory.
    public var cache: Cache
    /// The length that rotary frequencies which depend on it are made for; the end of the rows if nil. It must stay the
    /// same while a cache is in use.
    public var rotaryLength: Int?

    /// Makes a span.
    public init(rows: Range<Int>, firstPosition: Int, cache: Cache, rotaryLength: Int? = nil) {
        self.rows = rows
        self.firstPosition = firstPosition
        self.cache = cache
        self.rotaryLength = rotaryLength
    }

    /// The positions of the rows.
    public var positions: Range<Int> { firstPosition..<firstPosition + rows.count }
}
