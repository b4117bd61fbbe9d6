import Inference
import JSONValues

/// What a call took, over all of its answers.
struct Usage: Sendable {
    private var promptTokens = 0
    private var completions: [Completion] = []

    /// Starts with the prompts' tokens; a prompt with several answers counts once.
    init(prompts: [[Int32]]) {
        promptTokens = prompts.reduce(0) { $0 + $1.count }
    }

    mutating func add(_ completion: Completion) { completions.append(completion) }

    /// OpenAI's `usage` object.
    var json: JSON {
        let completionTokens = completions.reduce(0) { $0 + $1.completionTokens }
        let cached = min(promptTokens, completions.reduce(0) { $0 + $1.cachedTokens })
        let omitted = completions.map(\.omittedTokens).max() ?? 0
        var details: JSON.Object = ["cached_tokens": .integer(cached)]
        if omitted > 0 { details["omitted_tokens"] = .integer(omitted) }
        return [
            "prompt_tokens": .integer(promptTokens),
            "completion_tokens": .integer(completionTokens),
            "total_tokens": .integer(promptTokens + completionTokens),
            "prompt_tokens_details": .object(details),
        ]
    }

    /// llama-server's `timings` object: counts, milliseconds and tokens per second.
    var timings: JSON {
        let computed = completions.reduce(0) { $0 + $1.promptTokens - $1.cachedTokens }
        let predicted = completions.reduce(0) { $0 + $1.completionTokens }
        let promptSeconds = completions.reduce(0) { $0 + $1.promptSeconds }
        let completionSeconds = completions.reduce(0) { $0 + $1.completionSeconds }
        let drafted = completions.reduce(0) { $0 + $1.draftedTokens }
        // The first token comes with the prompt.
        let steps = completions.reduce(0) { $0 + max(0, $1.completionTokens - 1) }
        var timings: JSON.Object = ["cache_n": .integer(completions.reduce(0) { $0 + $1.cachedTokens })]
        timings.merge(Self.pace("prompt", tokens: computed, per: computed, seconds: promptSeconds)) { $1 }
        timings.merge(Self.pace("predicted", tokens: predicted, per: steps, seconds: completionSeconds)) { $1 }
        if drafted > 0 {
            timings["draft_n"] = .integer(drafted)
            timings["draft_n_accepted"] = .integer(completions.reduce(0) { $0 + $1.acceptedTokens })
        }
        return .object(timings)
    }

    /// Tokens and time, and one by the other where both are there.
    static func pace(_ name: String, tokens: Int, per steps: Int, seconds: Double) -> JSON.Object {
        let isTimed = steps > 0 && seconds > 0
        return [
            "\(name)_n": .integer(tokens), "\(name)_ms": .number(seconds * 1000),
            "\(name)_per_token_ms": .number(isTimed ? seconds * 1000 / Double(steps) : 0),
            "\(name)_per_second": .number(isTimed ? Double(steps) / seconds : 0),
        ]
    }
}

extension Completion {
    /// llama-server's `timings` of this answer alone.
    var timings: JSON {
        var usage = Usage(prompts: [])
        usage.add(self)
        return usage.timings
    }
}

/// How quick an answer is so far, in llama-server's words.
struct RunningTimings: Sendable {
    private var start = ContinuousClock.now
    private var tokens = 0

    /// The prompt has been read.
    mutating func begin() { start = .now }

    /// A token has come.
    mutating func count() { tokens += 1 }

    var json: JSON {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return .object(Usage.pace("predicted", tokens: tokens, per: max(0, tokens - 1), seconds: seconds))
    }
}
