import JSONValues

extension TaskEvaluator {
    /// Questions that a server left without an answer.
    struct Missing: Sendable {
        /// How many of all.
        var count: Int
        var total: Int
        /// What went wrong with the last one.
        var reason: String
    }

    /// Asks what is not answered yet, each question once.
    ///
    /// - Returns: What a server did not answer; nil if there is nothing such.
    /// - Throws: What the model throws, but errors of kind `.unanswered`: as many of them in a row as are asked at once, three at
    ///   least, mean that the server is gone, and nothing more is asked.
    func ask(
        _ requests: [TaskRun.Request], _ model: some Scorer, _ answers: inout AnswerFile,
        _ progress: @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws -> Missing? {
        var (seen, waiting) = (Set<TaskRun.Request>(), [TaskRun.Request]())
        for request in requests where seen.insert(request).inserted && answers.answers[request] == nil {
            waiting.append(request)
        }
        let total = seen.count
        var (done, inRow, failure) = (total - waiting.count, 0, EvaluationError?.none)
        let patience = max(3, model.concurrency)
        progress(done, total)
        try await withThrowingTaskGroup(of: (TaskRun.Request, Result<JSON, EvaluationError>).self) { group in
            var next = waiting.makeIterator()
            func ask() {
                guard let request = next.next() else { return }
                group.addTask { (request, try await Self.answer(request, model)) }
            }
            for _ in 0..<max(model.concurrency, 1) { ask() }
            while let (request, answer) = try await group.next() {
                switch answer {
                case .success(let answer):
                    try answers.add(request, answer)
                    (done, inRow) = (done + 1, 0)
                    progress(done, total)
                case .failure(let error): (inRow, failure) = (inRow + 1, error)
                }
                if inRow < patience { ask() }
            }
        }
        return failure.map { Missing(count: total - done, total: total, reason: $0.description) }
    }

    /// The answer, or why a server gave none.
    private static func answer(
        _ request: TaskRun.Request, _ model: some Scorer
    ) async throws -> Result<JSON, EvaluationError> {
        do {
            switch request {
            case .likelihood(let context, let continuation):
                let likelihood = try await model.logLikelihood(of: continuation, after: context)
                guard !likelihood.logProbability.isNaN else {
                    throw EvaluationError(
                        .model, at: model.name, "its log-likelihood of \(continuation.prefix(80)) is not a number")
                }
                return .success([.number(likelihood.logProbability), .bool(likelihood.isGreedy)])
            case .rolling(let text): return .success(.number(try await model.rollingLogLikelihood(of: text)))
            case .generation(let context, let settings, _):
                return .success(.string(try await model.generate(after: context, options: settings)))
            }
        } catch let error as EvaluationError where error.kind == .unanswered {
            return .failure(error)
        }
    }
}
