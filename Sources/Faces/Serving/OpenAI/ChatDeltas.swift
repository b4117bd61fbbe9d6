import Inference
import JSONValues

/// One answer's parts as OpenAI's deltas.
struct DeltaStream: Sendable {
    private var parser: AnswerParser
    /// How many tools have been called.
    private(set) var calls = 0

    init(_ plan: AnswerPlan) { parser = plan.makeParser() }

    mutating func append(_ text: String) -> [JSON] { deltas(parser.append(text)) }

    mutating func finish(_ text: String) -> [JSON] { deltas(parser.append(text) + parser.finish()) }

    private mutating func deltas(_ parts: [AnswerPart]) -> [JSON] {
        parts.map { part in
            switch part {
            case .text(let text): return ["content": .string(text)]
            case .reasoning(let text): return ["reasoning_content": .string(text)]
            case .call(let index, let id, let name):
                calls = index + 1
                var call = ToolCall(id: id, name: name, arguments: "").members
                call.updateValue(.integer(index), forKey: "index", insertingAt: 0)
                return ["tool_calls": [.object(call)]]
            case .arguments(let index, let text):
                return ["tool_calls": [["index": .integer(index), "function": ["arguments": .string(text)]]]]
            }
        }
    }
}

extension ToolCall {
    /// OpenAI's form of a call.
    var members: JSON.Object {
        [
            "id": .string(id), "type": "function",
            "function": ["name": .string(name), "arguments": .string(arguments)],
        ]
    }
}

extension AnswerContents {
    /// OpenAI's message of an assistant.
    var message: JSON {
        var members: JSON.Object = ["role": "assistant", "content": .string(text)]
        if !calls.isEmpty, text.isEmpty { members["content"] = .null }
        if !reasoning.isEmpty { members["reasoning_content"] = .string(reasoning) }
        if !calls.isEmpty { members["tool_calls"] = .array(calls.map { .object($0.members) }) }
        return .object(members)
    }
}

extension Completion.FinishReason {
    /// OpenAI's name: an answer that calls tools has one of its own, unless a limit cut it.
    func chatName(calls: Int) -> String { self == .stop && calls > 0 ? "tool_calls" : rawValue }
}
