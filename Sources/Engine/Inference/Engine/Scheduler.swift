import Architectures
import Tensors

/// The engine's loop: takes requests in, forms a batch of all texts, runs it, hands out tokens.
///
/// Invariant that makes it safe to hand to the engine's thread: nobody else touches it afterwards.
final class Scheduler: @unchecked Sendable {
    private let model: LanguageModel
    private let network: Network<FastOperations>
    private let contextLength: Int
    private let options: EngineOptions
    private let inbox: Inbox
    private let layout: CacheLayout
    private var prefixes: PrefixCache
    private var waiting: [Inbox.Letter] = []
    private var active: [ActiveRequest] = []
    private var onFirstToken: (@Sendable () -> Void)?

    /// Rows whose logits are computed at once: they take vocabularySize floats each.
    private static let scoredRows = 64

    init(
        model: LanguageModel, contextLength: Int, options: EngineOptions, inbox: Inbox,
        onFirstToken: (@Sendable () -> Void)?
    ) {
        self.onFirstToken = onFirstToken
        self.model = model
        network = model.network
        self.contextLength = contextLength
        self.options = options
        self.inbox = inbox
        layout = CacheLayout(layers: network.spec.cacheLayers, type: model.cacheType)
        let pages = options.prefixPages ?? contextLength / CacheLayout.pageTokens
        prefixes = PrefixCache(
            layout: layout, capacity: pages * layout.pageBytes + (pages > 0 ? 4 * layout.stateBytes : 0))
    }

    func run() {
        while true {
            let mail = inbox.take(waits: active.isEmpty && waiting.isEmpty)
            waiting += mail.letters
            if mail.isStopped { break }
            waiting.removeAll { mail.cancelled.contains($0.id) }
            active.removeAll { mail.cancelled.contains($0.id) }
            admit()
            if !active.isEmpty { for stream in step() { stream.finish() } }
        }
        for letter in waiting { letter.continuation.finish(throwing: EngineError.stopped) }
        for request in active { request.fail(EngineError.stopped) }
    }

    private func admit() {
        while active.count < options.concurrentRequests, !waiting.isEmpty {
            let letter = waiting.removeFirst()
            let prompt = letter.request.prompt
            let rotaryLength = ActiveRequest.rotaryLength(
                tokens: prompt.count, limit: letter.request.lengthLimit(contextLength: contextLength), spec: model.spec)
            let known =
                letter.request.scoresPrompt ? nil : prefixes.snapshot(for: prompt, rotaryLength: rotaryLength)
            active.append(
                ActiveRequest(
                    id: letter.id, request: letter.request, cache: SequenceCache(layout: layout, from: known),
                    cached: known?.positions ?? 0, rotaryLength: rotaryLength, contextLength: contextLength,
                    model: model, continuation: letter.continuation))
        }
    }

    /// One forward pass: a token of each text that is being continued, and as much of the new prompts as fits.
    ///
    /// - Returns: the streams of the texts that are finished.
    private func step() -> [AsyncThrowingStream<GenerationEvent, any Error>.Continuation] {
        var tokens: [Int32] = []
        var outputRows: [Int] = []
        var spans: [BatchSpan<SequenceCache>] = []
        var parts: [(request: ActiveRequest, count: Int, outputs: Range<Int>)] = []
        // Texts that are being continued come first, then prompts in the order of their arrival: none waits for ever.
        let continued = active.filter { $0.pending.count == 1 }
        for request in continued + active.filter({ $0.pending.count != 1 }) {
            let limit = request.wantsPromptLogits ? Self.scoredRows - outputRows.count : options.batchTokens
            let count = request.countUpToSnapshot(
                min(request.pending.count, limit, max(options.batchTokens - tokens.count, 0)))
            guard count > 0 else { continue }
            let (first, firstOutput) = (tokens.count, outputRows.count)
            tokens += request.pending.prefix(count)
            if request.wantsPromptLogits {
                outputRows += Array(first..<tokens.count)
            } else if count == request.pending.count {
                outputRows.append(tokens.count - 1)
            }
            spans.append(
                BatchSpan(
                    rows: first..<tokens.count, firstPosition: request.computed, cache: request.cache,
                    rotaryLength: request.rotaryLength))
            parts.append((request, count, firstOutput..<outputRows.count))
        }
        network.operations.reset {
            let logits = network.forward(tokens: tokens, spans: spans, outputRows: outputRows)
            // Texts know nothing of each other: their next tokens are chosen side by side.
            let steps = parts.map { ($0.request, $0.count, $0.outputs.map { logits.buffer(ofRow: $0) }) }
            network.operations.forEach(steps) { request, count, logits in request.advance(by: count, logits: logits) }
        }
        if let report = onFirstToken, active.contains(where: { $0.tokens.count > $0.request.prompt.count }) {
            report()
            onFirstToken = nil
        }
        return retire()
    }

    private func retire() -> [AsyncThrowingStream<GenerationEvent, any Error>.Continuation] {
        let finished = active.filter(\.isFinished)
        for request in finished {
            let tokens = request.tokens.prefix(request.computed)
            let whole = tokens.count / CacheLayout.pageTokens * CacheLayout.pageTokens
            let snapshots = layout.keepsEverything ? [request.cache.snapshot(positions: whole)] : request.snapshots
            for snapshot in snapshots { prefixes.insert(tokens, snapshot, rotaryLength: request.rotaryLength) }
        }
        active.removeAll(where: \.isFinished)
        return finished.map(\.continuation)
    }
}
