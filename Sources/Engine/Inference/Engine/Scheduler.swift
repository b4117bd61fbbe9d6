import Tensors

/// The engine's loop: takes requests in, lets those begin that there is room for, plans a step, runs it, hands out tokens.
///
/// Texts keep the order of their arrival: where memory is short, the youngest gives its back and waits, so that the oldest
/// always gets on.
///
/// Invariant that makes it safe to hand to the engine's thread: nobody else touches it afterwards.
final class Scheduler<Net: BatchNetwork>: @unchecked Sendable {
    private let network: Net
    private let traits: TextTraits
    private let limits: TextLimits
    private let options: EngineOptions
    private let queue: RequestQueue
    private let clock: () -> ContinuousClock.Instant
    private var onFirstToken: (@Sendable () -> Void)?
    private var budget: PageBudget
    private var pace: PromptPace
    /// Texts without memory, in the order of their arrival.
    private var waiting: [ActiveRequest] = []
    /// Texts with memory, in the order of their arrival.
    private var active: [ActiveRequest] = []
    /// Whether no text could get on in the last step, because those that rest have the memory.
    private var isStalled = false

    init(
        network: Net, traits: TextTraits, limits: TextLimits, options: EngineOptions, queue: RequestQueue,
        clock: @escaping () -> ContinuousClock.Instant = { .now }, onFirstToken: (@Sendable () -> Void)? = nil
    ) {
        self.network = network
        self.traits = traits
        self.limits = limits
        self.options = options
        self.queue = queue
        self.clock = clock
        self.onFirstToken = onFirstToken
        let layout = network.layout
        // Of recurrent states there are some beside those of the text: one where its prompt ends, and some later ones.
        let snapshots = 4
        let longest = layout.byteCount(positions: limits.contextLength, step: 0)
        let states = layout.byteCount(pages: 0, states: snapshots)
        let capacity =
            options.prefixPages.map { $0 > 0 ? layout.byteCount(pages: $0, states: snapshots) : 0 }
            ?? min(min(longest, .max - states) + states, limits.memory / 2)
        budget = PageBudget(memory: limits.memory, prefixes: PrefixCache(layout: layout, capacity: capacity))
        pace = PromptPace(delay: options.promptDelay)
    }

    /// The bytes of keys, values and states in use.
    var byteCount: Int { budget.meter.byteCount }
    /// How many texts are worked on, and how many wait.
    var counts: (active: Int, waiting: Int) { (active.count, waiting.count) }

    /// Gives up what is kept of earlier texts.
    func forgetPrefixes() { budget.prefixes.evict { true } }

    func run() {
        while turn(patience) {}
        for request in waiting + active { request.output.finish(throwing: EngineError.stopped) }
    }

    /// How long it may rest: texts that rest may begin again without a bell, when their time is over.
    private var patience: RequestQueue.Patience {
        if !isStalled, active.contains(where: { $0.restingSince == nil }) { return .none }
        return active.isEmpty && waiting.isEmpty ? .forever : .aMoment
    }

    /// One turn of the loop; false when the engine is to end.
    func turn(_ patience: RequestQueue.Patience) -> Bool {
        let mail = queue.take(patience)
        waiting += mail.arrived.map {
            ActiveRequest($0, traits: traits, layout: network.layout, contextLength: limits.contextLength)
        }
        if mail.isStopped { return false }
        drop(mail.cancelled)
        for request in rest() { request.output.finish(throwing: request.failure) }
        admit()
        if !active.isEmpty { for request in step() { request.output.finish(throwing: request.failure) } }
        queue.board.change { $0.cacheBytes = budget.meter.byteCount }
        return true
    }

    /// Lets go of requests that nobody waits for any more; what they have computed is kept.
    private func drop(_ ids: Set<Int>) {
        guard !ids.isEmpty else { return }
        queue.remove(waiting.count { ids.contains($0.id) && $0.isQueued })
        let dropped = (waiting + active).filter { ids.contains($0.id) }
        queue.board.change { statistics in
            statistics.cancelled += dropped.count
            statistics.generatedTokens += dropped.reduce(0) { $0 + $1.sequence.tokens.count - $1.sequence.promptCount }
        }
        waiting.removeAll { ids.contains($0.id) }
        for request in active where ids.contains(request.id) { share(request) }
        active.removeAll { ids.contains($0.id) }
        noteActive()
    }

