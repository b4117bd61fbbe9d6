import Hummingbird
import JSONValues
import ModelStore
import Synchronization

/// Replies to what takes long: a line for each step, or only the last one for clients that do not stream.
enum OllamaProgress {
    static func response(
        streams: Bool, context: some RequestContext,
        _ work: @escaping @Sendable (_ report: @escaping @Sendable (JSON) -> Void) async throws -> Void
    ) async throws -> Response {
        guard streams else {
            try await Peer.whileThere { try await work { _ in } }
            return Response(json: ["status": "success"])
        }
        return Response.messages(
            .lines, context: context, failure: { StreamMessage(ErrorShape.ollama.json($0)) }
        ) { writer in
            let (steps, continuation) = AsyncStream.makeStream(of: JSON.self)
            async let result: Void = {
                defer { continuation.finish() }
                try await work { continuation.yield($0) }
            }()
            for await step in steps { try await writer.send(step) }
            try await result
            try await writer.send(["status": "success"])
        }
    }
}

/// What a pull reports, in Ollama's words, a few times a second.
final class PullProgress: Sendable {
    private struct State {
        var (total, completed) = (0, 0)
        var file = ""
        var last: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let report: @Sendable (JSON) -> Void

    init(_ report: @escaping @Sendable (JSON) -> Void) { self.report = report }

    func note(_ event: PullEvent) {
        let line = state.withLock { state -> JSON? in
            switch event {
            case .waiting: return ["status": "waiting for another process that pulls the same model"]
            case .planned(_, let bytes, let present): (state.total, state.completed) = (bytes, present)
            case .file(let path): (state.file, state.last) = (path, nil)
            case .advanced(let bytes): state.completed += bytes
            case .discarded(let bytes): state.completed -= bytes
            case .retrying(let reason, let seconds): return ["status": .string("\(reason); again in \(seconds) s")]
            case .step(let text): return ["status": .string(text)]
            }
            let now = ContinuousClock.now
            guard !state.file.isEmpty, state.last.map({ now - $0 > .milliseconds(200) }) ?? true else { return nil }
            state.last = now
            return [
                "status": .string("pulling \(state.file)"), "total": .integer(state.total),
                "completed": .integer(state.completed),
            ]
        }
        if let line { report(line) }
    }
}
