import Tensors

/// The parameters of a network, in the forms that the operations want.
struct NetworkWeights<Ops: ParameterMaker> {
    /// `[vocabularySize, size]`; only the rows of tokens in use are read.
    var embedding: Ops.Table
    /// From the embedding's width to the stream's.
    var embeddingProjection: Ops.Matrix?
    /// Learned positions, `[rows, size]`.
    var positions: Ops.Table?
    /// Token types, `[types, size]`.
    var tokenTypes: Ops.Table?
    var embeddingNorm: Norm<Ops.Vector>?
    /// What reads source texts.
    var source: Source?
    var layerEmbeddings: LayerEmbeddings<Ops>?
    var streams: AlternatingStreams<Ops>?
    /// The blocks.
    var layers: [Layer]
    var finalNorm: Norm<Ops.Vector>?
    /// From the stream's width to the embedding's.
    var outputProjection: Ops.Matrix?
    /// From the stream to logits, `[vocabularySize, hiddenSize]`.
    var output: Ops.Matrix?
    /// Factors that divide the rotary frequencies, `[dimensions / 2]`, where the file brings them.
    var rotaryDivisors: [Float]?

    /// The encoder of source texts.
    struct Source {
        var positions: Ops.Table?
        var embeddingNorm: Norm<Ops.Vector>?
        var layers: [Layer]
        var finalNorm: Norm<Ops.Vector>?
    }

    /// One block.
    struct Layer {
        var spec: LayerSpec
        /// How many of the layer's states are the mixer's; those of the network follow.
        var mixerStates: Int
        var mixerNorm: Norm<Ops.Vector>?
        var mixer: Mixer<Ops>
        var mixerOutputNorm: Norm<Ops.Vector>?
        var sourceNorm: Norm<Ops.Vector>?
        var sourceAttention: SourceAttention<Ops>?
        var feedForwardNorm: Norm<Ops.Vector>?
        var feedForward: FeedForward<Ops>?
        var feedForwardOutputNorm: Norm<Ops.Vector>?
        var learnedResidual: LearnedResidual<Ops>?
        var alternatingUpdate: AlternatingUpdate<Ops>?
        var layerEmbedding: LayerEmbeddingGate<Ops>?
        var streamScale: Float?
    }
}
