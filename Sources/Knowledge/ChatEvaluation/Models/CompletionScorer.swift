public import Agents
public import Evaluation
import JSONValues
import WebClient

/// A model of a server that speaks OpenAI's older API, `/completions`: prompts are plain texts, so that a model gives the same answers
/// as on this machine.
///
/// Log-likelihoods need the log-probabilities of the prompt (`echo` with `logprobs`), which `swiftlet serve` and vLLM give and
/// llama.cpp's server does not. The joint text is sent, and the tokens that begin at the continuation or after it are summed; a token
/// that spans the join counts only if there is no other.
public struct CompletionScorer: Scorer {
    /// The model's name in reports.
    public let name: String
    /// How many questions are asked at once.
    public let concurrency: Int
    /// The text that stands before one whose first token is scored, such as `<|endoftext|>`; nil if the server adds such a token itself.
    public let beginning: String?
    private let model: HostedModel

    /// Asks a server's model; `name` is its own if nil.
    public init(_ model: HostedModel, name: String? = nil, concurrency: Int = 8, beginning: String? = nil) {
        (self.model, self.name, self.concurrency) = (model, name ?? model.name, max(1, concurrency))
        self.beginning = beginning
    }

    /// What the model writes, up to the first stop.
    public func generate(after context: String, options: GenerationSettings) async throws -> String {
        let stops = options.stops.filter { !$0.isEmpty }
        var body: JSON.Object = [
            "prompt": .string(context), "max_tokens": .integer(options.maximumTokens),
            "temperature": .number(options.temperature),
        ]
        // The API takes four; the answer is cut at all of them.
        if !stops.isEmpty { body["stop"] = .array(stops.prefix(4).map { .string($0) }) }
        if options.topP < 1 { body["top_p"] = .number(options.topP) }
        let answer = try await ask(body)
        guard let text = answer["choices"]?[0]?["text"]?.stringValue else {
            throw EvaluationError(
                .unanswered, at: name, "its server's answer has no text: \(answer.text().prefix(200))")
        }
        let cut = stops.compactMap { text.firstRange(of: $0)?.lowerBound }.min()
        return String(text[..<(cut ?? text.endIndex)])
    }

    /// The log-probability of a continuation. White space at the context's end goes with the continuation, as in the engine.
    ///
    /// - Throws: `EvaluationError` of kind `.refused` if the server gives no log-probabilities of prompts.
    public func logLikelihood(of continuation: String, after context: String) async throws -> Likelihood {
        guard !continuation.isEmpty else {
            throw EvaluationError(.data, at: name, "a continuation is empty", remedy: "check doc_to_choice")
        }
        let space = context.unicodeScalars.reversed().prefix { $0.properties.isWhitespace }.count
        let head = context.unicodeScalars.count - space
        let scores = try await scores(of: context + continuation, from: head)
        return Likelihood(
            logProbability: scores.reduce(0) { $0 + $1.logProbability }, isGreedy: scores.allSatisfy(\.isBest))
    }

    /// The log-probability of a text, which must fit what the server reads at once.
    public func rollingLogLikelihood(of text: String) async throws -> Double {
        guard !text.isEmpty else { return 0 }
        return try await scores(of: text, from: 0).reduce(0) { $0 + $1.logProbability }
    }

    private struct Score {
        var logProbability: Double
        var isBest: Bool
    }

    /// The scores of a text's tokens that begin at a code point or after it.
    private func scores(of text: String, from start: Int) async throws -> [Score] {
        // Nothing stands before the first token unless it is put there.
        let prompt = (start == 0 ? beginning ?? "" : "") + text
        let answer: JSON
        do {
            answer = try await ask([
                "prompt": .string(prompt), "max_tokens": 0, "echo": true, "logprobs": 1, "temperature": 0,
            ])
        } catch let error as EvaluationError where error.kind == .unanswered && Self.isRefusal(error.reason) {
            throw refusal(error.reason)
        }
        let block = answer["choices"]?[0]?["logprobs"]
        guard let offsets = block?["text_offset"]?.arrayValue?.compactMap(\.intValue), offsets.first == 0,
            let values = block?["token_logprobs"]?.arrayValue, values.count == offsets.count,
            let best = block?["top_logprobs"]?.arrayValue, best.count == offsets.count
        else { throw refusal("its answer has none") }
        // A mark that the server put before the prompt is no part of it.
        let hasMark = block?["tokens"]?[0]?.stringValue.map { !Self.begins(prompt, with: $0) } ?? false
        let shift = hasMark && offsets.count > 1 ? offsets[1] : 0
        let (length, own) = (prompt.unicodeScalars.count, text.unicodeScalars.count)
        // What a server writes although it was not asked to comes last.
        let written = answer["usage"]?["completion_tokens"]?.intValue ?? 0
        let tokens = offsets.indices.dropFirst(hasMark ? 1 : 0).dropLast(max(0, written))
        var scored = tokens.filter { offsets[$0] - shift >= length - own + start }
        if scored.isEmpty { scored = Array(tokens.suffix(1)) }
        return try scored.map { position in
            guard let value = values[position].doubleValue else {
                throw EvaluationError(
                    .refused, at: name, "its server gives the first token of a text no log-probability",
                    remedy: "name what stands before texts with --beginning, such as '<|endoftext|>'")
            }
            let highest = best[position].objectValue?.values.compactMap(\.doubleValue).max() ?? value
            return Score(logProbability: value, isBest: value >= highest)
        }
    }

    /// Whether a token is the first of a prompt; one that holds a part of a code point is shown by its bytes, and marks never are.
    private static func begins(_ prompt: String, with token: String) -> Bool {
        prompt.hasPrefix(token) || token.hasPrefix("bytes:") || token.contains("\u{FFFD}")
    }

    private static func isRefusal(_ reason: String) -> Bool {
        ["echo", "logprobs", "max_tokens"].contains { reason.contains($0) }
    }

    private func refusal(_ reason: String) -> EvaluationError {
        EvaluationError(
            .refused, at: name, "its server gives no log-probabilities of prompts (echo with logprobs): \(reason)",
            remedy: "choose tasks with generate_until, or serve the model with swiftlet serve or vLLM")
    }

    private func ask(_ body: JSON.Object) async throws -> JSON {
        do { return try await model.completion(body) } catch {
            throw HostedFailure.evaluationError(error, at: name)
        }
    }
}
