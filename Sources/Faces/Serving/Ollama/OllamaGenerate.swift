import Hummingbird
import Inference
import JSONValues

/// `POST /api/generate`.
struct OllamaGenerateRoute {
    let host: ModelHost

    func respond(to fields: RequestFields, context: some RequestContext) async throws -> Response {
        let options = try OllamaOptions(fields, host: host)
        let template = OllamaEnvelope(model: options.name, isChat: false)
        try fields.refuse(["images"], "is not supported: this server reads text only")
        try fields.refuse(["template"], "is not supported: the model's own template is used, or none with 'raw'")
        try fields.refuse(["suffix"], "is not supported here: use /infill")
        let prompt = try fields.string("prompt") ?? ""
        let system = try fields.string("system") ?? ""
        let isRaw = try fields.bool("raw") ?? false
        let earlier = try options.model.tokens(try fields.array("context") ?? [], param: "context")
        try fields.refuseUnread(accepting: AcceptedFields.inGeneration)
        guard !prompt.isEmpty || !system.isEmpty || !earlier.isEmpty else {
            return Response(json: template.json(done: try KeepAlive.doneReason(fields)))
        }
        let call: ConversationCall
        if isRaw || options.model.chatTemplateSource == nil && system.isEmpty {
            call = try ConversationCall(
                tokens: earlier
                    + options.model.encode(prompt, addSpecialTokens: earlier.isEmpty, parseSpecialTokens: true),
                options, param: "prompt")
        } else {
            var messages: [JSON] = system.isEmpty ? [] : [["role": "system", "content": .string(system)]]
            messages.append(["role": "user", "content": .string(prompt)])
            let conversation = ChatPrompt(messages: messages, extra: options.extra)
            call = try ConversationCall(
                tokens: earlier + (try conversation.tokens(for: options.model)), options, param: "prompt")
        }
        let reply = OllamaReply(call: call, options: options, envelope: template, returnsContext: !isRaw)
        return try await reply.respond(
            with: call.model, to: [call.request], streams: options.generation.streams, context: context)
    }
}

/// `POST /api/chat`.
struct OllamaChatRoute {
    let host: ModelHost

    func respond(to fields: RequestFields, context: some RequestContext) async throws -> Response {
        let options = try OllamaOptions(fields, host: host)
        let envelope = OllamaEnvelope(model: options.name, isChat: true)
        let messages = try OllamaMessages.read(fields)
        let tools = try ToolFields(fields)
        try fields.refuseUnread(accepting: AcceptedFields.inGeneration)
        guard !messages.isEmpty else { return Response(json: envelope.json(done: try KeepAlive.doneReason(fields))) }
        let continues = messages.last?["role"] == "assistant"
        let conversation = ChatPrompt(
            messages: messages, tools: tools, extra: options.extra, continuesFinalMessage: continues)
        let call = try ConversationCall(
            tokens: try conversation.tokens(for: options.model), options, tools: tools, param: "messages")
        let reply = OllamaReply(call: call, options: options, envelope: envelope, returnsContext: false)
        return try await reply.respond(
            with: call.model, to: [call.request], streams: options.generation.streams, context: context)
    }
}

extension ConversationCall {
    init(
        tokens: [Int32], _ options: OllamaOptions, tools: ToolFields = ToolFields(), param: String
    ) throws(APIError) {
        try self.init(
            tokens: tokens, try options.limited(tokens), tools: tools, model: options.model,
            logProbabilities: options.logProbabilities, param: param)
    }
}

/// The messages of `/api/chat`.
enum OllamaMessages {
    private static let roles: Set<String> = ["system", "user", "assistant", "tool"]

    /// The messages in the form that chat templates take.
    static func read(_ fields: RequestFields) throws(APIError) -> [JSON] {
        var messages: [JSON] = []
        for (index, element) in (try fields.array("messages") ?? []).enumerated() {
            let path = "messages[\(index)]"
            guard let members = element.objectValue else {
                throw .invalid(path, "must be an object, not \(element.kind)")
            }
            messages.append(try message(RequestFields(members, path: path)))
        }
        return messages
    }

    private static func message(_ fields: RequestFields) throws(APIError) -> JSON {
        guard let role = try fields.string("role") else { throw .invalid(fields.name("role"), "is missing") }
        guard roles.contains(role) else {
            throw .invalid(
                fields.name("role"), "must be one of \(roles.sorted().joined(separator: ", ")), not \"\(role)\"")
        }
        try fields.refuse(["images"], "is not supported: this server reads text only")
        var message: JSON.Object = ["role": .string(role), "content": .string(try fields.string("content") ?? "")]
        if let thoughts = try fields.string("thinking") { message["reasoning_content"] = .string(thoughts) }
        for key in ["name", "tool_name"] {
            if let name = try fields.string(key) { message["name"] = .string(name) }
        }
        if let id = try fields.string("tool_call_id") { message["tool_call_id"] = .string(id) }
        if let calls = try fields.array("tool_calls"), !calls.isEmpty {
            message["tool_calls"] = .array(
                calls.map { call in
                    guard var members = call.objectValue else { return call }
                    if members["type"] == nil { members["type"] = "function" }
                    return .object(members)
                })
        }
        try fields.refuseUnread { _, _ in false }
        return .object(message)
    }
}
