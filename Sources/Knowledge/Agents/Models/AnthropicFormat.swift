import JSONValues
import WebClient

/// Messages as Anthropic streams them. A schema becomes a tool that must be called, whose arguments are the answer.
struct AnthropicFormat: WireFormat {
    private static let formName = "give_answer"
    private var calls: [Int: PartialCall] = [:]
    private var usage = ChatUsage()

    func path(model: String) -> String { "/messages" }
    var fields: [HTTPRequest.Field] { [HTTPRequest.Field("anthropic-version", "2023-06-01")] }
    func credential(_ key: String) -> HTTPRequest.Field { HTTPRequest.Field("x-api-key", key) }

    func body(model: String, _ messages: [ChatMessage], _ options: ChatOptions) -> JSON {
        let system = messages.filter { $0.role == .system }.map(\.text).joined(separator: "\n\n")
        var body: JSON.Object = [
            "model": .string(model), "max_tokens": .integer(options.maximumTokens ?? 4096), "stream": true,
            "messages": .array(Self.turns(messages)),
        ]
        if !system.isEmpty { body["system"] = .string(system) }
        if let temperature = options.temperature { body["temperature"] = .number(min(temperature, 1)) }
        if let topP = options.topP { body["top_p"] = .number(topP) }
        if !options.stop.isEmpty { body["stop_sequences"] = .array(options.stop.map(JSON.string)) }
        var tools: [JSON] = options.tools.map {
            ["name": .string($0.name), "description": .string($0.description), "input_schema": $0.parameters]
        }
        if options.mustCallTool { body["tool_choice"] = ["type": "any"] }
        if let schema = options.schema, options.tools.isEmpty {
            tools = [["name": .string(Self.formName), "description": "Give the answer.", "input_schema": schema]]
            body["tool_choice"] = ["type": "tool", "name": .string(Self.formName)]
        }
        if !tools.isEmpty { body["tools"] = .array(tools) }
        return .object(body)
    }

    /// Turns of one side in a row are one turn.
    private static func turns(_ messages: [ChatMessage]) -> [JSON] {
        var turns: [(role: String, content: [JSON])] = []
        for message in messages where message.role != .system {
            let role = message.role == .assistant ? "assistant" : "user"
            var content: [JSON] = []
            if message.role == .tool {
                content = [
                    [
                        "type": "tool_result", "tool_use_id": .string(message.callID ?? ""),
                        "content": .string(message.text),
                    ]
                ]
            } else if !message.text.isEmpty {
                content = [["type": "text", "text": .string(message.text)]]
            }
            content += message.toolCalls.map {
                ["type": "tool_use", "id": .string($0.id), "name": .string($0.name), "input": $0.arguments]
            }
            if turns.last?.role == role {
                turns[turns.count - 1].content += content
            } else {
                turns.append((role, content))
            }
        }
        return turns.map { ["role": .string($0.role), "content": .array($0.content)] }
    }

    mutating func events(of data: String, model: String) throws -> [ChatEvent] {
        let value = try JSON(parsing: data, source: model)
        let place = value["index"]?.intValue ?? 0
        switch value["type"]?.stringValue {
        case "error":
            throw ModelError.server(model: model, reason: value["error"]?["message"]?.stringValue ?? value.text())
        case "message_start":
            usage.promptTokens = value["message"]?["usage"]?["input_tokens"]?.intValue ?? 0
        case "content_block_start" where value["content_block"]?["type"] == "tool_use":
            calls[place] = PartialCall(
                id: value["content_block"]?["id"]?.stringValue ?? "",
                name: value["content_block"]?["name"]?.stringValue ?? "")
        case "content_block_delta":
            if let text = value["delta"]?["text"]?.stringValue { return [.text(text)] }
            if let piece = value["delta"]?["partial_json"]?.stringValue {
                if calls[place]?.name == Self.formName { return [.text(piece)] }
                calls[place]?.arguments += piece
            }
        case "message_delta":
            usage.completionTokens = value["usage"]?["output_tokens"]?.intValue ?? usage.completionTokens
            if value["delta"]?["stop_reason"] == "max_tokens" { usage.isCut = true }
        default: break
        }
        return []
    }

    mutating func finish(model: String) throws -> [ChatEvent] {
        try calls.filter { $0.value.name != Self.formName }.sorted { $0.key < $1.key }
            .map { .toolCall(try $0.value.call(model: model)) } + [.finished(usage)]
    }
}
