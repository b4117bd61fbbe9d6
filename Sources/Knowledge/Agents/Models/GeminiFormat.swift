import JSONValues
import WebClient

/// Contents as Gemini streams them.
struct GeminiFormat: WireFormat {
    private var calls: [AgentToolCall] = []
    private var usage = ChatUsage()

    func path(model: String) -> String { "/models/\(model):streamGenerateContent?alt=sse" }
    var fields: [HTTPRequest.Field] { [] }
    func credential(_ key: String) -> HTTPRequest.Field { HTTPRequest.Field("x-goog-api-key", key) }

    func body(model: String, _ messages: [ChatMessage], _ options: ChatOptions) -> JSON {
        var settings = JSON.Object()
        if let temperature = options.temperature { settings["temperature"] = .number(temperature) }
        if let topP = options.topP { settings["topP"] = .number(topP) }
        if let maximum = options.maximumTokens { settings["maxOutputTokens"] = .integer(maximum) }
        if !options.stop.isEmpty { settings["stopSequences"] = .array(options.stop.map(JSON.string)) }
        if let schema = options.schema {
            settings["responseMimeType"] = "application/json"
            settings["responseJsonSchema"] = schema
        }
        var body: JSON.Object = ["contents": .array(messages.filter { $0.role != .system }.map(Self.turn))]
        let system = messages.filter { $0.role == .system }.map(\.text).joined(separator: "\n\n")
        if !system.isEmpty { body["systemInstruction"] = ["parts": [["text": .string(system)]]] }
        if !settings.isEmpty { body["generationConfig"] = .object(settings) }
        if !options.tools.isEmpty {
            let functions: [JSON] = options.tools.map {
                [
                    "name": .string($0.name), "description": .string($0.description),
                    "parametersJsonSchema": $0.parameters,
                ]
            }
            body["tools"] = [["functionDeclarations": .array(functions)]]
            if options.mustCallTool { body["toolConfig"] = ["functionCallingConfig": ["mode": "ANY"]] }
        }
        return .object(body)
    }

    private static func turn(_ message: ChatMessage) -> JSON {
        var parts: [JSON] = []
        if message.role == .tool {
            parts = [
                [
                    "functionResponse": [
                        "name": .string(message.toolName ?? ""), "response": ["result": .string(message.text)],
                    ]
                ]
            ]
        } else if !message.text.isEmpty {
            parts = [["text": .string(message.text)]]
        }
        parts += message.toolCalls.map { ["functionCall": ["name": .string($0.name), "args": $0.arguments]] }
        return ["role": message.role == .assistant ? "model" : "user", "parts": .array(parts)]
    }

    mutating func events(of data: String, model: String) throws -> [ChatEvent] {
        let value = try JSON(parsing: data, source: model)
        if let error = value["error"] {
            throw ModelError.server(model: model, reason: error["message"]?.stringValue ?? error.text())
        }
        if let counts = value["usageMetadata"] {
            usage.promptTokens = counts["promptTokenCount"]?.intValue ?? usage.promptTokens
            usage.completionTokens = counts["candidatesTokenCount"]?.intValue ?? usage.completionTokens
        }
        if let reason = value["promptFeedback"]?["blockReason"]?.stringValue {
            throw ModelError.server(model: model, reason: "the prompt is refused: \(reason)")
        }
        let candidate = value["candidates"]?[0]
        if candidate?["finishReason"] == "MAX_TOKENS" { usage.isCut = true }
        var events: [ChatEvent] = []
        for part in candidate?["content"]?["parts"]?.arrayValue ?? [] {
            if let text = part["text"]?.stringValue, part["thought"] != true { events.append(.text(text)) }
            if let call = part["functionCall"], let name = call["name"]?.stringValue {
                calls.append(
                    AgentToolCall(id: "call-\(calls.count)-\(name)", name: name, arguments: call["args"] ?? [:]))
            }
        }
        return events
    }

    mutating func finish(model: String) throws -> [ChatEvent] { calls.map(ChatEvent.toolCall) + [.finished(usage)] }
}
