import Dispatch
import Synchronization
import Tensors

/// Where requests wait for the engine's thread, which takes them in, hears what is no longer wanted, and is told to stop.
final class RequestQueue: Sendable {
    /// A request, how many tokens its prompt has lost, and its adapters.
    typealias Request = (request: GenerationRequest, omitted: Int, adapters: [ChosenAdapter])

    /// A request on its way to the engine.
    struct Entry: Sendable {
        let id: Int
        let request: GenerationRequest
        let omitted: Int
        var adapters: [ChosenAdapter] = []
        let output: AnswerOutput
    }

    /// What the engine's thread is to do with what is kept of texts, and what if it has ended.
    struct Order: Sendable {
        let work: @Sendable (inout PrefixCache, CacheMeter) -> Void
        let refused: @Sendable () -> Void
    }

    private struct State {
        var arrived: [Entry] = []
        var cancelled: Set<Int> = []
        var orders: [Order] = []
        var nextID = 0
        /// How many have not begun: those that arrived and those that the engine lets wait.
        var waiting = 0
        var isStopped = false
    }

    /// The most requests that may wait.
    let limit: Int
    private let state = Mutex(State())
    /// What the engine does and has done.
    let board = StatisticsBoard()
    private let bell = DispatchSemaphore(value: 0)

    init(limit: Int) { self.limit = limit }

    /// Lets requests that belong together wait: all of them or none.
    ///
    /// - Throws: `EngineError.busy` if there is no room, `.stopped` if nobody will come for them.
    func put(_ requests: [Request], into buffer: AnswerBuffer) throws(EngineError) {
        let failure = state.withLock { state -> EngineError? in
            guard !state.isStopped else { return .stopped }
            guard state.waiting + requests.count <= limit else { return .busy(waiting: state.waiting, limit: limit) }
            let first = state.nextID
            for (index, request) in requests.enumerated() {
                state.arrived.append(
                    Entry(
                        id: first + index, request: request.request, omitted: request.omitted,
                        adapters: request.adapters,
                        output: AnswerOutput(buffer: buffer, answer: index)))
            }
            state.nextID += requests.count
            state.waiting += requests.count
            let ids = first..<state.nextID
            buffer.onChange { [weak self] change in
                switch change {
                case .abandoned: self?.cancel(ids)
                case .drained: self?.ring()
                }
            }
            return nil
        }
        if let failure {
            if case .busy = failure { board.change { $0.refused += requests.count } }
            throw failure
        }
        ring()
    }

    /// Has work done by the engine's thread; false if it has ended.
    func order(
        _ work: @escaping @Sendable (inout PrefixCache, CacheMeter) -> Void, refused: @escaping @Sendable () -> Void
    ) -> Bool {
        let isAlive = state.withLock { state in
            guard !state.isStopped else { return false }
            state.orders.append(Order(work: work, refused: refused))
            return true
        }
        if isAlive { ring() }
        return isAlive
    }

    /// The work that has been ordered since the last call.
    func takeOrders() -> [Order] {
        state.withLock { state in
            defer { state.orders = [] }
            return state.orders
        }
    }

    private func cancel(_ ids: Range<Int>) {
        state.withLock { $0.cancelled.formUnion(ids) }
        ring()
    }

    /// How many requests have not begun.
    var waiting: Int { state.withLock(\.waiting) }

    /// Wakes the engine's thread, so that it looks around.
    func ring() { bell.signal() }

    func stop() {
        state.withLock { $0.isStopped = true }
        ring()
    }

    /// Says that requests have begun or have gone, which makes room for others.
    func remove(_ count: Int) { state.withLock { $0.waiting -= count } }

    /// How long the engine's thread may wait for something to happen.
    enum Patience {
        case none, aMoment, forever
    }

    /// What has arrived since the last call.
    func take(_ patience: Patience) -> (arrived: [Entry], cancelled: Set<Int>, isStopped: Bool) {
        switch patience {
        case .none: break
        case .aMoment: _ = bell.wait(timeout: .now() + .milliseconds(250))
        case .forever: bell.wait()
        }
        return state.withLock { state in
            defer { (state.arrived, state.cancelled) = ([], []) }
            return (state.arrived, state.cancelled, state.isStopped)
        }
    }
}
