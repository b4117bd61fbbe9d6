extension Engine {
    /// Searches for the likeliest translation of a request that ``LanguageModel/translation(of:from:to:)`` has made; the text is
    /// read anew for each token.
    ///
    /// - Returns: the answers without what they begin with, the best first.
    /// - Throws: `EngineError`.
    public func beamSearch(
        _ request: GenerationRequest, _ parameters: BeamSearchParameters
    ) async throws -> [Hypothesis] {
        let start = request.answerStart ?? model.answerStart ?? []
        return try await beamSearch(
            parameters, givenCount: request.prompt.count + start.count,
            endTokens: Set(model.tokenizer.endOfGenerationTokens)
        ) { tokens in
            var next = GenerationRequest(prompt: request.prompt)
            next.answerStart = start + tokens
            return next
        }
    }

    /// Searches for the likeliest answers as a whole, where sampling looks at one token after the other.
    ///
    /// ```swift
    /// let hypotheses = try await engine.beamSearch(prompt, BeamSearchParameters(beams: 4, maximumTokens: 32))
    /// for hypothesis in hypotheses { print(hypothesis.score, hypothesis.text) }
    /// ```
    ///
    /// The texts of a step are computed in one batch; each takes up what is kept of its beginning in whole pages of 32 tokens, and
    /// the tokens behind those are computed again with each step.
    ///
    /// - Returns: as many answers as there are beams, fewer if not so many have ended; the best first.
    /// - Throws: `EngineError`.
    public func beamSearch(_ prompt: [Int32], _ parameters: BeamSearchParameters) async throws -> [Hypothesis] {
        try await beamSearch(prompt, parameters, endTokens: Set(model.tokenizer.endOfGenerationTokens))
    }

    func beamSearch(
        _ prompt: [Int32], _ parameters: BeamSearchParameters, endTokens: Set<Int32>
    ) async throws -> [Hypothesis] {
        try await beamSearch(parameters, givenCount: prompt.count, endTokens: endTokens) { tokens in
            GenerationRequest(prompt: prompt + tokens)
        }
    }

    /// Searches among what `continuing` asks for, given the tokens of an answer so far.
    private func beamSearch(
        _ parameters: BeamSearchParameters, givenCount: Int, endTokens: Set<Int32>,
        continuing: ([Int32]) -> GenerationRequest
    ) async throws -> [Hypothesis] {
        var parameters = parameters
        parameters.beams = max(1, parameters.beams)
        parameters.maximumTokens = max(1, min(parameters.maximumTokens, contextLength - givenCount))
        var search = BeamSearch(parameters, endTokens: endTokens)
        while !search.isOver {
            var requests: [GenerationRequest] = []
            for beam in search.running {
                var request = continuing(beam.tokens)
                (request.sampling, request.maximumTokens) = (.greedy, 1)
                (request.ignoresEndOfGeneration, request.logProbabilities) = (true, search.width)
                requests.append(request)
            }
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
}
