import Synchronization

/// An event of one of several answers that are generated side by side.
public struct AnswerEvent: Sendable {
    /// Which answer: the index of its request.
    public var index: Int
    /// What happened.
    public var event: GenerationEvent

    public init(index: Int, event: GenerationEvent) {
        self.index = index
        self.event = event
    }
}

/// The events of some answers between the engine's thread and the one task that reads them.
///
/// The engine never waits for a reader: it asks `isFull` and lets the texts of a slow reader rest.
final class AnswerBuffer: Sendable {
    enum Change: Sendable {
        /// Nobody reads any more.
        case abandoned
        /// There is room again.
        case drained
    }

    private struct State {
        var events: ArraySlice<AnswerEvent> = []
        var reader: CheckedContinuation<AnswerEvent?, any Error>?
        /// How many answers go on.
        var open: Int
        var failure: (any Error)?
        var isAbandoned = false
        var wasFull = false
        var onChange: (@Sendable (Change) -> Void)?
    }

    private let limit: Int
    private let state: Mutex<State>

    /// Makes room for `limit` unread events of each answer.
    init(answers: Int, limit: Int) {
        self.limit = limit * answers
        state = Mutex(State(open: answers))
    }

    func onChange(_ report: @escaping @Sendable (Change) -> Void) { state.withLock { $0.onChange = report } }

    /// Whether the reader is so far behind that no more should be generated.
    var isFull: Bool {
        state.withLock { state in
            if state.events.count >= limit { state.wasFull = true }
            return state.events.count >= limit
        }
    }

    func put(_ event: AnswerEvent) {
        let reader = state.withLock { state -> CheckedContinuation<AnswerEvent?, any Error>? in
            guard !state.isAbandoned, state.failure == nil else { return nil }
            guard let reader = state.reader else {
                state.events.append(event)
                return nil
            }
            state.reader = nil
            return reader
        }
        reader?.resume(returning: event)
    }

    /// Ends one answer. The first error ends all of them, after the events so far.
    func finish(throwing failure: (any Error)?) {
        let (reader, change) = state.withLock { state in
            state.open -= 1
            var change: (@Sendable (Change) -> Void)?
            if let failure, state.failure == nil {
                state.failure = failure
                // What else belongs to the call is work for nobody.
                if state.open > 0 { change = state.onChange }
            }
            let isEnd = state.open == 0 || state.failure != nil
            defer { if isEnd { state.reader = nil } }
            return (isEnd ? state.reader : nil, change)
        }
        change?(.abandoned)
        if let failure { reader?.resume(throwing: failure) } else { reader?.resume(returning: nil) }
    }

    private func abandon() {
        let (reader, change) = state.withLock { state in
            defer { (state.reader, state.onChange, state.isAbandoned, state.events) = (nil, nil, true, []) }
            return (state.reader, state.isAbandoned || state.open == 0 ? nil : state.onChange)
        }
        change?(.abandoned)
        reader?.resume(returning: nil)
    }

    private func next() async throws -> AnswerEvent? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { reader in
                var change: (@Sendable (Change) -> Void)?
                let result = state.withLock { state -> Result<AnswerEvent?, any Error>? in
                    if state.isAbandoned { return .success(nil) }
                    if let event = state.events.popFirst() {
                        if state.wasFull, state.events.count <= limit / 2 {
                            state.wasFull = false
                            change = state.onChange
                        }
                        return .success(event)
                    }
                    if let failure = state.failure { return .failure(failure) }
                    if state.open == 0 { return .success(nil) }
                    state.reader = reader
                    return nil
                }
                change?(.drained)
                if let result { reader.resume(with: result) }
            }
        } onCancel: {
            abandon()
        }
    }

    /// What the reader holds: with its end the work ends.
    private final class Reader: Sendable {
        let buffer: AnswerBuffer
        init(_ buffer: AnswerBuffer) { self.buffer = buffer }
        deinit { buffer.abandon() }
    }

    /// The events as they come; to be called once. Nothing stands between this stream and the buffer.
    func stream<Element: Sendable>(
        _ transform: @escaping @Sendable (AnswerEvent) -> Element
    ) -> AsyncThrowingStream<Element, any Error> {
        let reader = Reader(self)
        return AsyncThrowingStream { try await reader.buffer.next().map(transform) }
    }
}

/// Where the events of one answer go.
struct AnswerOutput: Sendable {
    let buffer: AnswerBuffer
    let answer: Int

    func put(_ event: GenerationEvent) { buffer.put(AnswerEvent(index: answer, event: event)) }
    func finish(throwing failure: (any Error)? = nil) { buffer.finish(throwing: failure) }
}
