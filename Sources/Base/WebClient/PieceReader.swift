import Dispatch
import Synchronization

/// A response whose body is read piece by piece. The transfer ends with the last reference.
final class PieceReader: Sendable {
    let response: HTTPResponse
    private let pipe: PiecePipe
    private let task: Task<Void, Never>

    private init(response: HTTPResponse, pipe: PiecePipe, task: Task<Void, Never>) {
        (self.response, self.pipe, self.task) = (response, pipe, task)
    }

    deinit {
        pipe.abandon()
        task.cancel()
    }

    /// Sends a request; returns with the head of the response.
    static func start(_ request: HTTPRequest, client: HTTPClient) async throws -> PieceReader {
        let pipe = PiecePipe()
        let task = Task.detached {
            do {
                _ = try await client.send(request, to: pipe)
                pipe.finish(nil)
            } catch {
                pipe.finish(error)
            }
        }
        do {
            let response = try await withTaskCancellationHandler {
                try await pipe.head()
            } onCancel: {
                pipe.abandon()
                task.cancel()
            }
            return PieceReader(response: response, pipe: pipe, task: task)
        } catch {
            pipe.abandon()
            task.cancel()
            throw error
        }
    }

    /// The next piece; nil at the end.
    func next() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await pipe.next()
        } onCancel: {
            pipe.abandon()
            task.cancel()
        }
    }

    /// Some of the body, for a message.
    func beginning() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < 4096, let piece = try await next() { bytes += piece }
        return bytes
    }
}

/// Where a transfer puts pieces, and a task takes them; the transfer waits while too much lies here.
private final class PiecePipe: ResponseReceiver {
    private static let room = 1 << 20

    private struct State {
        var response: HTTPResponse?
        var headWaiter: CheckedContinuation<HTTPResponse, any Error>?
        var pieceWaiter: CheckedContinuation<[UInt8]?, any Error>?
        var pending: [UInt8] = []
        var end: Result<Void, any Error>?
        var isAbandoned = false
    }

    private let state = Mutex(State())
    private let taken = DispatchSemaphore(value: 0)

    func begin(_ response: HTTPResponse) throws -> Bool {
        let waiter = state.withLock { state in
            state.response = response
            defer { state.headWaiter = nil }
            return state.headWaiter
        }
        waiter?.resume(returning: response)
        return true
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        let waiter = try state.withLock { state in
            if state.isAbandoned { throw CancellationError() }
            defer { state.pieceWaiter = nil }
            if state.pieceWaiter == nil { state.pending.append(contentsOf: bytes) }
            return state.pieceWaiter
        }
        waiter?.resume(returning: Array(bytes))
        // A signal that comes before the wait is counted; one too many only makes for one more look.
        while state.withLock({ $0.pending.count > Self.room && !$0.isAbandoned }) { taken.wait() }
    }

    func finish(_ error: (any Error)?) {
        let waiters = state.withLock { state in
            if state.end == nil { state.end = error.map { .failure($0) } ?? .success(()) }
            defer { (state.headWaiter, state.pieceWaiter) = (nil, nil) }
            return (state.headWaiter, state.pieceWaiter)
        }
        waiters.0?.resume(throwing: error ?? HTTPFailure(reason: "there was no response", mayPass: true))
        if let error { waiters.1?.resume(throwing: error) } else { waiters.1?.resume(returning: nil) }
    }

    /// Nobody reads any more.
    func abandon() {
        state.withLock {
            $0.isAbandoned = true
            $0.pending = []
        }
        finish(CancellationError())
        taken.signal()
    }

    func head() async throws -> HTTPResponse {
        try await withCheckedThrowingContinuation { continuation in
            let result: Result<HTTPResponse, any Error>? = state.withLock { state in
                if let response = state.response { return .success(response) }
                if let end = state.end {
                    return end.flatMap { .failure(HTTPFailure(reason: "there was no response", mayPass: true)) }
                }
                state.headWaiter = continuation
                return nil
            }
            if let result { continuation.resume(with: result) }
        }
    }

    func next() async throws -> [UInt8]? {
        try await withCheckedThrowingContinuation { continuation in
            let result: Result<[UInt8]?, any Error>? = state.withLock { state in
                if !state.pending.isEmpty {
                    defer { state.pending = [] }
                    return .success(state.pending)
                }
                if let end = state.end { return end.map { nil } }
                state.pieceWaiter = continuation
                return nil
            }
            taken.signal()
            if let result { continuation.resume(with: result) }
        }
    }
}
