import Essentials
import JSONValues
import Platform
import Subprocess
import Synchronization

/// A program that is spoken with over its standard input and output, a message a line.
final class MCPProcess: MCPConnection {
    private struct State {
        var waiting: [Int: CheckedContinuation<JSON, any Error>] = [:]
        var end: ToolError?
    }

    private let name: String
    private let state = Mutex(State())
    private let outgoing: AsyncStream<String>.Continuation
    private let task = Mutex<Task<Void, Never>?>(nil)

    /// Writing to a program that has ended is an error here, not the end of this process.
    private static let ignoresClosedPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    init(_ program: String, _ arguments: [String], _ environment: [String: String]) {
        Self.ignoresClosedPipes
        name = program
        let (lines, outgoing) = AsyncStream.makeStream(of: String.self)
        self.outgoing = outgoing
        // Credentials of this process are not the server's business.
        let own = ProcessInfo.processInfo.environment
        var variables: [Subprocess.Environment.Key: String] = [:]
        for key in ["PATH", "HOME", "LANG", "TMPDIR"] {
            if let value = own[key], let key = Subprocess.Environment.Key(rawValue: key) { variables[key] = value }
        }
        for (key, value) in environment {
            if let key = Subprocess.Environment.Key(rawValue: key) { variables[key] = value }
        }
        let (settings, executable) = (
            variables, program.contains("/") ? Executable.path(.init(program)) : .name(program)
        )
        let running = Task { [weak self] in
            var reason = "it ended"
            do {
                let result = try await run(
                    executable, arguments: Arguments(arguments), environment: .custom(settings), input: .inputWriter,
                    output: .sequence, error: .discarded
                ) { execution in
                    async let written: Void = {
                        for await line in lines { _ = try await execution.standardInputWriter.write(line + "\n") }
                        try await execution.standardInputWriter.finish()
                    }()
                    for try await line in execution.standardOutput.strings(
                        bufferingPolicy: .maxLineLength(MCP.maximumBytes))
                    { self?.receive(line) }
                    // Nobody answers any more; what waits to be written would wait for ever.
                    self?.end("it ended")
                    try await written
                }
                reason = "it ended (\(result.terminationStatus))"
            } catch { reason = "\(error)" }
            self?.end(reason)
        }
        task.withLock { $0 = running }
    }

    func ask(_ message: JSON, id: Int) async throws -> JSON {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let end = state.withLock { state in
                    if state.end == nil { state.waiting[id] = continuation }
                    return state.end
                }
                if let end { return continuation.resume(throwing: end) }
                outgoing.yield(message.text())
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }

    func notify(_ message: JSON) async throws { outgoing.yield(message.text()) }

    func agree(on version: String) async {}

    /// Lets the server end by itself, as it does when nobody can speak to it any more, and ends it if it does not. Nobody waits for
    /// that: whoever inherited its output could keep it open.
    func close() async {
        outgoing.finish()
        let task = task.withLock { $0 }
        Task.detached {
            try? await Task.sleep(for: .seconds(2))
            task?.cancel()
        }
    }

    private func receive(_ line: String) {
        guard let message = try? JSON(parsing: line, source: name) else { return }
        if message["method"] != nil, let id = message["id"] {
            // Servers may ask for things that nobody here offers; `ping` is answered.
            let answer =
                message["method"] == "ping" ? MCP.result(id, [:]) : MCP.error(id, -32601, "the client does not do this")
            outgoing.yield(answer.text())
        } else if let id = message["id"]?.intValue {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: message)
        }
    }

    private func end(_ reason: String) {
        let failure = ToolError.failed(tool: name, reason: "the MCP server is gone: \(reason)")
        let waiting = state.withLock { state in
            state.end = state.end ?? failure
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume(throwing: failure) }
        outgoing.finish()
    }
}
