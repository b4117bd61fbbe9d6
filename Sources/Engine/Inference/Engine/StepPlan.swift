import Tensors

/// The rows of one forward pass: a token of each text that is being continued, and as much of the prompts as fits.
struct StepPlan {
    /// The rows of one text.
    struct Part {
        let request: ActiveRequest
        let count: Int
        let isOfPrompt: Bool
        /// Which rows of the logits are the text's.
        let outputs: Range<Int>
    }

    private(set) var tokens: [Int32] = []
    private(set) var outputRows: [Int] = []
    private(set) var spans: [BatchSpan<SequenceCache>] = []
    private(set) var parts: [Part] = []
    /// How many rows belong to prompts.
    private(set) var promptTokens = 0
    /// Whether a draft model reads the rows, which adapters are not for.
    private var isOfDraftModel = false
    /// Pages that this step computes, by `TextSequence.hash(ofPage:)`.
    private var pages: Set<Int> = []

    /// Rows whose logits are computed at once: they take vocabularySize floats each.
    private static let scoredRows = 64
    /// How many steps a source text waits for one that it fits.
    private static let mostWaits = 8

    /// Plans a step: first texts that are being continued, then prompts by their ranks, so that none waits for ever.
    ///
    /// - Parameters:
    ///   - rows: the most rows of the step.
    ///   - promptRows: the most of them that may belong to prompts while other texts are being continued.
    init(_ requests: [ActiveRequest], rows: Int, promptRows: Int) {
        let continued = requests.filter { $0.sequence.pending.count == 1 && !$0.wantsPromptLogits }
        for request in continued where tokens.count < rows { add(request, 1, isOfPrompt: false) }
        let limit = continued.isEmpty ? rows : min(rows, tokens.count + promptRows)
        let prompts = requests.filter { $0.sequence.pending.count != 1 || $0.wantsPromptLogits }
        // Short prompts overtake long ones, by no more than the time that those take.
        for request in prompts.sorted(by: { ($0.rank, $0.id) < ($1.rank, $1.id) }) {
            request.isDeferred = waits(request)
            guard !request.isDeferred else { continue }
            var count = min(request.sequence.pending.count, limit - tokens.count)
            if request.wantsPromptLogits { count = min(count, Self.scoredRows - outputRows.count) }
            count = request.countUpToScores(request.sequence.countUpToSnapshot(count))
            if request.sequence.sourceCount > request.sequence.computed {
                // The encoder sees a source text whole: if it is long it waits for a step of its own, but not for ever.
                let whole = request.sequence.pending.count
                let isDue = request.stepsWithoutRoom >= Self.mostWaits && promptTokens == 0
                let fits = whole <= limit - tokens.count || tokens.isEmpty || isDue
                count = fits ? whole : 0
                request.stepsWithoutRoom = fits ? 0 : request.stepsWithoutRoom + 1
            }
            guard count > 0 else { continue }
            note(request, count)
            promptTokens += count
            add(request, count, isOfPrompt: true)
        }
    }

    /// Plans a step of a draft model: as many rows of each text as it has not read, at most `rows`, and the logits of the last
    /// one where a guess is wanted.
    init(drafting requests: [ActiveRequest], rows: Int) {
        isOfDraftModel = true
        for request in requests {
            guard let cache = request.draft.cache else { continue }
            let (first, firstOutput) = (tokens.count, outputRows.count)
            tokens += request.draft.pending.prefix(rows)
            if request.draft.isGuessing { outputRows.append(tokens.count - 1) }
            spans.append(
                BatchSpan(
                    rows: first..<tokens.count, firstPosition: request.draft.computed, cache: cache,
                    keyBiases: request.keyBiases))
            parts.append(
                Part(
                    request: request, count: tokens.count - first, isOfPrompt: false,
                    outputs: firstOutput..<outputRows.count))
        }
    }

    /// Which rows are of texts with adapters.
    var adapterRows: [FastOperations.AdapterRows] {
        guard !isOfDraftModel else { return [] }
        var groups: [(use: ChosenAdapter, rows: [Int])] = []
        for (part, span) in zip(parts, spans) {
            for use in part.request.adapters {
                let known = groups.firstIndex {
                    $0.use.adapter.number == use.adapter.number && $0.use.scale == use.scale
                }
                if let known {
                    groups[known].rows += Array(span.rows)
                } else {
                    groups.append((use, Array(span.rows)))
                }
            }
        }
        return groups.map {
            FastOperations.AdapterRows(adapter: $0.use.adapter.number, rows: $0.rows, scale: $0.use.scale)
        }
    }

    private mutating func add(_ request: ActiveRequest, _ count: Int, isOfPrompt: Bool) {
        guard let cache = request.sequence.cache else { return }
        let (first, firstOutput) = (tokens.count, outputRows.count)
        tokens += request.sequence.pending.prefix(count)
        if !isOfPrompt { tokens += request.sequence.draft }
        if request.wantsPromptLogits || !isOfPrompt && !request.sequence.draft.isEmpty {
            outputRows += Array(first..<tokens.count)
        } else if count == request.sequence.pending.count {
            outputRows.append(tokens.count - 1)
        }
        var span = BatchSpan(
            rows: first..<tokens.count, firstPosition: request.sequence.computed, cache: cache,
            rotaryLength: request.sequence.rotaryLength, keyBiases: request.keyBiases)
        span.sourceCount = request.sequence.sourceCount
        spans.append(span)
        parts.append(
            Part(
                request: request, count: count, isOfPrompt: isOfPrompt, outputs: firstOutput..<outputRows.count))
    }

    /// Whether another text of this step computes what this one needs next: it will be there in the next step.
    private func waits(_ request: ActiveRequest) -> Bool {
        guard !request.request.scoresPrompt, request.isShareable, let page = Self.nextPage(request) else {
            return false
        }
        return pages.contains(page)
    }

    private mutating func note(_ request: ActiveRequest, _ count: Int) {
        guard request.isShareable else { return }
        if request.sequence.keepsEverything {
            let (first, last) = (request.sequence.computed, request.sequence.computed + count - 1)
            for page in first / CacheLayout.pageTokens...last / CacheLayout.pageTokens {
                if let hash = request.sequence.hash(ofPage: page) { pages.insert(hash) }
            }
        } else if let page = Self.nextPage(request) {
            pages.insert(page)
        }
    }

    /// What a text could take up if another had computed it: the page that it is at, or, where not everything is kept, all up
    /// to the prompt's last page.
    private static func nextPage(_ request: ActiveRequest) -> Int? {
        guard request.sequence.sourceCount == 0 else { return nil }
        let (computed, size) = (request.sequence.computed, CacheLayout.pageTokens)
        // The last token is always computed, for its logits.
        guard request.sequence.promptBoundary > computed else { return nil }
        let page = request.sequence.keepsEverything ? computed / size : request.sequence.promptBoundary / size - 1
        return request.sequence.hash(ofPage: page)
    }
}
