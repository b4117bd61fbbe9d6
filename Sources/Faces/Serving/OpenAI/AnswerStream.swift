import Inference

/// An event of one of several answers that are generated side by side.
struct AnswerEvent: Sendable {
    /// Which answer: the index of its request, which is OpenAI's `choices[].index`.
    var index: Int
    var event: GenerationEvent
}

extension ServedModel {
    /// Generates all answers at once and hands on their events as they come; ending the iteration stops them all.
    func answers(to requests: [GenerationRequest]) -> AsyncThrowingStream<AnswerEvent, any Error> {
        AsyncThrowingStream { continuation in
            let work = Task {
                do {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for (index, request) in requests.enumerated() {
                            group.addTask {
                                for try await event in generate(request) {
                                    continuation.yield(AnswerEvent(index: index, event: event))
                                }
                            }
                        }
                        try await group.waitForAll()
                    }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in work.cancel() }
        }
    }

    /// Generates all answers and returns each answer's events once all are complete.
    func completeAnswers(to requests: [GenerationRequest]) async throws -> [Answer] {
        var answers = requests.map { _ in Answer() }
        for try await next in self.answers(to: requests) { answers[next.index].append(next.event) }
        // A cancelled iteration ends without an error; an answer cut short must not look complete.
        try Task.checkCancellation()
        return answers
    }
}

/// All that was reported about one answer.
struct Answer: Sendable {
    var promptScores: [TokenScore] = []
    var tokens: [GeneratedToken] = []
    var text = ""
    var completion: Completion?

    mutating func append(_ event: GenerationEvent) {
        switch event {
        case .prompt(let scores): promptScores = scores
        case .token(let token):
            tokens.append(token)
            text += token.text
        case .finished(let end):
            text += end.trailingText
            completion = end
        }
    }
}
