import Inference

extension AsyncThrowingStream<AnswerEvent, any Error> {
    /// Each answer's events, once all of so many are complete.
    func complete(_ count: Int) async throws -> [Answer] {
        var answers = [Answer](repeating: Answer(), count: count)
        for try await next in self { answers[next.index].append(next.event) }
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
