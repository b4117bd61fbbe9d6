extension Engine {
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
        var parameters = parameters
        parameters.beams = max(1, parameters.beams)
        parameters.maximumTokens = max(1, min(parameters.maximumTokens, contextLength - prompt.count))
        var search = BeamSearch(parameters, endTokens: endTokens)
        while !search.isOver {
            var requests: [GenerationRequest] = []
            for beam in search.running {
                requests.append(
                    GenerationRequest(
                        prompt: prompt + beam.tokens, sampling: .greedy, maximumTokens: 1, ignoresEndOfGeneration: true,
                        logProbabilities: search.width))
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
