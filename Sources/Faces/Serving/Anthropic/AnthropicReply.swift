import Inference
import JSONValues

/// The reply to `/v1/messages`, in one piece or as events.
struct AnthropicReply: GenerationReply {
    static let errors = ErrorShape.anthropic

    private enum Block: Equatable { case text, thinking, call(Int) }

    private let call: ConversationCall
    private let id = "msg_" + String(UInt64.random(in: 0 ... .max), radix: 36)
    private var reader: AnswerReader
    /// The block that is open, and how many there have been.
    private var open: Block?
    private var blocks = 0
    private var hasCalls = false

    init(call: ConversationCall) {
        self.call = call
        reader = call.makeReader()
    }

    func whole(_ answers: [Answer]) -> JSON {
        guard let answer = answers.first, let completion = answer.completion else { return message([], nil, [:]) }
        let contents = call.contents(of: answer).contents
        var blocks: [JSON] = []
        if !contents.reasoning.isEmpty {
            blocks.append(["type": "thinking", "thinking": .string(contents.reasoning), "signature": ""])
        }
        if !contents.text.isEmpty || contents.calls.isEmpty {
            blocks.append(["type": "text", "text": .string(contents.text)])
        }
        for call in contents.calls {
            let input = (try? JSON(parsing: call.arguments, source: "arguments")) ?? [:]
            blocks.append(["type": "tool_use", "id": .string(call.id), "name": .string(call.name), "input": input])
        }
        return message(blocks, stop(completion, hasCalls: !contents.calls.isEmpty), usage(completion))
    }

    func opening() -> [StreamMessage] { [] }

    mutating func messages(for next: AnswerEvent) -> [StreamMessage] {
        var events: [JSON] = []
        if case .prompt = next.event {
            let usage: JSON = [
                "input_tokens": .integer(call.prompt.count), "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0, "output_tokens": 0,
            ]
            events.append(["type": "message_start", "message": message([], nil, usage)])
        }
        for part in reader.parts(of: next.event) { events += write(part) }
        if case .finished(let completion) = next.event {
            // An answer without any text has an empty block of it.
            if blocks == 0 { events += begin(.text) }
            events += end()
            let (reason, sequence) = stop(completion, hasCalls: hasCalls)
            events.append([
                "type": "message_delta",
                "delta": ["stop_reason": .string(reason), "stop_sequence": sequence.map(JSON.string) ?? .null],
                "usage": usage(completion),
            ])
            events.append(["type": "message_stop"])
        }
        return events.map { StreamMessage($0, event: $0["type"]?.stringValue) }
    }

    private mutating func write(_ part: AnswerPart) -> [JSON] {
        switch part {
        case .text(let text): begin(.text) + [delta(["type": "text_delta", "text": .string(text)])]
        case .reasoning(let text): begin(.thinking) + [delta(["type": "thinking_delta", "thinking": .string(text)])]
        case .call(let index, let id, let name): begin(.call(index), id: id, name: name)
        case .arguments(let index, let text):
            begin(.call(index)) + [delta(["type": "input_json_delta", "partial_json": .string(text)])]
        }
    }

    /// Opens a block unless it is open; another one is closed before.
    private mutating func begin(_ block: Block, id: String = "", name: String = "") -> [JSON] {
        guard open != block else { return [] }
        let events = end()
        let content: JSON
        switch block {
        case .text: content = ["type": "text", "text": ""]
        case .thinking: content = ["type": "thinking", "thinking": "", "signature": ""]
        case .call:
            hasCalls = true
            content = ["type": "tool_use", "id": .string(id), "name": .string(name), "input": [:]]
        }
        open = block
        blocks += 1
        return events + [["type": "content_block_start", "index": .integer(blocks - 1), "content_block": content]]
    }

    private mutating func end() -> [JSON] {
        guard open != nil else { return [] }
        open = nil
        return [["type": "content_block_stop", "index": .integer(blocks - 1)]]
    }

    private func delta(_ delta: JSON) -> JSON {
        ["type": "content_block_delta", "index": .integer(blocks - 1), "delta": delta]
    }

    private func stop(_ completion: Completion, hasCalls: Bool) -> (reason: String, sequence: String?) {
        if completion.finishReason == .length { return ("max_tokens", nil) }
        if hasCalls { return ("tool_use", nil) }
        return completion.stopString.map { ("stop_sequence", $0) } ?? ("end_turn", nil)
    }

    /// Input tokens are those that were computed; the others were read from the cache.
    private func usage(_ completion: Completion) -> JSON {
        [
            "input_tokens": .integer(completion.promptTokens - completion.cachedTokens),
            "cache_creation_input_tokens": 0, "cache_read_input_tokens": .integer(completion.cachedTokens),
            "output_tokens": .integer(completion.completionTokens),
        ]
    }

    private func message(_ content: [JSON], _ stop: (reason: String, sequence: String?)?, _ usage: JSON) -> JSON {
        [
            "id": .string(id), "type": "message", "role": "assistant", "model": .string(call.model.id),
            "content": .array(content), "stop_reason": stop.map { .string($0.reason) } ?? .null,
            "stop_sequence": stop?.sequence.map(JSON.string) ?? .null, "usage": usage,
        ]
    }
}
