import Constraints
import Decoding
import Tensors

/// A request while the engine has it: its text, how tokens are chosen, and where events go. It is touched by one of the
/// engine's threads at a time.
final class ActiveRequest {
    let id: Int
    let request: GenerationRequest
    /// Where the events go; the engine ends it when the request's memory has been given back.
    let output: AnswerOutput
    /// What is added to attention's scores by the place of the key.
    let keyBiases: [Float]?
    var sequence: TextSequence
    /// What changes the model for this text.
    let adapters: [ChosenAdapter]
    /// Whether the request counts as waiting: it has not begun yet.
    var isQueued = true
    /// When it arrived, in seconds of the scheduler's clock.
    let arrival: Double
    /// Whether the text waits for pages that another one is about to compute.
    var isDeferred = false
    /// How many steps have had no room for its source text, which is read whole.
    var stepsWithoutRoom = 0
    /// Since when the text rests because nobody reads its events.
    var restingSince: ContinuousClock.Instant?
    private(set) var isFinished = false
    /// What went wrong.
    private(set) var failure: EngineError?
    /// What the answer took; nil while it goes on.
    private(set) var completion: Completion?
    private let modelName: String
    private let vocabularySize: Int
    private let contextLength: Int
    /// The prompt's tokens that were left out before.
    private let omitted: Int
    private var decoding: DecodingState
    private var lookup: PromptLookup
    /// The text as the draft model knows it.
    var draft = DraftText()
    private var (draftedTokens, acceptedTokens) = (0, 0)
    private var promptScores: [TokenScore] = []
    private var cachedTokens = 0
    private var start: ContinuousClock.Instant?
    private var promptEnd: ContinuousClock.Instant?

    init(
        _ entry: RequestQueue.Entry, traits: TextTraits, layout: CacheLayout, contextLength: Int, arrival: Double,
        lookupTokens: Int, isolatesClients: Bool = false
    ) {
        id = entry.id
        self.arrival = arrival
        self.contextLength = contextLength
        omitted = entry.omitted
        request = entry.request
        adapters = entry.adapters
        output = entry.output
        keyBiases = AttentionControl.biases(entry.request.attention)
        modelName = traits.name
        vocabularySize = traits.vocabularySize
        lookup = PromptLookup(limit: min(lookupTokens, entry.request.draftTokens ?? .max))
        decoding = DecodingState(entry.request, tokenizer: traits.tokenizer)
        let start = traits.answerStart.map { entry.request.answerStart ?? $0 }
        sequence = TextSequence(
            prompt: entry.request.prompt + (start ?? []), sourceCount: start == nil ? 0 : entry.request.prompt.count,
            lengthLimit: entry.request.lengthLimit(
                contextLength: contextLength, answerStart: start, answerLength: traits.answerLength),
            layout: layout, rotaryLengths: traits.rotaryLengths,
            scope: PrefixScope(entry.adapters, client: isolatesClients ? entry.request.client ?? "" : nil))
    }

    /// Whether the logits of each prompt token are wanted, not only those of the last.
    var wantsPromptLogits: Bool {
        request.scoresPrompt && promptEnd == nil && sequence.computed >= firstScoredRow
            && sequence.computed < request.prompt.count
    }

    /// The row whose logits score the first token that is scored.
    private var firstScoredRow: Int { max(0, request.firstScored - 1) }

    /// How many of so many rows to compute now: those whose logits are wanted begin a step of their own.
    func countUpToScores(_ count: Int) -> Int {
        guard request.scoresPrompt, sequence.computed < firstScoredRow else { return count }
        return min(count, firstScoredRow - sequence.computed)
    }

    /// Whether what it computes is what any text with the same beginning computes.
    var isShareable: Bool { keyBiases == nil && sequence.sourceCount == 0 }

    /// Whether a token has been generated.
    var hasBegun: Bool { sequence.length > sequence.givenCount }

    /// Takes memory, with what is known of the text's beginning.
    func begin(from known: SequenceCache.Snapshot?, meter: CacheMeter) {
        if start == nil { start = .now }
        let before = sequence.computed
        sequence.begin(from: known, meter: meter)
        if promptEnd == nil { cachedTokens += sequence.computed - before }
    }

    /// Takes the logits of the rows that were just computed: of all `count` rows if `wantsPromptLogits` held, else of the
    /// last one if nothing is pending any more.
    func advance(by count: Int, logits: [UnsafeMutableBufferPointer<Float>]) {
        if !sequence.draft.isEmpty { return verify(logits) }
        let first = sequence.computed
        let scoredPrompt = wantsPromptLogits
        sequence.advance(by: count)
        if scoredPrompt { score(logits, firstPosition: first) }
        guard sequence.pending.isEmpty, let last = logits.last else { return }
        guard Logits.areUsable(UnsafeBufferPointer(last)) else { return fail(.notFinite(model: modelName)) }
        if promptEnd == nil {
            promptEnd = .now
            output.put(.prompt(promptScores))
        }
        if sequence.length >= sequence.lengthLimit { return finish(.length) }
        generate(last)
    }

    /// How many tokens may be guessed.
    var guessRoom: Int { promptEnd == nil ? 0 : min(sequence.draftRoom, contextLength - sequence.tokens.count - 1) }

    /// Looks up to `rows` tokens up that may follow.
    func lookUp(rows: Int) {
        let room = min(rows, guessRoom)
        sequence.draft = room > 0 ? lookup.guess(after: sequence.tokens, room: room) : []
    }

