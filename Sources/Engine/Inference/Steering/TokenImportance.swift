extension Engine {
    /// How much parts of a prompt matter for an answer: by how much its log-probability falls when the part is suppressed in
    /// every attention (AtMan; Deiseroth et al. 2023). Above 0 a part speaks for the answer, below 0 against it.
    ///
    /// ```swift
    /// let importance = try await engine.importance(of: prompt.indices.map { $0..<$0 + 1 }, in: prompt, for: answer)
    /// for (token, value) in zip(prompt, importance) { print(engine.model.tokenizer.decode([token]), value) }
    /// ```
    ///
    /// The text is read once for each part.
    ///
    /// - Parameters:
    ///   - parts: ranges of the prompt's tokens.
    ///   - factor: what the part's weights are multiplied by; the paper's is 0.1.
    /// - Returns: one number for each part, in nats.
    /// - Throws: `EngineError`.
    public func importance(
        of parts: [Range<Int>], in prompt: [Int32], for answer: [Int32], factor: Float = 0.1
    ) async throws -> [Float] {
        try await importance(of: parts, in: GenerationRequest(prompt: prompt), for: answer, factor: factor)
    }

    /// The same in the prompt of a request: with its adapters and attention controls, for its client, until its deadline.
    ///
    /// - Returns: one number for each part, in nats.
    /// - Throws: `EngineError`.
    public func importance(
        of parts: [Range<Int>], in request: GenerationRequest, for answer: [Int32], factor: Float = 0.1
    ) async throws -> [Float] {
        var whole = request
        whole.prompt += answer
        (whole.maximumTokens, whole.logProbabilities, whole.scoresPrompt) = (0, 0, true)
        (whole.healsPrompt, whole.constraint, whole.overflow) = (false, nil, .error)
        whole.firstScored = request.prompt.count
        var requests = [whole]
        for part in parts {
            var request = whole
            request.attention.append(AttentionControl(tokens: part, factor: factor))
            requests.append(request)
        }
        var sums: [Float] = []
        // As many at a time as are worked on side by side: more would only wait.
        for start in stride(from: 0, to: requests.count, by: concurrentRequests) {
            let batch = Array(requests[start..<min(start + concurrentRequests, requests.count)])
            var found = [Float](repeating: 0, count: batch.count)
            for try await next in try generate(batch) {
                guard case .prompt(let scores) = next.event else { continue }
                found[next.index] = scores.reduce(0) { $0 + ($1.logProbability ?? 0) }
            }
            try Task.checkCancellation()
            sums += found
        }
        return sums.dropFirst().map { sums[0] - $0 }
    }
}
