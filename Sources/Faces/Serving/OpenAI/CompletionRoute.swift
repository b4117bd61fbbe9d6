import Hummingbird
import Inference
import JSONValues

/// `POST /v1/completions`.
struct CompletionRoute {
    let host: ModelHost

    func respond(to fields: RequestFields, context: some RequestContext) async throws -> Response {
        let call = try CompletionCall(fields, host: host)
        return try await CompletionReply(call: call).respond(
            with: call.model, to: call.requests, call.options, prompts: call.prompts, context: context)
    }
}

/// The reply to a completion call, in one piece or as a stream of chunks.
private struct CompletionReply: GenerationReply {
    static let errors = ErrorShape.openAI

    private let call: CompletionCall
    private let envelope: Envelope
    private var usage: Usage
    private var scores: [CompletionLogProbabilities?] = []

    init(call: CompletionCall) {
        self.call = call
        envelope = Envelope(prefix: "cmpl", object: "text_completion", model: call.model.id)
        usage = Usage(prompts: call.prompts)
        scores = call.requests.map { _ in logProbabilities() }
    }

    func whole(_ answers: [Answer]) -> JSON {
        var usage = Usage(prompts: call.prompts)
        var choices: [JSON] = []
        for (index, answer) in answers.enumerated() {
            if let completion = answer.completion { usage.add(completion) }
            let echo = call.echoes?[call.promptIndex(ofAnswer: index)] ?? ""
            var scores = logProbabilities()
            if call.echoes != nil { for score in answer.promptScores { scores?.append(score) } }
            for token in answer.tokens { if let score = token.score { scores?.append(score) } }
            choices.append(
                choice(
                    index, text: echo + answer.text, logProbabilities: scores?.take(),
                    tokens: answer.tokens.map(\.id), finishReason: answer.completion?.finishReason,
                    withPrompt: true,
                    promptScores: call.options.promptLogProbabilities.map {
                        call.model.promptLogProbabilities(answer.promptScores, alternatives: $0)
                    }))
        }
        return envelope.json(choices: choices, usage: usage.json, timings: usage.timings)
    }

    mutating func messages(for next: AnswerEvent) -> [StreamMessage] {
        let index = next.index
        var timings: JSON?
        let chunk: JSON
        switch next.event {
        case .prompt(let promptScores):
            let echo = call.echoes?[call.promptIndex(ofAnswer: index)]
            guard echo != nil || call.options.returnsTokenIDs else { return [] }
            for score in promptScores { scores[index]?.append(score) }
            chunk = choice(index, text: echo ?? "", logProbabilities: scores[index]?.take(), withPrompt: true)
        case .token(let token):
            guard !token.text.isEmpty || token.score != nil || call.options.returnsTokenIDs else { return [] }
            if let score = token.score { scores[index]?.append(score) }
            chunk = choice(
                index, text: token.text, logProbabilities: scores[index]?.take(), tokens: [token.id])
        case .finished(let completion):
            usage.add(completion)
            timings = completion.timings
            chunk = choice(
                index, text: completion.trailingText, logProbabilities: nil, finishReason: completion.finishReason)
        }
        let pending: JSON? = call.options.streamsUsage ? .null : nil
        return [StreamMessage(envelope.json(choices: [chunk], usage: pending, timings: timings))]
    }

    func closing() -> [StreamMessage] { call.options.closing(envelope, usage) }

    private func logProbabilities() -> CompletionLogProbabilities? {
        call.logProbabilities.map { CompletionLogProbabilities(model: call.model, alternatives: $0) }
    }

    private func choice(
        _ index: Int, text: String, logProbabilities: JSON?, tokens: [Int32] = [],
        finishReason: Completion.FinishReason? = nil, withPrompt: Bool = false,
        promptScores: JSON? = nil
    ) -> JSON {
        var members: JSON.Object = [
            "index": .integer(index),
            "text": .string(text),
            "logprobs": logProbabilities ?? .null,
            "finish_reason": finishReason.map { .string($0.rawValue) } ?? .null,
        ]
        if let promptScores { members["prompt_logprobs"] = promptScores }
        if call.options.returnsTokenIDs {
            members["token_ids"] = JSON(tokens: tokens)
            if withPrompt {
                members["prompt_token_ids"] = JSON(tokens: call.prompts[call.promptIndex(ofAnswer: index)])
            }
        }
        return .object(members)
    }
}
