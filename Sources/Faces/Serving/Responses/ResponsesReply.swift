import Essentials
import Inference
import JSONValues

/// The reply to `/v1/responses`, in one piece or as events.
struct ResponsesReply: GenerationReply {
    static let errors = ErrorShape.openAI

    private let request: ResponsesCall
    private let id = "resp_" + ResponsesItem.number()
    private let created = Int(Date().timeIntervalSince1970)
    private var reader: AnswerReader
    private var sequence = 0
    /// The items that are complete, and the one that is being written.
    private var items: [ResponsesItem] = []
    private var open: ResponsesItem?

    init(request: ResponsesCall) {
        self.request = request
        reader = request.call.makeReader()
    }

    func whole(_ answers: [Answer]) -> JSON {
        guard let answer = answers.first, let completion = answer.completion else { return response("failed", []) }
        let (contents, reasoningTokens) = request.call.contents(of: answer)
        var items: [ResponsesItem] = []
        if !contents.reasoning.isEmpty { items.append(ResponsesItem(.reasoning, text: contents.reasoning)) }
        if !contents.text.isEmpty || contents.calls.isEmpty {
            var item = ResponsesItem(.message, text: contents.text)
            item.scores = scores(answer.tokens)
            items.append(item)
        }
        items += contents.calls.map { ResponsesItem(.call(id: $0.id, name: $0.name), text: $0.arguments) }
        return finished(items, completion, reasoningTokens)
    }

    mutating func opening() -> [StreamMessage] {
        [
            event("response.created", ["response": response("in_progress", [])]),
            event("response.in_progress", ["response": response("in_progress", [])]),
        ]
    }

    mutating func messages(for next: AnswerEvent) -> [StreamMessage] {
        var events: [StreamMessage] = []
        var added: [JSON] = []
        if case .token(let token) = next.event { added = scores([token]) }
        for part in reader.parts(of: next.event) {
            events += write(part, scores: added)
            added = []
        }
        if case .finished(let completion) = next.event {
            if items.isEmpty, open == nil { events += begin(.message) }
            events += end()
            let name = completion.finishReason == .length ? "response.incomplete" : "response.completed"
            events.append(
                event(
                    name,
                    ["response": finished(items, completion, reader.reasoningTokens), "timings": completion.timings]))
        }
        return events
    }

    private mutating func write(_ part: AnswerPart, scores: [JSON]) -> [StreamMessage] {
        switch part {
        case .text(let text): return begin(.message) + [append(text, "response.output_text.delta", scores: scores)]
        case .reasoning(let text): return begin(.reasoning) + [append(text, "response.reasoning_text.delta")]
        case .call(_, let id, let name): return begin(.call(id: id, name: name))
        case .arguments(_, let text):
            guard open != nil else { return [] }
            return [append(text, "response.function_call_arguments.delta")]
        }
    }

    private mutating func append(_ text: String, _ name: String, scores: [JSON] = []) -> StreamMessage {
        open?.text += text
        open?.scores += scores
        var members: JSON.Object = ["delta": .string(text)]
        if open?.hasContent == true { members["content_index"] = 0 }
        if case .message? = open?.kind { members["logprobs"] = .array(scores) }
        return itemEvent(name, members)
    }

    private mutating func begin(_ kind: ResponsesItem.Kind) -> [StreamMessage] {
        if let open, open.kind == kind { return [] }
        var events = end()
        let item = ResponsesItem(kind, text: "")
        open = item
        events.append(
            event(
                "response.output_item.added",
                ["output_index": .integer(items.count), "item": item.json(status: "in_progress")]))
        if item.hasContent {
            events.append(
                itemEvent("response.content_part.added", ["content_index": 0, "part": item.part]))
        }
        return events
    }