    /// Wants up to `count` guesses of the draft model.
    func beginGuessing(_ count: Int, confidence: Float) { draft.begin(decoding, count: count, confidence: confidence) }

    /// Takes what the draft model has computed: the logits of the last row where a guess is wanted.
    func guess(by count: Int, logits: [UnsafeMutableBufferPointer<Float>]) {
        draft.advance(by: count)
        guard let logits = logits.last else { return }
        // Tokens that only the draft model has are none.
        draft.guess(UnsafeMutableBufferPointer(rebasing: logits.prefix(vocabularySize)))
    }

    /// Lets the draft model's guesses be computed.
    func takeGuesses() { if sequence.draft.isEmpty { sequence.draft = draft.proposals.map(\.id) } }

    /// Chooses tokens for as long as they are the guessed ones, and one more.
    private func verify(_ logits: [UnsafeMutableBufferPointer<Float>]) {
        let (guesses, proposals) = (sequence.draft, draft.proposals)
        sequence.draft = []
        draft.takeBack()
        var right = 0
        for row in logits {
            guard Logits.areUsable(UnsafeBufferPointer(row)) else { return fail(.notFinite(model: modelName)) }
            sequence.advance(by: 1)
            let isProposed = right < proposals.count && !decoding.isRepeatable
            generate(row, proposal: isProposed ? proposals[right] : nil)
            guard !isFinished, right < guesses.count, sequence.pending.count == 1,
                sequence.tokens.last == guesses[right]
            else { break }
            right += 1
        }
        // The last guess may have been right and the end.
        if isFinished, right < guesses.count, sequence.tokens.last == guesses[right] { right += 1 }
        draftedTokens += guesses.count
        acceptedTokens += right
        if proposals.isEmpty {
            lookup.record(guesses.count, right: right)
        } else {
            draft.acceptance.record(guesses.count, right: right)
        }
    }

    func fail(_ error: EngineError) {
        isFinished = true
        failure = error
    }

    private func score(_ logits: [UnsafeMutableBufferPointer<Float>], firstPosition: Int) {
        if firstPosition == 0 {
            promptScores = [TokenScore(id: request.prompt[0], logProbability: nil, alternatives: [])]
        }
        for (offset, row) in logits.enumerated() where firstPosition + offset + 1 < request.prompt.count {
            promptScores.append(
                TokenScore(
                    request.prompt[firstPosition + offset + 1], of: UnsafeBufferPointer(row),
                    alternatives: request.logProbabilities ?? 0))
        }
    }

    private func generate(_ logits: UnsafeMutableBufferPointer<Float>, proposal: Proposal? = nil) {
        let choice: DecodingState.Choice
        do throws(ConstraintError) {
            choice = try decoding.next(logits, history: sequence.tokens, proposal: proposal)
        } catch {
            return fail(.constraint("\(error)"))
        }
        let isOutgrown = sequence.append(choice.id)
        output.put(.token(GeneratedToken(id: choice.id, text: choice.text, score: choice.score)))
        if choice.isStopped {
            finish(.stop, trailingText: "")
        } else if choice.isEnd {
            finish(.stop)
        } else if sequence.length >= sequence.lengthLimit {
            finish(.length)
        } else if sequence.tokens.count >= contextLength, sequence.sourceCount == 0,
            case .shift(let keeping) = request.overflow
        {
            sequence.forget(keeping: keeping)
        } else if isOutgrown {
            sequence.restart()
        }
    }

    private func finish(_ reason: Completion.FinishReason, trailingText: String? = nil) {
        var (reason, text) = (reason, trailingText)
        if reason == .length, request.closesOnLimit, hasBegun { text = decoding.close() }
        if text == nil {
            let (rest, isStopped) = decoding.finish()
            text = rest
            if isStopped { reason = .stop }
        }
        isFinished = true
        let (start, promptEnd) = (start ?? .now, promptEnd ?? .now)
        var completion = Completion(
            finishReason: reason, stopString: decoding.stopString, trailingText: text ?? "",
            promptTokens: request.prompt.count, cachedTokens: cachedTokens,
            completionTokens: sequence.length - sequence.givenCount,
            promptSeconds: (promptEnd - start) / .seconds(1),
            completionSeconds: (ContinuousClock.now - promptEnd) / .seconds(1))
        (completion.draftedTokens, completion.acceptedTokens) = (draftedTokens, acceptedTokens)
        completion.omittedTokens = omitted + sequence.forgotten
        self.completion = completion
        output.put(.finished(completion))
    }
}

extension GenerationRequest {
    /// The most tokens that prompt and answer can have together.
    ///
    /// - Parameters:
    ///   - answerStart: what the answer to a source text begins with; nil where the prompt is the beginning of the text.
    ///   - answerLength: the most tokens of such an answer; nil for no limit of its own.
    func lengthLimit(contextLength: Int, answerStart: [Int32]? = nil, answerLength: Int? = nil) -> Int {
        let wanted = max(maximumTokens ?? contextLength, 0)
        if let answerStart {
            let given = prompt.count + answerStart.count
            let room = min(contextLength - given, (answerLength ?? .max) - answerStart.count)
            return given + min(wanted, max(room, 0))
        }
        if case .shift = overflow { return prompt.count + min(wanted, .max - prompt.count) }
        return prompt.count + min(wanted, max(contextLength - prompt.count, 0))
    }
}
