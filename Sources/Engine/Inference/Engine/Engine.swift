import Dispatch
import Synchronization
import Tensors

/// Runs requests on a model: one thread of its own, all texts in one batch, a cache of common beginnings.
///
/// Requests may come from any task; each gets a stream. Ending the task that reads it ends the work at the next step.
public final class Engine: Sendable {
    /// The model.
    public let model: LanguageModel
    /// The most positions that a text may take here.
    public let contextLength: Int
    private let inbox = Inbox()

    /// Starts the engine's thread. A model can have one engine: requests to a second one fail with `EngineError.stopped`.
    ///
    /// - Parameter onFirstToken: called once, on the engine's thread, when the first token of all has been generated.
    public init(
        model: LanguageModel, options: EngineOptions = EngineOptions(), onFirstToken: (@Sendable () -> Void)? = nil
    ) {
        self.model = model
        contextLength = min(options.contextLength ?? model.contextLength, model.contextLength)
        let scheduler = Scheduler(
            model: model, contextLength: contextLength, options: options.sane, inbox: inbox, onFirstToken: onFirstToken)
        // A second engine would share the decoder's memory with the first.
        let isFirst = model.claim()
        if !isFirst || !NativeThread.start({ scheduler.run() }) { inbox.stop() }
    }

    deinit { inbox.stop() }

    /// Works on a request; the stream ends with `.finished` or throws `EngineError`.
    public func generate(_ request: GenerationRequest) -> AsyncThrowingStream<GenerationEvent, any Error> {
        AsyncThrowingStream { continuation in
            do throws(EngineError) {
                try check(request)
                let id = try inbox.put(request, continuation)
                let inbox = inbox
                continuation.onTermination = { if case .cancelled = $0 { inbox.cancel(id) } }
            } catch {
                continuation.finish(throwing: error)
            }
        }
    }

    private func check(_ request: GenerationRequest) throws(EngineError) {
        let (count, size) = (request.prompt.count, model.vocabularySize)
        guard count > 0 else { throw .emptyPrompt }
        // A text that is only scored may fill the context; others need room for one token at least.
        guard count < contextLength || (count == contextLength && request.maximumTokens == 0) else {
            throw .promptTooLong(tokens: count, contextLength: contextLength)
        }
        if let id = request.prompt.first(where: { !(0..<Int32(size)).contains($0) }) {
            throw .tokenOutOfRange(id: id, vocabularySize: size)
        }
    }
}

/// Where requests wait for the engine's thread.
final class Inbox: Sendable {
    struct Letter {
        let id: Int
        let request: GenerationRequest
        let continuation: AsyncThrowingStream<GenerationEvent, any Error>.Continuation
    }

    private struct State {
        var letters: [Letter] = []
        var cancelled: Set<Int> = []
        var nextID = 0
        var isStopped = false
    }

    private let state = Mutex(State())
    private let bell = DispatchSemaphore(value: 0)

    func put(
        _ request: GenerationRequest, _ continuation: AsyncThrowingStream<GenerationEvent, any Error>.Continuation
    ) throws(EngineError) -> Int {
        let id: Int? = state.withLock { state in
            guard !state.isStopped else { return nil }
            state.nextID += 1
            state.letters.append(Letter(id: state.nextID, request: request, continuation: continuation))
            return state.nextID
        }
        guard let id else { throw .stopped }
        bell.signal()
        return id
    }

    func cancel(_ id: Int) {
        state.withLock { _ = $0.cancelled.insert(id) }
        bell.signal()
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        bell.signal()
    }

    /// What has arrived since the last call; waits for something if `waits`.
    func take(waits: Bool) -> (letters: [Letter], cancelled: Set<Int>, isStopped: Bool) {
        if waits { bell.wait() }
        return state.withLock { state in
            defer {
                state.letters = []
                state.cancelled = []
            }
            return (state.letters, state.cancelled, state.isStopped)
        }
    }
}