    /// Lets texts rest whose events nobody reads, and ends those that have rested for too long.
    private func rest() -> [ActiveRequest] {
        for request in active {
            guard request.output.buffer.isFull else {
                request.restingSince = nil
                continue
            }
            let since = request.restingSince ?? clock()
            request.restingSince = since
            if since.duration(to: clock()) >= .seconds(options.unreadSeconds) {
                request.fail(.unread(events: options.unreadEvents, seconds: options.unreadSeconds))
            }
        }
        return retire()
    }

    /// Texts begin in the order of their arrival, as soon as there is room for what they have already.
    private func admit() {
        budget.beginStep()
        while active.count < options.concurrentRequests, let request = waiting.first {
            let known = self.known(of: request)
            let needed = limits.byteCount(positions: request.sequence.tokens.count + 1) - (known?.byteCount ?? 0)
            guard active.isEmpty || budget.makeRoom(outstanding + max(needed, 0)) else { return }
            request.begin(from: known, meter: budget.meter)
            active.append(waiting.removeFirst())
            // One that had to give its memory back has its place already.
            active.sort { $0.id < $1.id }
            if request.isQueued { queue.remove(1) }
            request.isQueued = false
        }
    }

    /// What texts will still take for what they have already.
    private var outstanding: Int {
        active.reduce(0) { $0 + $1.sequence.missingBytes(for: $1.sequence.pending.count) }
    }

    private func noteActive() { queue.board.change { $0.active = active.count } }

    private func known(of request: ActiveRequest) -> SequenceCache.Snapshot? {
        guard !request.request.scoresPrompt else { return nil }
        return budget.prefixes.snapshot(for: request.sequence.tokens, rotaryLength: request.sequence.rotaryLength)
    }

    /// One forward pass.
    ///
    /// - Returns: the texts that are finished.
    private func step() -> [ActiveRequest] {
        for request in active where request.isDeferred { takeUp(request) }
        let plan = StepPlan(makeRoom(), rows: options.batchTokens, promptRows: pace.tokens(limit: options.batchTokens))
        isStalled = plan.parts.isEmpty
        if isStalled { return [] }
        noteActive()
        queue.board.change {
            $0.steps += 1
            $0.stepTexts += plan.parts.count
        }
        let start = clock()
        network.run(plan) { part, logits in part.request.advance(by: part.count, logits: logits) }
        pace.record(
            seconds: (clock() - start) / .seconds(1), promptTokens: plan.promptTokens,
            hasContinued: plan.promptTokens < plan.tokens.count)
        if let report = onFirstToken, active.contains(where: \.hasBegun) {
            report()
            onFirstToken = nil
        }
        // Others that begin alike need not wait for the end of the prompt.
        for part in plan.parts where part.isOfPrompt && !part.request.isFinished { share(part.request) }
        return retire()
    }

    /// Another text may have computed what this one needs.
    private func takeUp(_ request: ActiveRequest) {
        guard let known = known(of: request), known.positions > request.sequence.computed else { return }
        request.begin(from: known, meter: budget.meter)
    }

    /// The texts that can get on in this step, each with the memory that it takes for that.
    private func makeRoom() -> [ActiveRequest] {
        budget.beginStep()
        var ready: [ActiveRequest] = []
        for request in active where request.restingSince == nil && request.sequence.cache != nil {
            let bytes = request.sequence.missingBytes(for: min(request.sequence.pending.count, options.batchTokens))
            var hasRoom = budget.promise(bytes)
            while !hasRoom, let youngest = active.last(where: { $0.id > request.id && $0.sequence.cache != nil }) {
                share(youngest)
                youngest.sequence.release()
                hasRoom = budget.promise(bytes)
            }
            if hasRoom { ready.append(request) }
        }
        let displaced = active.filter { $0.sequence.cache == nil }
        active.removeAll { $0.sequence.cache == nil }
        waiting = displaced + waiting
        return ready
    }

    /// Keeps what a text has computed, for others that begin alike.
    private func share(_ request: ActiveRequest) {
        let sequence = request.sequence
        for snapshot in sequence.shareable {
            budget.prefixes.insert(
                sequence.tokens.prefix(snapshot.positions), snapshot, rotaryLength: sequence.rotaryLength)
        }
    }

    private func retire() -> [ActiveRequest] {
        let finished = active.filter(\.isFinished)
        for request in finished {
            if case .notFinite? = request.failure {
                // What led here is not to be taken up by others, whoever computed it.
                budget.prefixes.remove(request.sequence.tokens[...], rotaryLength: request.sequence.rotaryLength)
            } else {
                share(request)
            }
            request.sequence.release()
        }
        active.removeAll(where: \.isFinished)
        let completions = finished.compactMap(\.completion)
        if !completions.isEmpty { queue.board.change { for completion in completions { $0.add(completion) } } }
        noteActive()
        return finished
    }
}
