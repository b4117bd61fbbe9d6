import ModelStore
import Platform
import Synchronization

/// Shows a pull's progress on standard error: a bar on a terminal, plain lines elsewhere.
final class ProgressBar: Sendable {
    private struct State {
        var total = 0
        var done = 0
        /// What has come over the wire since the start, for the rate.
        var fetched = 0
        var file = ""
        var start = ContinuousClock.now
        var lastDrawn: ContinuousClock.Instant?
        var lastTenth = -1
        var isShown = false
    }

    private let state = Mutex(State())
    private let isTerminal: Bool

    init(isTerminal: Bool = Console.isTerminal(STDERR_FILENO)) {
        self.isTerminal = isTerminal
    }

    /// Takes in one event of a pull.
    func show(_ event: PullEvent) {
        state.withLock { state in
            switch event {
            case .waiting: line("waiting for another process that pulls this model", &state)
            case .planned(let files, let bytes, let present):
                state.total = bytes
                state.done = present
                state.start = .now
                let resumed = present > 0 ? ", \(Quantities.bytes(present)) of them here already" : ""
                line("\(files) file\(files == 1 ? "" : "s"), \(Quantities.bytes(bytes))\(resumed)", &state)
            case .file(let path):
                state.file = path
                isTerminal ? draw(&state) : line(path, &state)
            case .advanced(let bytes):
                state.done += bytes
                state.fetched += bytes
                isTerminal ? draw(&state) : reportTenths(&state)
            case .discarded(let bytes): state.done = max(0, state.done - bytes)
            case .retrying(let reason, let seconds):
                line("\(reason); trying again in \(Quantities.decimals(seconds, 1)) s", &state)
            case .step(let text): line(text, &state)
            }
        }
    }

    /// Removes the bar.
    func finish() {
        state.withLock { clear(&$0) }
    }

    private func line(_ text: String, _ state: inout State) {
        clear(&state)
        Console.note(text)
    }

    private func clear(_ state: inout State) {
        if state.isShown { Console.draw("\r\u{1B}[K", on: STDERR_FILENO) }
        state.isShown = false
    }

    private func reportTenths(_ state: inout State) {
        guard state.total >= 10_000_000 else { return }
        let tenth = state.done * 10 / state.total
        guard tenth > state.lastTenth else { return }
        state.lastTenth = tenth
        Console.note("\(tenth * 10)% of \(Quantities.bytes(state.total))")
    }

    private func draw(_ state: inout State) {
        let now = ContinuousClock.now
        if let last = state.lastDrawn, last.duration(to: now) < .milliseconds(100), state.done < state.total { return }
        state.lastDrawn = now
        state.isShown = true
        let seconds = state.start.duration(to: now) / .seconds(1)
        let text = Self.text(
            file: state.file, done: state.done, total: state.total,
            rate: seconds > 0.2 ? Double(state.fetched) / seconds : 0, columns: TerminalSize.columns)
        Console.draw("\r" + text + "\u{1B}[K", on: STDERR_FILENO)
    }

    /// The bar: file, share, size, rate and the time that is left, no wider than the terminal.
    static func text(file: String, done: Int, total: Int, rate: Double, columns: Int) -> String {
        let share = total > 0 ? min(1, Double(done) / Double(total)) : 1
        var right = " \(Int(share * 100))%  \(Quantities.bytes(done))/\(Quantities.bytes(total))"
        if rate > 0 {
            right += "  \(Quantities.bytes(Int(rate)))/s"
            if done < total { right += "  \(Quantities.seconds(Double(total - done) / rate)) left" }
        }
        let room = max(0, columns - 1 - right.count)
        let name = String(file.suffix(max(0, min(28, room - 14))))
        let width = min(40, room - name.count - 3)
        guard width >= 5 else { return String((name + right).prefix(max(0, columns - 1))) }
        let filled = Int(share * Double(width))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        return "\(name) [\(bar)]\(right)"
    }
}
