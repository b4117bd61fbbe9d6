import Decoding
import Tensors
import Tokenization

/// What turns logits into a token, and tokens into text: sampler, detokenizer, stop strings.
struct DecodingState {
    /// A chosen token.
    struct Choice {
        var id: Int32
        /// The text that became certain with it.
        var text: String
        var score: TokenScore?
        /// Whether the model or a stop string ends the answer.
        var isEnd: Bool
        /// Whether nothing is held back for the end.
        var isStopped: Bool
    }

    private let alternatives: Int?
    private let ending: Set<Int32>
    private var sampler: Sampler
    private var decoder: StreamDecoder
    private var stops: StopMatcher

    init(_ request: GenerationRequest, tokenizer: Tokenizer) {
        alternatives = request.logProbabilities
        ending = request.ignoresEndOfGeneration ? [] : Set(tokenizer.endOfGenerationTokens)
        sampler = Sampler(request.sampling)
        decoder = tokenizer.makeStreamDecoder()
        stops = StopMatcher(request.stopStrings)
    }

    /// Chooses the token that follows `history`. Scores are those of the model: they are taken before anything changes the
    /// logits in place. What forbids tokens would do so between the two.
    mutating func next(_ logits: UnsafeMutableBufferPointer<Float>, history: [Int32]) -> Choice {
        let original = alternatives == nil ? [] : Array(logits)
        let id = sampler.sample(logits, history: history)
        let score = alternatives.map { count in
            original.withUnsafeBufferPointer { TokenScore(id, of: $0, alternatives: count) }
        }
        if ending.contains(id) { return Choice(id: id, text: "", score: score, isEnd: true, isStopped: false) }
        let (text, isStopped) = stops.append(decoder.append(id))
        return Choice(id: id, text: text, score: score, isEnd: isStopped, isStopped: isStopped)
    }

    /// What was held back, and whether a stop string ended it after all.
    mutating func finish() -> (text: String, isStopped: Bool) {
        let (text, isStopped) = stops.append(decoder.finish())
        return isStopped ? (text, true) : (text + stops.finish(), false)
    }
}

extension TokenScore {
    /// The score of a token, and so many likelier ones, in its place.
    init(_ id: Int32, of logits: UnsafeBufferPointer<Float>, alternatives: Int) {
        self.init(
            id: id, logProbability: logits[Int(id)] - Logits.logSumExp(logits),
            alternatives: Sampler.mostLikely(alternatives, of: logits)
                .map { Alternative(id: $0.id, logProbability: $0.logProbability) },
            rank: logits.reduce(0) { $0 + ($1 >= logits[Int(id)] ? 1 : 0) })
    }
}
