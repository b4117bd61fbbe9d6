import Hummingbird
import NIOCore
import NIOHTTPTypes
import Synchronization

/// The client at the other end of a connection: whether it is still there.
///
/// One that has sent all it wants to send may end its side and wait for the answer; to the server that looks like one that
/// has left. What is sent to the second comes back, so the server sends something without a meaning and sees.
final class Peer: Sendable {
    /// The client whose request is being answered.
    @TaskLocal static var current: Peer?

    private struct State {
        var isInputEnded = false
        var isClosed = false
        var takesInterimResponses = true
        var waiting: CheckedContinuation<Void, Never>?
    }

    /// Why work ended early.
    struct Left: Error {}

    private let channel: any Channel
    private let state = Mutex(State())

    init(_ channel: any Channel) { self.channel = channel }

    /// The address of the other end, without its port.
    var address: String? { channel.remoteAddress?.ipAddress }
    var isClosed: Bool { state.withLock(\.isClosed) }
    /// Whether the version of HTTP that the client speaks has them.
    var takesInterimResponses: Bool {
        get { state.withLock(\.takesInterimResponses) }
        set { state.withLock { $0.takesInterimResponses = newValue } }
    }

    func endInput() { change { $0.isInputEnded = true } }
    func close() { change { ($0.isInputEnded, $0.isClosed) = (true, true) } }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            defer { state.waiting = nil }
            return state.waiting
        }?.resume()
    }

    /// Waits until the client has ended its side or the task is cancelled.
    private func waitForInputEnd() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard !state.isInputEnded, !Task.isCancelled else { return true }
                    state.waiting = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            change { _ in }
        }
    }

    /// Says that a body which the client announced may come.
    func sendContinue() { if takesInterimResponses { send(.head(HTTPResponse(status: .continue))) } }

    private func send(_ part: HTTPResponsePart) { channel.writeAndFlush(part, promise: nil) }

    /// Runs `body`, and cancels it when the client has left.
    ///
    /// - Parameter isStreaming: whether events are being sent; otherwise the response has not begun.
    /// - Throws: `Peer.Left` if the client has left.
    static func whileThere<Value: Sendable>(
        isStreaming: Bool = false, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let peer = current else { return try await body() }
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask(operation: body)
            group.addTask { try await peer.watch(isStreaming: isStreaming) }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw Left() }
            return value
        }
    }

    private func watch(isStreaming: Bool) async throws -> Never {
        await waitForInputEnd()
        var pause = 50
        while !isClosed {
            try Task.checkCancellation()
            if isStreaming {
                send(.body(ByteBuffer(string: ":\n\n")))
            } else {
                sendContinue()
            }
            try await Task.sleep(for: .milliseconds(pause))
            pause = min(2 * pause, 2000)
        }
        throw Left()
    }
}

extension Peer {
    /// Whether an error says no more than that the client has left.
    static func hasLeft(_ error: any Error) -> Bool {
        error is Left || error is CancellationError || Task.isCancelled || current?.isClosed ?? false
    }
}
