extension Engine {
    /// Searches for the likeliest answers as a whole, where sampling looks at one token after the other.
    ///
    /// ```swift
    /// let hypotheses = try await engine.beamSearch(prompt, BeamSearchParameters(beams: 4, maximumTokens: 32))
    /// for hypothesis in hypotheses { print(hypothesis.score, hypothesis.text) }
    /// ```
    ///
    /// The texts of a step are computed in one batch; each takes up what is kept of its beginning in whole pages of 32 tokens, and
    /// the tokens behind those are computed again with each step. Where the prompt is a source text, it is read anew, too.
    ///
    /// - Parameter prompt: the prompt's token ids.
    /// - Returns: as many answers as there are beams, fewer if not so many have ended; the best first.
    /// - Throws: `EngineError`.
    public func beamSearch(_ prompt: [Int32], _ parameters: BeamSearchParameters) async throws -> [Hypothesis] {
        try await beamSearch(GenerationRequest(prompt: prompt), parameters)
    }

    /// Searches for the likeliest answers to a request: with its adapters and attention controls, for its client, until its
    /// deadline. How tokens are chosen and where answers end is the search's, whatever the request says of it: its sampling, limit,
    /// stop strings and healing do not count.
    ///
    /// - Returns: the answers without what they begin with, the best first.
    /// - Throws: `EngineError`, `.constraint` for a request with one.
    public func beamSearch(
        _ request: GenerationRequest, _ parameters: BeamSearchParameters
    ) async throws -> [Hypothesis] {
        try await beamSearch(request, parameters, endTokens: Set(model.tokenizer.endOfGenerationTokens))
    }

    func beamSearch(
        _ request: GenerationRequest, _ parameters: BeamSearchParameters, endTokens: Set<Int32>
    ) async throws -> [Hypothesis] {
        guard request.constraint == nil else { throw EngineError.constraint("a search by beams knows none") }
        var parameters = parameters
        parameters.beams = max(1, parameters.beams)
        parameters.maximumTokens = max(1, min(parameters.maximumTokens, answerRoom(for: request)))
        var search = BeamSearch(parameters, endTokens: endTokens)
        while !search.isOver {
            let requests = search.running.map { continuing(request, by: $0.tokens, alternatives: search.width) }
            var continuations = Array(repeating: [TokenScore.Alternative](), count: requests.count)
            for try await next in try generate(requests) {
                if case .token(let token) = next.event { continuations[next.index] = token.score?.alternatives ?? [] }
            }
            try Task.checkCancellation()
            search.advance(continuations)
        }
        return search.finished.map { hypothesis in
            var hypothesis = hypothesis
            hypothesis.text = model.tokenizer.decode(hypothesis.tokens, skipSpecialTokens: true)
            return hypothesis
        }
    }

    /// Asks for the likeliest tokens behind an answer so far.
    private func continuing(
        _ request: GenerationRequest, by tokens: [Int32], alternatives: Int
    ) -> GenerationRequest {
        var next = request
        if let start = model.answerStart {
            next.answerStart = (request.answerStart ?? start) + tokens
        } else {
            next.prompt += tokens
        }
        (next.sampling, next.maximumTokens, next.stopStrings) = (.greedy, 1, [])
        (next.ignoresEndOfGeneration, next.logProbabilities, next.scoresPrompt) = (true, alternatives, false)
        (next.healsPrompt, next.overflow) = (false, .error)
        return next
    }
}
