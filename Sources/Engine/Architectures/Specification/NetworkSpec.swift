import Platform
package import Tensors

/// What a network consists of: the value that a family's file builds and the forward pass interprets.
package struct NetworkSpec: Sendable, Hashable {
    /// The number of tokens it knows.
    package var vocabularySize: Int
    /// The width of the residual stream.
    package var hiddenSize: Int
    /// The positions the model was trained for.
    package var contextLength: Int
    /// From tokens to the stream.
    package var embedding = EmbeddingSpec()
    /// A vector of each token for every block; nil for none.
    package var layerEmbedding: LayerEmbeddingSpec?
    /// Streams beside the one that blocks compute with; nil for none.
    package var alternatingUpdate: AlternatingUpdateSpec?
    /// The blocks in order.
    package var layers: [LayerSpec]
    /// The normalization after the blocks.
    package var finalNorm: NormSpec?
    /// From the stream to logits; nil for encoders.
    package var output: OutputSpec?
    /// What reads the source text, which the blocks see; nil for networks that continue texts.
    package var source: SourceSpec?

    package init(
        vocabularySize: Int, hiddenSize: Int, contextLength: Int, layers: [LayerSpec], finalNorm: NormSpec?,
        output: OutputSpec? = OutputSpec()
    ) {
        self.vocabularySize = vocabularySize
        self.hiddenSize = hiddenSize
        self.contextLength = contextLength
        self.layers = layers
        self.finalNorm = finalNorm
        self.output = output
    }
}

/// The encoder of a network that answers a source text (Vaswani et al. 2017): blocks as wide as the network's own, which see
/// both ways. Its vectors of tokens are the network's.
package struct SourceSpec: Sendable, Hashable {
    /// From tokens to the stream.
    package var embedding: EmbeddingSpec
    /// The blocks in order. What they keep lies where the network's first block will: heads are as many and as wide as its.
    package var layers: [LayerSpec]
    /// The normalization after the blocks.
    package var finalNorm: NormSpec?
    /// The most tokens of a source text; nil for no limit of its own.
    package var contextLength: Int?
    /// The most tokens of an answer, those that it begins with included; nil for no limit of its own.
    package var answerLength: Int?

    package init(
        embedding: EmbeddingSpec, layers: [LayerSpec], finalNorm: NormSpec?, contextLength: Int?,
        answerLength: Int? = nil
    ) {
        (self.embedding, self.layers, self.finalNorm) = (embedding, layers, finalNorm)
        (self.contextLength, self.answerLength) = (contextLength, answerLength)
    }
}

/// From tokens to the stream.
package struct EmbeddingSpec: Sendable, Hashable {
    /// The width of the table's rows where it differs from the stream's; a matrix leads from one to the other.
    package var size: Int?
    /// Whether that matrix, which has a bias then, comes after everything that is added and normalized.
    package var projectsLast = false
    /// Factor of the rows.
    package var scale: Float = 1
    /// Learned positions, a row of which is added; nil for none.
    package var positions: LearnedPositions?
    /// Sines and cosines of positions, which are added; nil for none.
    package var sinusoids: SinusoidSpec?
    /// The number of token types, each with a row that is added; 0 for none.
    package var tokenTypes = 0
    /// Normalization of the sum.
    package var norm: NormSpec?

    /// Rows as wide as the stream, nothing added.
    package init() {}
}

/// A table with a row for each position.
package struct LearnedPositions: Sendable, Hashable {
    /// The rows of the table.
    package var rows: Int
    /// The row that belongs to the first position.
    package var offset = 0

    package init(rows: Int, offset: Int = 0) {
        self.rows = rows
        self.offset = offset
    }
}

/// Sines of a position times frequencies from 1 down, then the cosines.
package struct SinusoidSpec: Sendable, Hashable {
    /// What is added to positions.
    package var offset = 0
    /// Whether the last frequency is 1/10000 itself (tensor2tensor), and not the one before it (Vaswani et al. 2017).
    package var reachesLast = false

    /// The values of a position, `[width]`; an odd width has a 0 at its end.
    func values(at position: Int, width: Int) -> [Float] {
        let pairs = width / 2
        let steps = Double(max(reachesLast ? pairs - 1 : pairs, 1))
        let angles = (0..<pairs).map { Double(position + offset) * pow(10_000, -Double($0) / steps) }
        let values = angles.map { Float(sin($0)) } + angles.map { Float(cos($0)) }
        return values + [Float](repeating: 0, count: width - 2 * pairs)
    }
}

