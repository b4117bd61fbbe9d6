import Dispatch
import Synchronization

/// Calls that need the same model take turns, in pieces of a fraction of a second: none waits for the whole of another, and
/// one whose client has left ends with its piece.
final class ComputingTurns: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [(id: Int, continuation: CheckedContinuation<Void, any Error>)] = []
        var cancelled: Set<Int> = []
        var nextID = 0
    }

    private let state = Mutex(State())

    /// The bytes of text that one turn reads, unless a single text has more.
    private static let pieceBytes = 16 << 10

    /// Parts texts of the given sizes into pieces, longest first, as networks read them.
    static func pieces(_ sizes: [Int]) -> [[Int]] {
        var pieces: [[Int]] = []
        var bytes = 0
        for index in sizes.indices.sorted(by: { (sizes[$1], $0) < (sizes[$0], $1) }) {
            if let last = pieces.indices.last, bytes + sizes[index] <= pieceBytes {
                pieces[last].append(index)
                bytes += sizes[index]
            } else {
                pieces.append([index])
                bytes = sizes[index]
            }
        }
        return pieces
    }

    /// Runs work that takes long when it is its turn, away from the threads that serve connections.
    ///
    /// - Throws: `CancellationError` if the task is cancelled before.
    func take<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await begin()
        defer { end() }
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result(catching: work)) }
        }
    }

    private func begin() async throws {
        try Task.checkCancellation()
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<Void, any Error>? in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    guard state.isTaken else {
                        state.isTaken = true
                        return .success(())
                    }
                    state.waiting.append((id, continuation))
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let waiting = state.withLock { state -> CheckedContinuation<Void, any Error>? in
                guard let index = state.waiting.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.waiting.remove(at: index).continuation
            }
            waiting?.resume(throwing: CancellationError())
        }
        state.withLock { _ = $0.cancelled.remove(id) }
    }

    private func end() {
        let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard !state.waiting.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume()
    }
}
