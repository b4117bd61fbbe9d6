import CKernels

/// What a normalization brings to 1.
package enum Normalization: Sendable, Hashable {
    /// The root mean square (Zhang & Sennrich 2019).
    case rootMeanSquare
    /// The standard deviation, around a mean of 0 (Ba et al. 2016).
    case deviation
}

/// How rows are normalized, with the values that are learned for it.
package struct Norm<Vector> {
    /// What is brought to 1.
    package var kind: Normalization
    /// What is added under the root.
    package var epsilon: Float
    /// What the result is multiplied by; nil for nothing.
    package var weight: Vector?
    /// What is added to it then; nil for nothing.
    package var bias: Vector?

    package init(_ kind: Normalization, epsilon: Float, weight: Vector? = nil, bias: Vector? = nil) {
        self.kind = kind
        self.epsilon = epsilon
        self.weight = weight
        self.bias = bias
    }
}

/// A function of one value.
package enum Activation: Sendable, Hashable, CaseIterable {
    case identity, silu, gelu, geluTanh, geluQuick, relu, reluSquared, sigmoid, tanh, softplus

    var kernel: swiftlet_activation {
        switch self {
        case .identity: SWIFTLET_IDENTITY
        case .silu: SWIFTLET_SILU
        case .gelu: SWIFTLET_GELU
        case .geluTanh: SWIFTLET_GELU_TANH
        case .geluQuick: SWIFTLET_GELU_QUICK
        case .relu: SWIFTLET_RELU
        case .reluSquared: SWIFTLET_RELU_SQUARED
        case .sigmoid: SWIFTLET_SIGMOID
        case .tanh: SWIFTLET_TANH
        case .softplus: SWIFTLET_SOFTPLUS
        }
    }
}

/// A change of values with one parameter.
package enum ValueFunction: Sendable, Hashable {
    /// value x factor.
    case scale(Float)
    /// The nearest value within -limit...limit.
    case clamp(Float)
    /// cap x tanh(value / cap).
    case softCap(Float)
    /// value + addend.
    case add(Float)
    /// The value, or the limit where it is larger.
    case limit(Float)
    /// The value, or the limit where it is smaller.
    case atLeast(Float)
    /// What xIELU (arXiv:2411.13010) makes of a value with its three numbers: `positive` x^2 + `slope` x above 0, below it
    /// `negative` (e^x - 1 - x) + `slope` x.
    case xielu(positive: Float, negative: Float, slope: Float)
}

/// Which channels of a head form a pair that is rotated together.
package enum RotaryLayout: Sendable, Hashable {
    /// Channels i and i + half: most of Hugging Face's files.
    case halves
    /// Channels 2i and 2i + 1: the original definition, and many GGUF files.
    case adjacent
}

/// A low-rank change of a matrix: `up` x `down` is added to it (Hu et al. 2021).
package struct LowRankUpdate {
    /// `[rank, inputs]`.
    package var down: MatrixSource
    /// `[outputs, rank]`.
    package var up: MatrixSource
    /// The factor of the product.
    package var scale: Float

    package init(down: MatrixSource, up: MatrixSource, scale: Float) {
        self.down = down
        self.up = up
        self.scale = scale
    }

    /// The change of some of the outputs.
    package func rows(_ ranges: [Range<Int>]) -> LowRankUpdate {
        LowRankUpdate(down: down, up: up.rows(ranges), scale: scale)
    }
}

/// One recurrent state of a layer.
package struct StateReference: Sendable, Hashable {
    package var layer: Int
    /// Which of the layer's states.
    package var index: Int

    /// Names a state.
    package init(layer: Int, index: Int) {
        self.layer = layer
        self.index = index
    }
}

/// Consecutive rows of a batch that continue one sequence.
package struct BatchSpan<Cache> {
    /// The rows within the batch.
    package var rows: Range<Int>
    /// The position of the first row.
    package var firstPosition: Int
    /// The sequence's memory.
    package var cache: Cache
    /// The length that rotary frequencies which depend on it are made for; the end of the rows if nil. It must stay the
    /// same while a cache is in use.
    package var rotaryLength: Int?
    /// What is added to the scores of keys in every attention, by their positions; to none behind. It must stay the same while a
    /// cache is in use.
    package var keyBiases: [Float]?
    /// How many of the first positions belong to a source text: what an encoder reads, and the answer only through it.
    package var sourceCount = 0

    package init(
        rows: Range<Int>, firstPosition: Int, cache: Cache, rotaryLength: Int? = nil, keyBiases: [Float]? = nil
    ) {
        self.rows = rows
        self.firstPosition = firstPosition
        self.cache = cache
        self.rotaryLength = rotaryLength
        self.keyBiases = keyBiases
    }

    package var positions: Range<Int> { firstPosition..<firstPosition + rows.count }

    /// The positions of the rows within their own text: those of an answer begin at 0 behind its source.
    package var textPositions: Range<Int> { firstPosition - sourceCount..<firstPosition - sourceCount + rows.count }
}
