import JSONValues
import WebClient

/// Chat completions as OpenAI streams them.
struct OpenAIFormat: WireFormat {
    private var calls: [Int: PartialCall] = [:]
    private var usage = ChatUsage()

    func path(model: String) -> String { "/chat/completions" }
    var fields: [HTTPRequest.Field] { [] }
    func credential(_ key: String) -> HTTPRequest.Field { HTTPRequest.Field("Authorization", "Bearer \(key)") }

    func body(model: String, _ messages: [ChatMessage], _ options: ChatOptions) -> JSON {
        var body: JSON.Object = [
            "model": .string(model), "messages": .array(messages.map(Self.turn)), "stream": true,
            "stream_options": ["include_usage": true],
        ]
        if let temperature = options.temperature { body["temperature"] = .number(temperature) }
        if let topP = options.topP { body["top_p"] = .number(topP) }
        if let maximum = options.maximumTokens { body["max_tokens"] = .integer(maximum) }
        if let seed = options.seed { body["seed"] = .integer(Int(truncatingIfNeeded: seed >> 1)) }
        if !options.stop.isEmpty { body["stop"] = .array(options.stop.map(JSON.string)) }
        if let schema = options.schema {
            body["response_format"] = [
                "type": "json_schema", "json_schema": ["name": "answer", "schema": schema, "strict": true],
            ]
        }
        if !options.tools.isEmpty {
            body["tools"] = .array(
                options.tools.map {
                    [
                        "type": "function",
                        "function": [
                            "name": .string($0.name), "description": .string($0.description),
                            "parameters": $0.parameters,
                        ],
                    ]
                })
            if options.mustCallTool { body["tool_choice"] = "required" }
        }
        return .object(body)
    }

    private static func turn(_ message: ChatMessage) -> JSON {
        var turn: JSON.Object = ["role": .string(message.role.rawValue), "content": .string(message.text)]
        if message.role == .tool { turn["tool_call_id"] = .string(message.callID ?? "") }
        if !message.toolCalls.isEmpty {
            turn["tool_calls"] = .array(
                message.toolCalls.map {
                    [
                        "id": .string($0.id), "type": "function",
                        "function": ["name": .string($0.name), "arguments": .string($0.arguments.text())],
                    ]
                })
        }
        return .object(turn)
    }

    mutating func events(of data: String, model: String) throws -> [ChatEvent] {
        if data == "[DONE]" { return [] }
        let value = try JSON(parsing: data, source: model)
        if let error = value["error"] {
            throw ModelError.server(model: model, reason: error["message"]?.stringValue ?? error.text())
        }
        if let counts = value["usage"], !counts.isNull {
            usage.promptTokens = counts["prompt_tokens"]?.intValue ?? usage.promptTokens
            usage.completionTokens = counts["completion_tokens"]?.intValue ?? usage.completionTokens
        }
        guard let choice = value["choices"]?[0] else { return [] }
        if choice["finish_reason"]?.stringValue == "length" { usage.isCut = true }
        for piece in choice["delta"]?["tool_calls"]?.arrayValue ?? [] {
            let place = piece["index"]?.intValue ?? calls.count
            var call = calls[place] ?? PartialCall()
            call.id += piece["id"]?.stringValue ?? ""
            call.name += piece["function"]?["name"]?.stringValue ?? ""
            call.arguments += piece["function"]?["arguments"]?.stringValue ?? ""
            calls[place] = call
        }
        guard let text = choice["delta"]?["content"]?.stringValue, !text.isEmpty else { return [] }
        return [.text(text)]
    }

    mutating func finish(model: String) throws -> [ChatEvent] {
        try calls.sorted { $0.key < $1.key }.map { .toolCall(try $0.value.call(model: model)) } + [.finished(usage)]
    }
}
