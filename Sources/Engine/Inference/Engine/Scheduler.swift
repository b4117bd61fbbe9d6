import Tensors

/// The engine's loop: takes requests in, lets those begin that there is room for, plans a step, runs it, hands out tokens.
///
/// Texts keep the order of their arrival: where memory is short, the youngest gives its back and waits, so that the oldest
/// always gets on.
///
/// Invariant that makes it safe to hand to the engine's thread: nobody else touches it afterwards.
final class Scheduler<Net: BatchNetwork>: @unchecked Sendable {
    private let network: Net
    private var drafter: Drafter<Net>?
    private let traits: TextTraits
    private let limits: TextLimits
    private let options: EngineOptions
    private let queue: RequestQueue
    private let clock: () -> ContinuousClock.Instant
    private var onFirstToken: (@Sendable () -> Void)?
    private var budget: PageBudget
    private var pace: PromptPace
    /// Texts without memory.
    private var waiting = WaitingLine()
    private let birth: ContinuousClock.Instant
    /// Texts with memory, in the order of their arrival.
    private var active: [ActiveRequest] = []
    /// Whether no text could get on in the last step, because those that rest have the memory.
    private var isStalled = false

    init(
        network: Net, drafter: Drafter<Net>? = nil, traits: TextTraits, limits: TextLimits, options: EngineOptions,
        queue: RequestQueue,
        clock: @escaping () -> ContinuousClock.Instant = { .now }, onFirstToken: (@Sendable () -> Void)? = nil
    ) {
        self.network = network
        self.drafter = drafter
        self.traits = traits
        self.limits = limits
        self.options = options
        self.queue = queue
        self.clock = clock
        self.onFirstToken = onFirstToken
        birth = clock()
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

    var idsInWork: [Int] { active.map(\.id) }

    /// Gives up what is kept of earlier texts.
    func forgetPrefixes() { budget.prefixes.evict { true } }

    func run() {
        while turn(patience) {}
        for order in queue.takeOrders() { order.refused() }
        for request in waiting.requests + active { request.output.finish(throwing: EngineError.stopped) }
    }

    /// How long it may rest: texts that rest may begin again without a bell, when their time is over.
    private var patience: RequestQueue.Patience {
        if !isStalled, active.contains(where: { $0.restingSince == nil }) { return .none }
        return active.isEmpty && waiting.isEmpty ? .forever : .aMoment
    }

    /// One turn of the loop; false when the engine is to end.
    func turn(_ patience: RequestQueue.Patience) -> Bool {
        let mail = queue.take(patience)
        let now = seconds
        waiting.append(
            mail.arrived.map {
                ActiveRequest(
                    $0, traits: traits, layout: network.layout, contextLength: limits.contextLength, arrival: now,
                    lookupTokens: options.lookupTokens, isolatesClients: options.isolatesClients)
            })
        if mail.isStopped { return false }
        for order in queue.takeOrders() { order.work(&budget.prefixes, budget.meter) }
        drop(mail.cancelled)
        for request in expire() + rest() { request.output.finish(throwing: request.failure) }
        admit()
        if !active.isEmpty { for request in step() { request.output.finish(throwing: request.failure) } }
        queue.board.change { $0.cacheBytes = budget.meter.byteCount }
        return true
    }

    /// Lets go of requests that nobody waits for any more; what they have computed is kept.
    private func drop(_ ids: Set<Int>) {
        guard !ids.isEmpty else { return }
        let gone = waiting.remove { ids.contains($0.id) }
        queue.remove(gone.count(where: \.isQueued))
        let dropped = gone + active.filter { ids.contains($0.id) }
        queue.board.change { statistics in
            statistics.cancelled += dropped.count
            statistics.generatedTokens += dropped.reduce(0) { $0 + $1.sequence.length - $1.sequence.givenCount }
        }
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

    /// Seconds since the scheduler was made.
    private var seconds: Double { birth.duration(to: clock()) / .seconds(1) }

    /// Ends requests whose time is over: those that have waited for too long, and those whose answer comes too late.
    private func expire() -> [ActiveRequest] {
        let (now, instant, limit) = (seconds, clock(), options.waitingSeconds)
        func isLate(_ request: ActiveRequest) -> Bool { request.request.deadline.map { $0 <= instant } ?? false }
        let gone = waiting.remove { isLate($0) || $0.isQueued && now - $0.arrival >= limit }
        for request in gone { request.fail(isLate(request) ? .late : .waited(seconds: limit)) }
        queue.remove(gone.count(where: \.isQueued))
        for request in active where isLate(request) { request.fail(.late) }
        return gone + retire()
    }

    /// Texts begin when it is their turn, as soon as there is room for what they have already.
    private func admit() {
        budget.beginStep()
        while let index = waiting.next(
            beside: active, places: options.concurrentRequests, express: options.expressRequests)
        {
            let request = waiting.requests[index]
            let known = self.known(of: request)
            let needed = limits.byteCount(positions: request.sequence.tokens.count + 1) - (known?.byteCount ?? 0)
            guard active.isEmpty || makeRoom(outstanding + max(needed, 0)) else { return }
            request.begin(from: known, meter: budget.meter)
            active.append(waiting.remove(at: index))
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
        guard !request.request.scoresPrompt, request.isShareable else { return nil }
        return budget.prefixes.snapshot(for: request.sequence.tokens, scope: request.sequence.scope)
    }

    /// One forward pass.
    ///
    /// - Returns: the texts that are finished.
    private func step() -> [ActiveRequest] {
        for request in active where request.isDeferred { takeUp(request) }
        guess()
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
        let seconds = (clock() - start) / .seconds(1)
        pace.record(
            seconds: seconds, promptTokens: plan.promptTokens, hasContinued: plan.promptTokens < plan.tokens.count)
        if plan.promptTokens == 0 { drafter?.record(seconds: seconds, rows: plan.tokens.count) }
        if let report = onFirstToken, active.contains(where: \.hasBegun) {
            report()
            onFirstToken = nil
        }
        // Others that begin alike need not wait for the end of the prompt.
        for part in plan.parts where part.isOfPrompt && !part.request.isFinished { share(part.request) }
        return retire()
    }

    /// Few texts without others' prompts beside them compute what may follow together with their last tokens.
    private func guess() {
        guard options.lookupTokens > 0 || drafter != nil else { return }
        let isAlone = active.count <= PromptLookup.mostRows / 2 && active.allSatisfy { $0.sequence.pending.count == 1 }
        let rows = isAlone ? PromptLookup.mostRows / active.count - 1 : 0
        for request in active { request.lookUp(rows: rows) }
        // Those who wait may need the memory.
        guard rows > 0, waiting.isEmpty else { return }
        budget.beginStep()
        let readers = active.filter { $0.restingSince == nil && $0.sequence.cache != nil }
        drafter?.guess(
            readers, rows: rows,
            readingRows: active.count == 1 ? options.batchTokens : pace.tokens(limit: options.batchTokens),
            meter: budget.meter, clock: clock, makeRoom: { budget.makeRoom(outstanding + $0) })
    }

    /// Makes room for so many bytes; what the draft model knows of texts gives way.
    private func makeRoom(_ bytes: Int) -> Bool {
        if budget.makeRoom(bytes) { return true }
        for request in active { request.draft.release() }
        return budget.makeRoom(bytes)
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
            let isWhole = request.sequence.sourceCount > request.sequence.computed
            let count = min(request.sequence.pending.count, isWhole ? .max : options.batchTokens)
            let bytes = request.sequence.missingBytes(for: count + request.sequence.draft.count)
            var hasRoom = makeRoom(bytes) && budget.promise(bytes)
            while !hasRoom, let youngest = active.last(where: { $0.id > request.id && $0.sequence.cache != nil }) {
                share(youngest)
                youngest.sequence.release()
                youngest.draft.release()
                hasRoom = budget.promise(bytes)
            }
            if hasRoom { ready.append(request) }
        }
        let displaced = active.filter { $0.sequence.cache == nil }
        active.removeAll { $0.sequence.cache == nil }
        waiting.take(back: displaced)
        return ready
    }

    /// Keeps what a text has computed, for others that begin alike.
    private func share(_ request: ActiveRequest) {
        guard request.isShareable else { return }
        let sequence = request.sequence
        for snapshot in sequence.shareable {
            budget.prefixes.insert(
                sequence.tokens.prefix(snapshot.positions), snapshot, scope: sequence.scope)
        }
    }

    private func retire() -> [ActiveRequest] {
        let finished = active.filter(\.isFinished)
        for request in finished {
            if case .notFinite? = request.failure {
                // What led here is not to be taken up by others, whoever computed it.
                budget.prefixes.remove(request.sequence.tokens[...], scope: request.sequence.scope)
            } else {
                share(request)
            }
            request.sequence.release()
            request.draft.release()
        }
        active.removeAll(where: \.isFinished)
        let now = seconds
        let ended = finished.compactMap { request in request.completion.map { ($0, now - request.arrival) } }
        if !ended.isEmpty {
            queue.board.change { for (completion, seconds) in ended { $0.add(completion, after: seconds) } }
        }
        noteActive()
        return finished
    }
}
