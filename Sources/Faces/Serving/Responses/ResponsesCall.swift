import Constraints
import Decoding
import Inference
import JSONValues

/// A checked request of `POST /v1/responses`.
struct ResponsesCall: Sendable {
    let call: ConversationCall
    /// What a response repeats of its request.
    let echo: JSON.Object
    /// Alternatives to report with each token; nil for no report.
    let logProbabilities: Int?

    private static let remarks: Set<String> = [
        "include", "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "metadata", "user", "store",
        "service_tier",
    ]

    init(_ fields: RequestFields, host: ModelHost) throws(APIError) {
        let model = try host.model(for: fields)
        try fields.refuse(
            ["previous_response_id", "conversation"],
            "is not supported: nothing is kept here; send the conversation's items in 'input'")
        try fields.refuse(["prompt"], "is not supported: templates of prompts are not kept here")
        try fields.refuse(["background"], "is not supported: wait for the response, or stream it")
        try fields.refuse(["max_tool_calls"], "is not supported: this server has no tools of its own")
        let tools = try Self.tools(fields)
        let conversation = ChatPrompt(
            messages: try ResponsesInput(fields).messages, tools: tools, extra: try Self.reasoning(fields))
        var options = GenerationOptions(
            sampling: try SamplingParameters(fields, for: model),
            maximumTokens: try fields.integer("max_output_tokens", in: 1 ... .max) ?? model.usualLimit,
            stopStrings: try model.usualStops(),
            streams: try fields.bool("stream") ?? false)
        if let text = try fields.fields("text"), let (param, grammar) = try Self.grammar(text) {
            options.constraintField = param
            options.constraint = try model.constraint(param, grammar)
        }
        try fields.fields("stream_options")?.refuseUnread { key, _ in key == "include_obfuscation" }
        let truncation = try fields.string("truncation") ?? "disabled"
        guard truncation == "disabled" else {
            throw .unsupported(
                "truncation", "is \"\(truncation)\"; this server never leaves parts of a conversation out")
        }
        let alternatives = try fields.integer("top_logprobs", in: 0...ChatCall.maximumAlternatives)
        let includes = (try fields.array("include") ?? []).contains("message.output_text.logprobs")
        logProbabilities = includes || (alternatives ?? 0) > 0 ? alternatives ?? 0 : nil
        try fields.refuseUnread { key, value in
            Self.remarks.contains(key) || AcceptedFields.inGeneration(key, value)
        }
        call = try ConversationCall(
            tokens: try conversation.tokens(for: model), options, tools: tools, model: model,
            logProbabilities: logProbabilities,
            param: "input")
        echo = Self.echo(fields, options, model: model)
    }

    /// Functions stand in tools themselves here; they are read as chat completions have them.
    private static func tools(_ fields: RequestFields) throws(APIError) -> ToolFields {
        var chat: JSON.Object = [:]
        for key in ["tool_choice", "parallel_tool_calls"] { chat[key] = fields[key] }
        if let elements = try fields.array("tools") {
            chat["tools"] = .array(
                elements.map { element in
                    guard var function = element.objectValue, function["type"] == "function",
                        function["function"] == nil
                    else { return element }
                    function["type"] = nil
                    return ["type": "function", "function": .object(function)]
                })
        }
        return try ToolFields(RequestFields(chat))
    }

    private static func reasoning(_ fields: RequestFields) throws(APIError) -> JSON.Object {
        guard let reasoning = try fields.fields("reasoning"), let effort = try reasoning.string("effort") else {
            return [:]
        }
        return effort == "none" ? ["enable_thinking": false] : ["reasoning_effort": .string(effort)]
    }

    /// The form that `text.format` asks for; nil for free text.
    private static func grammar(_ text: RequestFields) throws(APIError) -> (String, Grammar)? {
        try text.refuseUnread { key, _ in key == "verbosity" || key == "format" }
        guard let format = try text.fields("format") else { return nil }
        switch try format.string("type") ?? "" {
        case "text": return nil
        case "json_object": return (text.name("format"), .jsonSchema(["type": "object"], .compact))
        case "json_schema":
            guard let schema = format["schema"] else { throw .invalid(format.name("schema"), "is missing") }
            return (format.name("schema"), .jsonSchema(schema, .compact))
        case let type:
            throw .unsupported(
                format.name("type"), "is \"\(type)\"; this server knows text, json_object and json_schema")
        }
    }

    private static func echo(
        _ fields: RequestFields, _ options: GenerationOptions, model: any ServedModel
    ) -> JSON.Object {
        [
            "instructions": fields["instructions"] ?? .null,
            "max_output_tokens": options.maximumTokens.map(JSON.integer) ?? .null,
            "max_tool_calls": .null, "metadata": fields["metadata"] ?? [:], "model": .string(model.id),
            "parallel_tool_calls": fields["parallel_tool_calls"] ?? true, "previous_response_id": .null,
            "reasoning": fields["reasoning"] ?? ["effort": .null, "summary": .null], "service_tier": "default",
            "store": false, "temperature": .decimal(options.sampling.temperature),
            "text": fields["text"] ?? ["format": ["type": "text"]], "tool_choice": fields["tool_choice"] ?? "auto",
            "tools": fields["tools"] ?? [], "top_logprobs": fields["top_logprobs"] ?? 0,
            "top_p": .decimal(options.sampling.topP), "truncation": "disabled", "user": fields["user"] ?? .null,
            "background": false,
        ]
    }
}
