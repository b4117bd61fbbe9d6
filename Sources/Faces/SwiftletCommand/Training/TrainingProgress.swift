import Platform
import Training

/// Shows how training goes: one line that changes on a terminal, a line now and then elsewhere.
struct TrainingProgress {
    /// Steps between lines where there is no terminal.
    let loggingSteps: Int
    private let isTerminal = Console.isTerminal(STDERR_FILENO)

    init(loggingSteps: Int) { self.loggingSteps = loggingSteps }

    /// Shows one step.
    func show(_ metrics: StepMetrics, total: Int, secondsLeft: Double) {
        let text = Self.text(metrics, total: total, secondsLeft: secondsLeft, memory: ProcessMemory.resident)
        if isTerminal {
            Console.draw("\r" + text.prefix(max(TerminalSize.columns - 1, 20)) + "\u{1B}[K", on: STDERR_FILENO)
        } else if metrics.step % loggingSteps == 0 || metrics.step == total {
            Console.note(text)
        }
    }

    /// Shows a line of its own.
    func note(_ text: String) {
        if isTerminal { Console.draw("\r\u{1B}[K", on: STDERR_FILENO) }
        Console.note(text)
    }

    /// Leaves the last line standing.
    func finish() { if isTerminal { Console.note("") } }

    static func text(_ metrics: StepMetrics, total: Int, secondsLeft: Double, memory: Int?) -> String {
        var parts = [
            "step \(metrics.step)/\(total)", "loss \(Quantities.decimals(metrics.loss, 4))",
            "\(Quantities.decimals(metrics.tokensPerSecond, 0)) tokens/s", "\(Quantities.seconds(secondsLeft)) left",
        ]
        if let memory { parts.append(Quantities.bytes(memory)) }
        return parts.joined(separator: "  ")
    }
}
