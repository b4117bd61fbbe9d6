import Decoding
public import Evaluation
public import Inference

/// A language model behind its engine as evaluations ask it. Token by token it does what lm-evaluation-harness's `hf` model does:
/// the same special tokens, the same joint encoding of context and continuation, the same windows.
public struct EngineScorer: Scorer {
    /// The engine that is asked.
    public let engine: Engine
    /// How many questions are asked at once; the engine batches them.
    public let concurrency: Int
    /// The model's name in reports.
    public let name: String

    /// Asks an engine, 32 questions at a time unless told otherwise; `name` is the model's own if nil.
    public init(_ engine: Engine, name: String? = nil, concurrency: Int = 32) {
        (self.engine, self.name, self.concurrency) = (engine, name ?? engine.model.name, concurrency)
    }

    /// The log-probability of a continuation. White space at the context's end goes with the continuation; both are encoded together.
    public func logLikelihood(of continuation: String, after context: String) async throws -> Likelihood {
        let (before, scored) = try tokens(of: continuation, after: context)
        return try await score(before: before, scored)
    }

    /// The log-probability of a text whose first token follows the token that begins or ends texts.
    public func rollingLogLikelihood(of text: String) async throws -> Double {
        let tokens = encode(text)
        let length = engine.contextLength - 1
        var (done, sum) = (0, 0.0)
        while done < tokens.count {
            let count = min(tokens.count - done, length)
            let end = done + count
            // Later windows read as much before what they score as fits.
            let before = done == 0 ? [try prefixToken()] : Array(tokens[max(0, end - length - 1)..<done])
            sum += try await score(before: before, Array(tokens[done..<end])).logProbability
            done = end
        }
        return sum
    }

    /// What the model writes, up to the first stop. A context that leaves no room loses its beginning.
    public func generate(after context: String, options: GenerationSettings) async throws -> String {
        var prompt = encode(context)
        if prompt.isEmpty { prompt = [try prefixToken()] }
        let room = engine.contextLength - options.maximumTokens
        guard room > 0 else {
            throw EvaluationError(
                .model, at: name,
                "answers of \(options.maximumTokens) tokens do not fit a context of \(engine.contextLength)",
                remedy: "lower max_gen_toks")
        }
        var sampling = SamplingParameters.greedy
        if options.temperature > 0 {
            sampling.temperature = Float(options.temperature)
            (sampling.topK, sampling.minP, sampling.topP) = (0, 0, Float(options.topP))
        }
        let request = GenerationRequest(
            prompt: prompt.suffix(room), sampling: sampling, maximumTokens: options.maximumTokens,
            stopStrings: options.stops.filter { !$0.isEmpty })
        var text = ""
        for try await event in engine.generate(request) {
            switch event {
            case .prompt: break
            case .token(let token): text += token.text
            case .finished(let completion): text += completion.trailingText
            }
        }
        return text
    }

    private func encode(_ text: String) -> [Int32] {
        engine.model.tokenizer.encode(text, addSpecialTokens: true, parseSpecialTokens: true)
    }

    private func prefixToken() throws(EvaluationError) -> Int32 {
        let special = engine.model.tokenizer.specialTokens
        guard let token = special.beginOfText ?? special.endOfText else {
            throw EvaluationError(
                .model, at: name,
                "has no token that begins or ends texts, so nothing stands before a text's first token")
        }
        return token
    }

    private func tokens(of continuation: String, after context: String) throws -> (before: [Int32], scored: [Int32]) {
        let space = context.unicodeScalars.reversed().prefix { $0.properties.isWhitespace }.count
        let head = String(context.unicodeScalars.dropLast(space))
        let tail = String(context.unicodeScalars.suffix(space)) + continuation
        let tokenizer = engine.model.tokenizer
        guard !tail.isEmpty else {
            throw EvaluationError(.data, at: name, "a continuation is empty", remedy: "check doc_to_choice")
        }
        guard !context.isEmpty else {
            let scored = tokenizer.encode(tail, addSpecialTokens: false, parseSpecialTokens: true)
            let prefix = try prefixToken()
            guard scored.first == prefix, scored.count > 1 else { return ([prefix], scored) }
            return ([prefix], Array(scored.dropFirst()))
        }
        let before = encode(head)
        let scored = encode(head + tail).dropFirst(before.count)
        // One token may span the join; the continuation then is encoded alone, so that it is never without a token.
        if scored.isEmpty { return (before, tokenizer.encode(tail, addSpecialTokens: false, parseSpecialTokens: true)) }
        return (before.isEmpty ? [try prefixToken()] : before, Array(scored))
    }

    private func score(before: [Int32], _ scored: [Int32]) async throws -> Likelihood {
        guard !scored.isEmpty else { return Likelihood(logProbability: 0, isGreedy: true) }
        guard scored.count < engine.contextLength else {
            throw EvaluationError(
                .model, at: name,
                "a continuation of \(scored.count) tokens does not fit a context of \(engine.contextLength)")
        }
        // Long contexts lose their beginning, as in the harness.
        let request = GenerationRequest(
            prompt: (before + scored).suffix(engine.contextLength), maximumTokens: 0, logProbabilities: 1,
            scoresPrompt: true)
        for try await event in engine.generate(request) {
            guard case .prompt(let scores) = event else { continue }
            let last = scores.suffix(scored.count)
            return Likelihood(
                logProbability: last.reduce(0) { $0 + Double($1.logProbability ?? 0) },
                isGreedy: last.allSatisfy { $0.alternatives.first?.id == $0.id })
        }
        throw EvaluationError(.model, at: name, "gave no likelihoods")
    }
}