/// From the stream to logits.
package struct OutputSpec: Sendable, Hashable {
    /// Whether the output matrix is the embedding.
    package var sharesEmbedding = false
    /// Whether the output matrix has a bias.
    package var hasBias = false
    /// Whether each row of the output matrix is brought to a length of 1.
    package var hasUnitRows = false
    /// Factor of the logits.
    package var scale: Float = 1
    /// Logits become cap * tanh(logit / cap), after the scaling; nil for none.
    package var softCap: Float?

    /// A matrix of its own without a bias.
    package init(sharesEmbedding: Bool = false, hasBias: Bool = false) {
        self.sharesEmbedding = sharesEmbedding
        self.hasBias = hasBias
    }
}

/// One block: a mixer of positions and a feed-forward network, each added to the stream.
package struct LayerSpec: Sendable, Hashable {
    /// What is added where, and normalized when.
    package enum Wiring: Sendable, Hashable {
        /// Mixer and then network, each after a normalization (Radford et al. 2019).
        case sequential
        /// Mixer and network side by side on the same stream (Wang & Komatsuzaki 2021). Without a norm of its own the
        /// network reads what the mixer reads.
        case parallel
        /// Each sum is normalized after the addition (Vaswani et al. 2017).
        case normalizedSums
        /// The stream is normalized before each part, which then adds to that; with factors of mixer and network.
        case normalizedStream(mixer: SumFactors = SumFactors(), network: SumFactors = SumFactors())
    }

    /// Factors of a sum.
    package struct SumFactors: Sendable, Hashable {
        /// Of what there was.
        package var stream: Float = 1
        /// Of what is added.
        package var part: Float = 1

        package init(stream: Float = 1, part: Float = 1) { (self.stream, self.part) = (stream, part) }
    }

    /// What lets positions see each other.
    package var mixer: MixerSpec
    /// Normalization of the mixer's input, or of the sum.
    package var mixerNorm: NormSpec?
    /// Normalization of the mixer's output before it is added.
    package var mixerOutputNorm: NormSpec?
    /// Attention to the source text, after the mixer; nil for none.
    package var sourceAttention: SourceAttentionSpec?
    /// Normalization of that attention's input, or of the sum.
    package var sourceNorm: NormSpec?
    /// The feed-forward network; nil for none.
    package var feedForward: FeedForwardSpec?
    /// Normalization of the network's input, or of the sum.
    package var feedForwardNorm: NormSpec?
    /// Normalization of the network's output before it is added.
    package var feedForwardOutputNorm: NormSpec?
    /// What is added where.
    package var wiring = Wiring.sequential
    /// Factor of what is added to the stream.
    package var residualScale: Float = 1
    /// What else is added with the mixer; nil for nothing.
    package var learnedResidual: LearnedResidualSpec?
    /// Whether the file has a factor for the stream behind the block.
    package var hasStreamScale = false
    /// Which of the file's layers has the weights; several blocks may share one. Nil is the block's own number.
    package var fileLayer: Int?
    /// Which of the file's layers has the network's weights, where it is another.
    package var networkFileLayer: Int?

    package init(
        mixer: MixerSpec, mixerNorm: NormSpec?, feedForward: FeedForwardSpec?, feedForwardNorm: NormSpec?
    ) {
        self.mixer = mixer
        self.mixerNorm = mixerNorm
        self.feedForward = feedForward
        self.feedForwardNorm = feedForwardNorm
    }
}

extension LayerSpec {
    /// The same block in an encoder of source texts.
    var asSource: LayerSpec {
        var layer = self
        if case .attention(var attention) = mixer {
            attention.shape.isCausal = false
            layer.mixer = .attention(attention)
        }
        (layer.sourceAttention, layer.sourceNorm) = (nil, nil)
        return layer
    }
}

/// How rows are normalized.
package struct NormSpec: Sendable, Hashable {
    /// What is brought to 1.
    package var kind: Normalization
    /// What is added under the root.
    package var epsilon: Float
    /// Whether there is a weight.
    package var hasWeight = true
    /// Whether there is a bias.
    package var hasBias: Bool
    /// What is added to the stored weight.
    package var weightOffset: Float = 0

    /// Division by the root mean square, times `weightOffset` + weight.
    package static func rms(epsilon: Float, weightOffset: Float = 0) -> NormSpec {
        var norm = NormSpec(kind: .rootMeanSquare, epsilon: epsilon, hasBias: false)
        norm.weightOffset = weightOffset
        return norm
    }

    /// Layer normalization.
    package static func layer(epsilon: Float, hasWeight: Bool = true, hasBias: Bool = true) -> NormSpec {
        var norm = NormSpec(kind: .deviation, epsilon: epsilon, hasBias: hasBias)
        norm.hasWeight = hasWeight
        return norm
    }
}
