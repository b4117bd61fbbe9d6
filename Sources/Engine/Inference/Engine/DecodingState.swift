import Constraints
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

    private var alternatives: Int?
    private let visibleMarks: [String]
    private let ending: Set<Int32>
    private var sampler: Sampler
    private var decoder: StreamDecoder
    private var stops: StopMatcher
    private var constrained: ConstrainedText?
    private var healed: HealedPrefix?
    /// Bytes of text that the prompt has already.
    private var repeatedBytes: Int
    private let ignoresEnd: Bool
    /// How many tokens must still come before the answer may end.
    private var missingTokens: Int
    /// The answer's text so far, where a stop string may end it only if it is complete.
    private var written = ""
    /// The stop string that ended the answer.
    var stopString: String? { stops.found }

    init(_ request: GenerationRequest, tokenizer: Tokenizer) {
        alternatives = request.logProbabilities
        ignoresEnd = request.ignoresEndOfGeneration
        constrained = request.constraint.map { ConstrainedText($0, healing: request.healing) }
        healed = constrained == nil ? request.healing : nil
        repeatedBytes = request.healing?.rest.count ?? 0
        ending = request.ignoresEndOfGeneration && request.constraint == nil ? [] : Set(tokenizer.endOfGenerationTokens)
        let breakers = request.sampling.dryBreakers.map { Array($0.utf8) }.filter { !$0.isEmpty }
        sampler = Sampler(request.sampling) { token in
            let bytes = tokenizer.bytes(of: token)
            return breakers.contains { bytes.firstRange(of: $0) != nil }
        }
        visibleMarks = request.visibleMarks
        missingTokens = request.sampling.minimumTokens
        decoder = tokenizer.makeStreamDecoder(showing: tokenizer.specialTokens(in: request.visibleMarks))
        stops = StopMatcher(request.stopStrings)
        // What is said again does not begin the text: a first space is part of it.
        if repeatedBytes > 0, let last = request.prompt.last { _ = decoder.append(last) }
    }

    /// Chooses the token that follows `history`. Scores are those of the model: they are taken before anything changes the
    /// logits in place. A constraint forbids tokens between the two.
    ///
    /// - Parameter proposal: what another model's guess of this token was drawn from; see `Sampler.sample`.
    /// - Throws: if the constraint cannot be followed any further.
    mutating func next(
        _ logits: UnsafeMutableBufferPointer<Float>, history: [Int32], proposal: Proposal? = nil
    ) throws(ConstraintError) -> Choice {
        let original = alternatives == nil ? [] : Array(logits)
        try restrict(logits)
        let id = sampler.sample(logits, history: history, proposal: proposal)
        let score = alternatives.map { count in
            original.withUnsafeBufferPointer { TokenScore(id, of: $0, alternatives: count) }
        }
        return try take(id, score)
    }

    /// Makes tokens impossible that may not come next.
    private mutating func restrict(_ logits: UnsafeMutableBufferPointer<Float>) throws(ConstraintError) {
        healed?.restrict(logits)
        try constrained?.restrict(logits, continues: ignoresEnd || missingTokens > 0)
        guard missingTokens > 0 else { return }
        missingTokens -= 1
        if constrained == nil {
            for token in ending where logits.indices.contains(Int(token)) { logits[Int(token)] = -.infinity }
        }
    }

    private mutating func take(_ id: Int32, _ score: TokenScore?) throws(ConstraintError) -> Choice {
        if ending.contains(id) { return Choice(id: id, text: "", score: score, isEnd: true, isStopped: false) }
        try constrained?.take(id)
        _ = healed?.take(id)
        if healed?.isOver ?? false { healed = nil }
        let (text, isStopped) = try stop(withoutRepetition(decoder.append(id)))
        // Nothing may follow: the model need not be asked.
        let isOver = constrained?.isOver ?? false
        return Choice(id: id, text: text, score: score, isEnd: isStopped || isOver, isStopped: isStopped)
    }

    /// The state that guesses tokens by another model's logits, under all that holds for those that are chosen.
    func guessing() -> DecodingState {
        var state = self
        (state.alternatives, state.sampler) = (nil, sampler.proposing())
        return state
    }

    /// Guesses the token that follows `history`; nil if even the likeliest one is less probable than `least`. Which one would
    /// have been guessed has no say in that, or others would be guessed too often.
    mutating func guess(
        _ logits: UnsafeMutableBufferPointer<Float>, history: [Int32], least: Float
    ) throws(ConstraintError) -> (proposal: Proposal, isEnd: Bool)? {
        try restrict(logits)
        guard least <= 0 || Sampler.confidence(UnsafeBufferPointer(logits)) >= least else { return nil }
        let proposal = sampler.propose(logits, history: history)
        return (proposal, try take(proposal.id, nil).isEnd)
    }

    /// Whether tokens are drawn as if nothing had been guessed: guesses are compared with them.
    var isRepeatable: Bool { sampler.isRepeatable }

    /// A piece of text without what the prompt has already.
    private mutating func withoutRepetition(_ piece: String) -> String {
        guard repeatedBytes > 0 else { return piece }
        let count = min(repeatedBytes, piece.utf8.count)
        repeatedBytes -= count
        return String(decoding: piece.utf8.dropFirst(count), as: UTF8.self)
    }

    /// What is certain with `piece`, and whether a stop string ends the answer. It does not where the constraint wants more.
    private mutating func stop(_ piece: String) throws(ConstraintError) -> (text: String, isStopped: Bool) {
        var tried = stops
        var (text, isStopped) = tried.append(piece)
        if isStopped, let constrained, try !constrained.isComplete(written + text) {
            text = stops.finish() + piece
            isStopped = false
        } else {
            stops = tried
        }
        if constrained != nil, stops.isActive { written += text }
        return (text, isStopped)
    }

    /// What was held back, and what completes an answer that its limit cut; nil if nothing does.
    mutating func close() -> String? {
        guard let closing = constrained?.closing(showing: visibleMarks) else { return nil }
        return stops.finish() + decoder.finish(appending: closing)
    }

    /// What was held back, and whether a stop string ended it after all.
    mutating func finish() -> (text: String, isStopped: Bool) {
        // Only incomplete characters are held back, which no constraint lets an answer end with.
        let (text, isStopped) = stops.append(decoder.finish())
        return isStopped ? (text, true) : (text + stops.finish(), false)
    }
}

extension TokenScore {
    /// The score of a token, and so many likelier ones, in its place.
    init(_ id: Int32, of logits: UnsafeBufferPointer<Float>, alternatives: Int) {
        let total = Logits.logSumExp(logits)
        self.init(
            id: id, logProbability: logits[Int(id)] - total,
            alternatives: Sampler.mostLikely(alternatives, of: logits)
                .map { Alternative(id: $0.id, logProbability: $0.logProbability) },
            rank: logits.reduce(0) { $0 + ($1 >= logits[Int(id)] ? 1 : 0) },
            entropy: Sampler.entropy(of: logits, logTotal: total))
    }
}
