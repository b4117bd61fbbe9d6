import Decoding
import Inference
import JSONValues

/// A checked request of `POST /v1/messages`.
struct AnthropicCall: Sendable {
    let call: ConversationCall

    /// Fields that say who asks, or how a service is to keep and bill it.
    private static let remarks: Set<String> = ["metadata", "service_tier", "inference_geo", "betas", "cache_control"]

    init(_ fields: RequestFields, host: ModelHost) throws(APIError) {
        let model = try host.model(for: fields)
        let (conversation, tools) = try Self.conversation(fields)
        guard let limit = try fields.integer("max_tokens", in: 1 ... .max) else {
            throw .invalid("max_tokens", "is missing")
        }
        var options = GenerationOptions(
            sampling: try SamplingParameters(fields, for: model), maximumTokens: limit,
            stopStrings: try fields["stop_sequences"] == nil
                ? model.usualStops() : GenerationOptions.stopStrings(fields, key: "stop_sequences"),
            streams: try fields.bool("stream") ?? false)
        options.ignoresEndOfGeneration = try fields.bool("ignore_eos") ?? false
        if let format = try Self.format(fields) {
            guard try format.string("type") == "json_schema", let schema = format["schema"] else {
                throw .unsupported(format.name("type"), "must be json_schema, with a schema")
            }
            options.constraint = try model.constraint(
                format.name("schema"), .jsonSchema(schema, .compact))
            options.constraintField = format.name("schema")
        }
        try Self.refuseOthers(fields)
        call = try ConversationCall(
            tokens: try conversation.tokens(for: model), options, tools: tools, model: model, param: "messages")
    }

    private static func format(_ fields: RequestFields) throws(APIError) -> RequestFields? {
        if let format = try fields.fields("output_format") { return format }
        guard let configuration = try fields.fields("output_config") else { return nil }
        try configuration.refuseUnread { key, _ in key == "effort" || key == "format" }
        return try configuration.fields("format")
    }

    /// The conversation of a request, which may be one that is only to be counted.
    static func conversation(_ fields: RequestFields) throws(APIError) -> (ChatPrompt, ToolFields) {
        let messages = try AnthropicMessages(fields)
        let tools = try AnthropicTools.read(fields)
        let prompt = ChatPrompt(
            messages: messages.messages, tools: tools, extra: try thinking(fields),
            continuesFinalMessage: messages.continuesFinalMessage)
        return (prompt, tools)
    }

    /// The template's variables that say whether the model is to think.
    private static func thinking(_ fields: RequestFields) throws(APIError) -> JSON.Object {
        guard let thinking = try fields.fields("thinking") else { return [:] }
        // How long it thinks is the model's own decision.
        _ = try thinking.integer("budget_tokens", in: 1 ... .max)
        let type = try thinking.string("type") ?? ""
        guard ["enabled", "disabled", "adaptive"].contains(type) else {
            throw .invalid(thinking.name("type"), "must be enabled, disabled or adaptive, not \"\(type)\"")
        }
        return type == "adaptive" ? [:] : ["enable_thinking": .bool(type == "enabled")]
    }

    static func refuseOthers(_ fields: RequestFields) throws(APIError) {
        try fields.refuse(["mcp_servers", "container", "context_management"], "is not supported by this server")
        try fields.refuseUnread { key, value in
            remarks.contains(key) || AcceptedFields.inGeneration(key, value)
        }
    }
}
