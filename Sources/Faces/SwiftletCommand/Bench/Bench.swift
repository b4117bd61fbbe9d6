import Inference
import Synchronization

/// Measures a model through its engine.
struct Bench {
    let model: any TextModel
    let runs: Int
    private let text: [Int32]

    init(model: any TextModel, runs: Int) throws {
        self.model = model
        self.runs = runs
        text =
            model.hasTokenizer
            ? try model.encode(Self.prose, addSpecialTokens: false, parseSpecialTokens: false)
            : (0..<1000).map { Int32($0 * 7919 % model.vocabularySize) }
        guard !text.isEmpty else { throw CommandError("the tokenizer gives no tokens for plain English") }
    }

    /// What prompts are made of: plain prose, since random tokens are no work like any user's.
    private static let prose = """
        The harbor lay quiet in the early light, and the boats came in one after the other with the night's catch. On \
        the quay the buyers stood ready, talked of prices and of the weather, and drank their coffee out of tin cups.
        """

    /// As many tokens of the text, from another beginning for each number.
    private func prompt(_ count: Int, from start: Int) -> [Int32] {
        (0..<count).map { text[($0 + start) % text.count] }
    }

    /// Checks that a test is possible with this model.
    func check(_ test: BenchTest) throws(CommandError) {
        let needed = test.positions
        guard !needed.overflow, needed.count <= model.contextLength else {
            throw CommandError("\(test.title) exceeds the context of \(model.contextLength) tokens")
        }
    }

    /// Runs a test once to warm up and then as often as wanted.
    func measure(_ test: BenchTest) async throws -> [BenchResult] {
        switch test {
        case .text(let size, let count):
            let completions = try await repeated { run in
                // Another beginning each time, so that no cache of an earlier prompt helps.
                try await complete(prompt(size, from: run), count)
            }
            let speed = Spread(completions.map(\.promptPerSecond))
            var results = [BenchResult(kind: .prompt, tokens: size, depth: 0, sequences: 1, speed: speed)]
            if count > 0 {
                let speed = Spread(completions.map(\.predictedPerSecond))
                results.append(BenchResult(kind: .generation, tokens: count, depth: size, sequences: 1, speed: speed))
            }
            return results
        case .depth(let depth, let count):
            // The same beginning each time: the cache keeps it, so that it is computed once.
            let completions = try await repeated { _ in try await complete(prompt(depth, from: 0), count) }
            let speed = Spread(completions.map(\.predictedPerSecond))
            return [BenchResult(kind: .generation, tokens: count, depth: depth, sequences: 1, speed: speed)]
        case .sequences(let sequences, let depth, let count):
            let speeds = try await repeated { _ in try await generateTogether(sequences, depth: depth, count) }
            return [
                BenchResult(kind: .generation, tokens: count, depth: depth, sequences: sequences, speed: Spread(speeds))
            ]
        }
    }

    private func repeated<Value>(_ body: (Int) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for run in 0...runs {
            let value = try await body(run)
            if run > 0 { values.append(value) }
        }
        return values
    }

    private func complete(_ prompt: [Int32], _ count: Int) async throws -> Completion {
        let request = GenerationRequest(
            prompt: prompt, sampling: .greedy, maximumTokens: count, ignoresEndOfGeneration: true)
        for try await event in model.generate(request) {
            if case .finished(let completion) = event { return completion }
        }
        throw CommandError("the engine gave no answer")
    }

    /// Tokens per second of several texts that are generated at once, while all of them are.
    private func generateTogether(_ sequences: Int, depth: Int, _ count: Int) async throws -> Double {
        let race = Race(sequences: sequences, tokens: count)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for sequence in 0..<sequences {
                let request = GenerationRequest(
                    prompt: prompt(depth, from: sequence), sampling: .greedy, ignoresEndOfGeneration: true)
                group.addTask {
                    for try await event in model.generate(request) {
                        // Leaving the loop ends the request.
                        if case .token(let token) = event, race.isOver(after: token, of: sequence) { return }
                    }
                }
            }
            try await group.waitForAll()
            guard let speed = race.tokensPerSecond else {
                throw CommandError("the context of \(model.contextLength) tokens was full before all texts were read")
            }
            return speed
        }
    }
}

/// The times of the tokens of several texts.
final class Race: Sendable {
    private struct State {
        var times: [[ContinuousClock.Instant]]
        /// The tokens of each text that came when all texts had begun.
        var counts: [Int]
        var waiting: Int
        var isOver = false
    }

    private let tokens: Int
    private let state: Mutex<State>

    /// Makes a race that is over when each text has had `tokens` tokens since all have begun.
    init(sequences: Int, tokens: Int) {
        self.tokens = tokens
        state = Mutex(
            State(
                times: Array(repeating: [], count: sequences), counts: Array(repeating: 0, count: sequences),
                waiting: sequences))
    }

    /// Takes a token's time; true when there are enough.
    func isOver(after token: GeneratedToken, of sequence: Int) -> Bool {
        state.withLock { state in
            if state.isOver { return true }
            if state.waiting == 0 { state.counts[sequence] += 1 }
            if state.times[sequence].isEmpty { state.waiting -= 1 }
            state.times[sequence].append(token.time)
            state.isOver = state.counts.allSatisfy { $0 >= tokens }
            return state.isOver
        }
    }

    /// Tokens of all texts per second, from the time when the last has begun to that when the first has ended; nil if some
    /// text had not begun by then.
    var tokensPerSecond: Double? {
        state.withLock { state in
            guard let start = state.times.compactMap(\.first).max(), let end = state.times.compactMap(\.last).min(),
                state.waiting == 0, start < end
            else { return nil }
            let count = state.times.joined().count { start < $0 && $0 <= end }
            return Double(count) / ((end - start) / .seconds(1))
        }
    }
}
