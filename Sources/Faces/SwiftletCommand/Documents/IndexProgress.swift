import Platform
import Retrieval
import Synchronization

/// Shows how far indexing is: a bar on a terminal, nothing but problems elsewhere.
final class IndexProgress: Sendable {
    private struct State {
        var total = 0
        var done = 0
        var file = ""
        var start = ContinuousClock.now
        var lastDrawn: ContinuousClock.Instant?
        var isShown = false
    }

    private let state = Mutex(State())
    private let isTerminal = Console.isTerminal(STDERR_FILENO)

    func show(_ event: IndexEvent) {
        state.withLock { state in
            switch event {
            case .found(let files, let bytes):
                (state.total, state.start) = (bytes, .now)
                line("\(files) file\(files == 1 ? "" : "s"), \(Quantities.bytes(bytes))", &state)
            case .file(let path): state.file = path
            case .advanced(let bytes): state.done += bytes
            case .problem(let problem): line("not indexed: \(problem)", &state)
            case .note(let path, let note): line("\(path): \(note)", &state)
            }
            draw(&state)
        }
    }

    /// Removes the bar.
    func finish() { state.withLock { clear(&$0) } }

    private func line(_ text: String, _ state: inout State) {
        clear(&state)
        Console.note(text)
    }

    private func clear(_ state: inout State) {
        if state.isShown { Console.draw("\r\u{1B}[K", on: STDERR_FILENO) }
        state.isShown = false
    }

    private func draw(_ state: inout State) {
        let now = ContinuousClock.now
        if !isTerminal || state.lastDrawn.map({ $0.duration(to: now) < .milliseconds(100) }) ?? false { return }
        (state.lastDrawn, state.isShown) = (now, true)
        let seconds = state.start.duration(to: now) / .seconds(1)
        let text = ProgressBar.text(
            file: state.file, done: state.done, total: state.total,
            rate: seconds > 0.2 ? Double(state.done) / seconds : 0, columns: TerminalSize.columns)
        Console.draw("\r" + text + "\u{1B}[K", on: STDERR_FILENO)
    }
}