    private mutating func end() -> [StreamMessage] {
        guard let item = open else { return [] }
        var events: [StreamMessage] = []
        switch item.kind {
        case .message:
            events.append(
                itemEvent(
                    "response.output_text.done",
                    ["content_index": 0, "text": .string(item.text), "logprobs": .array(item.scores)]))
        case .reasoning:
            events.append(
                itemEvent("response.reasoning_text.done", ["content_index": 0, "text": .string(item.text)]))
        case .call(_, let name):
            events.append(
                itemEvent(
                    "response.function_call_arguments.done",
                    ["arguments": .string(item.text), "name": .string(name)]))
        }
        if item.hasContent {
            events.append(itemEvent("response.content_part.done", ["content_index": 0, "part": item.part]))
        }
        events.append(
            event(
                "response.output_item.done",
                ["output_index": .integer(items.count), "item": item.json(status: "completed")]))
        items.append(item)
        open = nil
        return events
    }

    private mutating func itemEvent(_ name: String, _ members: JSON.Object) -> StreamMessage {
        var members = members
        members["item_id"] = .string(open?.id ?? "")
        members["output_index"] = .integer(items.count)
        return event(name, members)
    }

    private mutating func event(_ name: String, _ members: JSON.Object) -> StreamMessage {
        var event: JSON.Object = ["type": .string(name), "sequence_number": .integer(sequence)]
        event.merge(members) { $1 }
        sequence += 1
        return StreamMessage(.object(event), event: name)
    }

    private func finished(_ items: [ResponsesItem], _ completion: Completion, _ reasoningTokens: Int) -> JSON {
        let isCut = completion.finishReason == .length
        let usage: JSON = [
            "input_tokens": .integer(completion.promptTokens),
            "input_tokens_details": ["cached_tokens": .integer(completion.cachedTokens)],
            "output_tokens": .integer(completion.completionTokens),
            "output_tokens_details": ["reasoning_tokens": .integer(reasoningTokens)],
            "total_tokens": .integer(completion.promptTokens + completion.completionTokens),
        ]
        return response(
            isCut ? "incomplete" : "completed", items.map { $0.json(status: isCut ? "incomplete" : "completed") },
            ["usage": usage, "incomplete_details": isCut ? ["reason": "max_output_tokens"] : .null])
    }

    private func response(_ status: String, _ output: [JSON], _ more: JSON.Object = [:]) -> JSON {
        var members: JSON.Object = [
            "id": .string(id), "object": "response", "created_at": .integer(created), "status": .string(status),
            "error": .null, "incomplete_details": .null, "output": .array(output), "usage": .null,
        ]
        members.merge(request.echo) { $1 }
        members.merge(more) { $1 }
        return .object(members)
    }

    private func scores(_ tokens: [GeneratedToken]) -> [JSON] {
        guard let alternatives = request.logProbabilities else { return [] }
        return tokens.compactMap(\.score).map { request.call.model.logProbability($0, alternatives: alternatives) }
    }
}

/// An item of a response's output.
struct ResponsesItem: Sendable {
    enum Kind: Sendable, Hashable {
        case message, reasoning
        case call(id: String, name: String)
    }

    let kind: Kind
    let id: String
    var text: String
    var scores: [JSON] = []

    init(_ kind: Kind, text: String) {
        self.kind = kind
        self.text = text
        switch kind {
        case .message: id = "msg_" + Self.number()
        case .reasoning: id = "rs_" + Self.number()
        case .call: id = "fc_" + Self.number()
        }
    }

    static func number() -> String { String(UInt64.random(in: 0 ... .max), radix: 36) }

    /// Whether the text is a part of the item, which has events of its own.
    var hasContent: Bool {
        if case .call = kind { return false }
        return true
    }

    var part: JSON {
        kind == .reasoning
            ? ["type": "reasoning_text", "text": .string(text)]
            : [
                "type": "output_text", "text": .string(text), "annotations": [], "logprobs": .array(scores),
            ]
    }

    func json(status: String) -> JSON {
        let isBegun = status != "in_progress"
        switch kind {
        case .message:
            return [
                "id": .string(id), "type": "message", "status": .string(status), "role": "assistant",
                "content": isBegun ? [part] : [],
            ]
        case .reasoning:
            return [
                "id": .string(id), "type": "reasoning", "status": .string(status), "summary": [],
                "content": isBegun ? [part] : [],
            ]
        case .call(let call, let name):
            return [
                "id": .string(id), "type": "function_call", "status": .string(status), "call_id": .string(call),
                "name": .string(name), "arguments": .string(text),
            ]
        }
    }
}
