/// How much of a prompt is read in a step while other texts are being continued, so that they wait no longer than is set.
///
/// Speed is measured as steps go by: a prompt's later tokens see more, and take longer.
struct PromptPace {
    /// Seconds that a step may take longer for a prompt.
    let delay: Double
    /// Seconds of a step without prompts.
    private var plain = 0.0
    /// Prompt tokens per second.
    private var speed: Double?

    /// Fewer are not worth reading the weights for, and too few to measure; the first ones are measured with these.
    private static let leastTokens = 16

    init(delay: Double) { self.delay = delay }

    /// The tokens of prompts that may join texts being continued, at most `limit`.
    func tokens(limit: Int) -> Int {
        let tokens = min(Double(limit), max((speed ?? 0) * delay, 0))
        return min(limit, max(Int(tokens), Self.leastTokens))
    }

    /// Takes note of a step.
    mutating func record(seconds: Double, promptTokens: Int, hasContinued: Bool) {
        guard seconds > 0 else { return }
        if promptTokens == 0 {
            plain = plain == 0 ? seconds : 0.7 * plain + 0.3 * seconds
        } else if promptTokens >= Self.leastTokens {
            let measured = Double(promptTokens) / max(seconds - (hasContinued ? plain : 0), seconds / 10)
            speed = speed.map { 0.5 * $0 + 0.5 * measured } ?? measured
        }
    }
}
