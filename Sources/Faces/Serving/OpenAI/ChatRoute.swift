import Hummingbird
import Inference
import JSONValues

/// `POST /v1/chat/completions`.
struct ChatRoute {
    let host: ModelHost
    /// Where answers are kept, if they are.
    var cache: ChatCache?

    func respond(to fields: RequestFields, context: some RequestContext) async throws -> Response {
        let call = try ChatCall(fields, host: host)
        if let cache, let key = cache.key(of: call) {
            let (answers, found) = try await cache.answers(to: call, key, context: context)
            var response = try await ChatReply(call: call).respond(
                with: answers, 1, streams: call.options.streams, context: context)
            response.headers[ChatCache.header] = ChatCache.description(of: found)
            return response
        }
        return try await ChatReply(call: call).respond(
            with: call.model, to: call.requests, call.options, prompts: [call.prompt], context: context)
    }

    /// llama-server's `POST /v1/chat/completions/input_tokens`: how many tokens a conversation's prompt has.
    func countTokens(_ fields: RequestFields) throws(APIError) -> JSON {
        let call = try ChatCall(fields, host: host)
        return ["object": "response.input_tokens", "input_tokens": .integer(call.prompt.count)]
    }
}

/// The reply to a chat call, in one piece or as a stream of chunks.
private struct ChatReply: GenerationReply {
    static let errors = ErrorShape.openAI

    private let call: ChatCall
    private let envelope: Envelope
    private var usage: Usage
    private var streams: [DeltaStream]
    private var pace = RunningTimings()

    init(call: ChatCall) {
        self.call = call
        envelope = Envelope(
            prefix: "chatcmpl", object: call.options.streams ? "chat.completion.chunk" : "chat.completion",
            model: call.model.id)
        usage = Usage(prompts: [call.prompt])
        streams = call.requests.map { _ in DeltaStream(call.plan) }
    }

    func whole(_ answers: [Answer]) -> JSON {
        var usage = Usage(prompts: [call.prompt])
        var choices: [JSON] = []
        var more = promptTokens
        for (index, answer) in answers.enumerated() {
            if let completion = answer.completion { usage.add(completion) }
            if index == 0, let count = call.options.promptLogProbabilities {
                more["prompt_logprobs"] = call.model.promptLogProbabilities(answer.promptScores, alternatives: count)
            }
            var contents = AnswerContents()
            var parser = call.plan.makeParser()
            for part in parser.append(answer.text) + parser.finish() { contents.append(part) }
            choices.append(
                choice(
                    index, key: "message", value: contents.message, tokens: answer.tokens,
                    finishReason: answer.completion.map { $0.finishReason.chatName(calls: contents.calls.count) }))
        }
        if call.isVerbose { more["__verbose"] = verbose }
        return envelope.json(choices: choices, usage: usage.json, timings: usage.timings, more: more)
    }

    mutating func messages(for next: AnswerEvent) -> [StreamMessage] {
        var timings: JSON?
        var more: JSON.Object = [:]
        var chunks: [JSON] = []
        switch next.event {
        case .prompt:
            pace.begin()
            chunks = [choice(next.index, key: "delta", value: ["role": "assistant", "content": .null])]
            more = promptTokens
        case .token(let token):
            pace.count()
            if call.reportsTimings { timings = pace.json }
            var deltas = streams[next.index].append(token.text)
            if deltas.isEmpty, token.score != nil || call.options.returnsTokenIDs { deltas = [["content": ""]] }
            chunks = deltas.enumerated().map {
                choice(next.index, key: "delta", value: $1, tokens: $0 == 0 ? [token] : [])
            }
        case .finished(let completion):
            usage.add(completion)
            timings = completion.timings
            if call.isVerbose { more["__verbose"] = verbose }
            var deltas = streams[next.index].finish(completion.trailingText)
            let last = deltas.popLast() ?? [:]
            chunks = deltas.map { choice(next.index, key: "delta", value: $0) }
            chunks.append(
                choice(
                    next.index, key: "delta", value: last,
                    finishReason: completion.finishReason.chatName(calls: streams[next.index].calls)))
        }
        return chunks.enumerated().map { index, chunk in
            StreamMessage(
                envelope.json(
                    choices: [chunk], usage: call.options.streamsUsage ? .null : nil,
                    timings: index == chunks.count - 1 ? timings : nil, more: more))
        }
    }

    func closing() -> [StreamMessage] { call.options.closing(envelope, usage) }

    private var verbose: JSON { ["prompt": .string(call.model.decode(call.prompt, skipSpecialTokens: false))] }

    private var promptTokens: JSON.Object {
        call.options.returnsTokenIDs ? ["prompt_token_ids": JSON(tokens: call.prompt)] : [:]
    }

    private func choice(
        _ index: Int, key: String, value: JSON, tokens: [GeneratedToken] = [],
        finishReason: String? = nil
    ) -> JSON {
        var members: JSON.Object = [
            "index": .integer(index),
            key: value,
            "logprobs": logProbabilities(of: tokens),
            "finish_reason": finishReason.map(JSON.string) ?? .null,
        ]
        if call.options.returnsTokenIDs { members["token_ids"] = JSON(tokens: tokens.map(\.id)) }
        return .object(members)
    }

    private func logProbabilities(of tokens: [GeneratedToken]) -> JSON {
        guard let alternatives = call.logProbabilities, !tokens.isEmpty else { return .null }
        let content = tokens.compactMap(\.score).map { call.model.logProbability($0, alternatives: alternatives) }
        return ["content": .array(content)]
    }
}
