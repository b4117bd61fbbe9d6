import Tensors

/// Guesses how texts go on by a smaller model, whose passes cost little (speculative decoding, Leviathan et al. 2023).
///
/// What it guesses is computed by the model together with the last token. Then tokens are chosen one after the other, for as long
/// as they are the guessed ones: with a seed or without chance they are those that come without guesses, else they have the same
/// distribution.
struct Drafter<Net: BatchNetwork> {
    private let network: Net
    private let contextLength: Int
    private let vocabularySize: Int
    /// The most guesses for a text in a step, and how probable the likeliest token must be.
    private let limit: (tokens: Int, confidence: Float)
    private let adapts: Bool
    private var pace = DraftPace()

    init(network: Net, contextLength: Int, vocabularySize: Int, options: EngineOptions) {
        (self.network, self.contextLength, self.vocabularySize) = (network, contextLength, vocabularySize)
        limit = (min(max(options.draftTokens, 0), PromptLookup.mostRows - 1), options.draftConfidence)
        adapts = options.adaptsDraftTokens
    }

    /// Takes note of a step in which texts were continued.
    mutating func record(seconds: Double, rows: Int) { pace.recordStep(seconds: seconds, rows: rows) }

    /// Guesses for those of some texts, which are all that are continued, that have no guesses yet.
    ///
    /// - Parameters:
    ///   - rows: the most guesses for each text.
    ///   - readingRows: the most tokens of a text that are read at once: longer ones are read over several steps.
    ///   - makeRoom: makes room for so many bytes, if there is.
    mutating func guess(
        _ requests: [ActiveRequest], rows: Int, readingRows: Int, meter: CacheMeter,
        clock: () -> ContinuousClock.Instant,
        makeRoom: (Int) -> Bool
    ) {
        var (texts, promised): ([ActiveRequest], Int) = ([], 0)
        for request in requests { request.draft.takeBack() }
        for request in requests where request.sequence.draft.isEmpty {
            let most = min(
                rows, limit.tokens, request.request.draftTokens ?? .max, request.guessRoom,
                contextLength - request.sequence.tokens.count)
            guard most > 0, isReadable(request.sequence.tokens) else { continue }
            let length = adapts ? length(request, texts: requests.count, most: most) : most
            guard length > 0 else { continue }
            request.draft.follow(request.sequence.tokens, layout: network.layout, meter: meter)
            let missing = promised + request.draft.missingBytes(for: length)
            guard makeRoom(missing) else {
                request.draft.release()
                continue
            }
            promised = missing
            // A text that is not read to its end by the next pass has no guesses in this step.
            let isNear = request.draft.pending.count <= readingRows
            request.beginGuessing(isNear ? length : 0, confidence: request.request.draftConfidence ?? limit.confidence)
            texts.append(request)
        }
        // Reading what was generated since the last guesses is a part of their cost, reading a prompt is not.
        let areNear = texts.allSatisfy { $0.draft.pending.count <= PromptLookup.mostRows }
        let start = clock()
        var passes = 0
        while !texts.isEmpty {
            let plan = StepPlan(drafting: texts, rows: readingRows)
            network.run(plan) { part, logits in part.request.guess(by: part.count, logits: logits) }
            passes += 1
            texts.removeAll { !$0.draft.isGuessing }
        }
        if areNear, passes > 0 { pace.recordPass(seconds: (clock() - start) / .seconds(1) / Double(passes)) }
        for request in requests { request.takeGuesses() }
    }

    /// How many guesses are quickest.
    private func length(_ request: ActiveRequest, texts: Int, most: Int) -> Int {
        request.draft.acceptance.length(
            pace.length(rate: request.draft.acceptance.rate, texts: texts, most: most))
    }

    /// Whether the draft model has all tokens of a text.
    private func isReadable(_ tokens: [Int32]) -> Bool { tokens.allSatisfy { $0 < vocabularySize } }
}
