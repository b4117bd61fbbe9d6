import Hummingbird
import Inference
import JSONValues

/// `POST /v1/chat/completions`.
struct ChatRoute {
    let host: ModelHost

    func respond(to fields: RequestFields, context: some RequestContext) async throws -> Response {
        let call = try ChatCall(fields, host: host)
        let reply = ChatReply(call: call)
        // What can't be worked on is refused before a stream begins.
        let answers = try call.model.generate(call.requests)
        if call.options.streams {
            return Response.events(context: context) { try await reply.stream(answers, to: &$0) }
        }
        return try await Peer.whileThere { Response(json: try await reply.whole(answers)) }
    }
}

/// The reply to a chat call, in one piece or as a stream of chunks.
private struct ChatReply: Sendable {
    let call: ChatCall
    let envelope: Envelope

    init(call: ChatCall) {
        self.call = call
        envelope = Envelope(
            prefix: "chatcmpl", object: call.options.streams ? "chat.completion.chunk" : "chat.completion",
            model: call.model.id)
    }

    func whole(_ stream: AsyncThrowingStream<AnswerEvent, any Error>) async throws -> JSON {
        let answers = try await stream.complete(call.requests.count)
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
        return envelope.json(choices: choices, usage: usage.json, timings: usage.timings, more: more)
    }

    func stream(
        _ answers: AsyncThrowingStream<AnswerEvent, any Error>, to events: inout EventWriter
    ) async throws {
        var usage = Usage(prompts: [call.prompt])
        let pendingUsage: JSON? = call.options.streamsUsage ? .null : nil
        var streams = call.requests.map { _ in DeltaStream(call.plan) }
        for try await next in answers {
            var timings: JSON?
            var more: JSON.Object = [:]
            var chunks: [JSON] = []
            switch next.event {
            case .prompt:
                chunks = [choice(next.index, key: "delta", value: ["role": "assistant", "content": ""])]
                more = promptTokens
            case .token(let token):
                var deltas = streams[next.index].append(token.text)
                if deltas.isEmpty, token.score != nil || call.options.returnsTokenIDs { deltas = [["content": ""]] }
                chunks = deltas.enumerated().map {
                    choice(next.index, key: "delta", value: $1, tokens: $0 == 0 ? [token] : [])
                }
            case .finished(let completion):
                usage.add(completion)
                timings = completion.timings
                var deltas = streams[next.index].finish(completion.trailingText)
                let last = deltas.popLast() ?? [:]
                chunks = deltas.map { choice(next.index, key: "delta", value: $0) }
                chunks.append(
                    choice(
                        next.index, key: "delta", value: last,
                        finishReason: completion.finishReason.chatName(calls: streams[next.index].calls)))
            }
            for (index, chunk) in chunks.enumerated() {
                try await events.send(
                    envelope.json(
                        choices: [chunk], usage: pendingUsage, timings: index == chunks.count - 1 ? timings : nil,
                        more: more))
            }
        }
        try Task.checkCancellation()
        if call.options.streamsUsage {
            try await events.send(envelope.json(choices: [], usage: usage.json, timings: usage.timings))
        }
        try await events.sendDone()
    }

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
        let content = tokens.compactMap(\.score).map { score in
            var entry = self.entry(score.id, score.logProbability ?? 0)
            entry["top_logprobs"] = .array(
                score.alternatives.prefix(alternatives).map { .object(self.entry($0.id, $0.logProbability)) })
            return JSON.object(entry)
        }
        return ["content": .array(content)]
    }

    private func entry(_ token: Int32, _ logProbability: Float) -> JSON.Object {
        [
            "token": .string(call.model.text(of: token)),
            "logprob": .number(Double(logProbability)),
            "bytes": .array(call.model.bytes(of: token).map { .integer(Int($0)) }),
        ]
    }
}
