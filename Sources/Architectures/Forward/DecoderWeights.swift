public import Tensors

/// The weights of a decoder, in the form that the operations want.
public struct DecoderWeights<Matrix> {
    /// The embedding as the file holds it, `[vocabularySize, hiddenSize]`; only the rows of tokens in use are read.
    public var embedding: MatrixSource
    /// The blocks.
    public var layers: [Layer]
    /// The weight of the last normalization, `[hiddenSize]`.
    public var finalNorm: [Float]
    /// From the stream to logits, `[vocabularySize, hiddenSize]`.
    public var output: Matrix
    /// Factors that divide the rotary frequencies, `[dimensions / 2]`, where the file brings them.
    public var rotaryDivisors: [Float]?

    /// The weights of one block.
    public struct Layer {
        /// `[hiddenSize]`.
        public var mixerNorm: [Float]
        /// The mixer's matrices.
        public var mixer: Mixer
        /// `[hiddenSize]`.
        public var feedForwardNorm: [Float]
        /// The network's matrices.
        public var feedForward: FeedForward
    }

    /// The matrices of a mixer.
    public enum Mixer {
        /// Softmax attention: `[heads * headSize, hiddenSize]` and so on.
        case attention(query: Matrix, key: Matrix, value: Matrix, output: Matrix)
    }

    /// The matrices of a feed-forward network.
    public enum FeedForward {
        /// Gate and up `[intermediateSize, hiddenSize]`, down the other way.
        case gated(gate: Matrix, up: Matrix, down: Matrix)
    }
}
