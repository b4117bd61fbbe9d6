import Inference
import JSONValues

/// The conversation of a chat request, checked and in the form that chat templates take.
struct ChatPrompt: Sendable {
    var messages: [JSON]
    var tools: [JSON]?
    var toolFields: ToolFields
    /// More variables for the template (`chat_template_kwargs`).
    var extra: JSON.Object
    /// Whether the prompt ends where the answer begins (`add_generation_prompt`).
    var addsGenerationPrompt: Bool
    /// Whether the last message is the beginning of the answer (`continue_final_message`).
    var continuesFinalMessage: Bool

    private static let roles: Set<String> = ["system", "developer", "user", "assistant", "tool", "function"]

    init(_ fields: RequestFields, tools toolFields: ToolFields) throws(APIError) {
        guard let elements = try fields.array("messages") else { throw .invalid("messages", "is missing") }
        guard !elements.isEmpty else { throw .invalid("messages", "must hold at least one message") }
        messages = []
        for (index, element) in elements.enumerated() {
            messages.append(try Self.message(element, path: "messages[\(index)]"))
        }
        self.toolFields = toolFields
        tools = toolFields.json.isEmpty ? nil : toolFields.json
        extra = try fields.fields("chat_template_kwargs")?.object ?? [:]
        continuesFinalMessage = try fields.bool("continue_final_message") ?? false
        addsGenerationPrompt = try fields.bool("add_generation_prompt") ?? !continuesFinalMessage
        if continuesFinalMessage, addsGenerationPrompt {
            throw .invalid("add_generation_prompt", "must be false where 'continue_final_message' is true")
        }
    }

    /// The prompt text; a conversation that the template refuses is the client's error.
    func text(for model: any ServedModel) throws(APIError) -> String {
        do {
            let (messages, tools) = conversation(for: model)
            let text = try model.render(
                messages: messages, tools: tools, addGenerationPrompt: addsGenerationPrompt, extra: extra)
            return text + endOfThought(after: text, model)
        } catch {
            throw Self.error(error)
        }
    }

    /// The prompt's tokens, of which only the template's own are special.
    func tokens(for model: any ServedModel) throws(APIError) -> [Int32] {
        let tokens: [Int32]
        do {
            let (messages, tools) = conversation(for: model)
            tokens = try model.prompt(
                for: messages, tools: tools, addGenerationPrompt: addsGenerationPrompt, extra: extra)
        } catch {
            throw Self.error(error)
        }
        if continuesFinalMessage { return try upToFinalMessage(tokens, try text(for: model), model) }
        guard wantsNoThought else { return tokens }
        let end = endOfThought(after: model.decode(tokens.suffix(16), skipSpecialTokens: false), model)
        return tokens + (end.isEmpty ? [] : model.encode(end, addSpecialTokens: false, parseSpecialTokens: true))
    }

    private var wantsNoThought: Bool {
        if case .bool(false)? = extra["enable_thinking"] { true } else { false }
    }

    /// What ends the thought that a template begins for the model although the request wants none: not every template asks.
    private func endOfThought(after text: String, _ model: any ServedModel) -> String {
        guard wantsNoThought, addsGenerationPrompt, let marks = model.reasoningFormat,
            marks.isBegun(by: text)
        else { return "" }
        return marks.end
    }

    /// Messages and tools as the model's template takes them: one that does not know tools has them explained in a message.
    private func conversation(for model: any ServedModel) -> (messages: [JSON], tools: [JSON]?) {
        guard model.toolCallFormat.explainsTools else { return (messages, tools) }
        return (ToolPrompt.explaining(tools == nil ? [] : toolFields.tools, in: messages), nil)
    }

    /// The tokens without those that the template writes behind the last message, whose own white space it may take away.
    private func upToFinalMessage(
        _ tokens: [Int32], _ text: String, _ model: any ServedModel
    ) throws(APIError) -> [Int32] {
        let content = messages.last?["content"]?.stringValue ?? ""
        let ranges = [content, content.trimmingWhiteSpace].lazy.compactMap { text.ranges(of: $0).last }
        guard !content.trimmingWhiteSpace.isEmpty, let range = ranges.first else {
            throw .invalid("continue_final_message", "needs a last message whose text the chat template writes")
        }
        let behind = model.encode(
            String(text[range.upperBound...]), addSpecialTokens: false, parseSpecialTokens: true)
        guard tokens.suffix(behind.count).elementsEqual(behind) else {
            throw .unsupported(
                "continue_final_message",
                "is not possible with this model's chat template: the message's end is part of a token")
        }
        return Array(tokens.dropLast(behind.count))
    }

    private static func error(_ error: any Error) -> APIError {
        if let error = error as? InferenceError {
            return APIError(.badRequest, "\(error)", param: "model", code: "no_chat_template")
        }
        return APIError(
            .badRequest, "The model's chat template does not take this conversation: \(error)", param: "messages",
            code: "template_error")
    }

    private static func message(_ element: JSON, path: String) throws(APIError) -> JSON {
        guard var members = element.objectValue else { throw .invalid(path, "must be an object, not \(element.kind)") }
        let fields = RequestFields(members, path: path)
        guard let role = try fields.string("role") else { throw .invalid(fields.name("role"), "is missing") }
        guard roles.contains(role) else {
            throw .invalid(
                fields.name("role"), "must be one of \(roles.sorted().joined(separator: ", ")), not \"\(role)\"")
        }
        // OpenAI's newer name for the system's role; templates only know the older one.
        if role == "developer" { members["role"] = "system" }
        switch fields["content"] {
        case .string?: break
        case .array(let parts)?: try check(parts, path: fields.name("content"))
        case nil:
            guard role == "assistant" else { throw .invalid(fields.name("content"), "is missing") }
            members["content"] = ""
        case let other?:
            throw .invalid(fields.name("content"), "must be a string or an array of parts, not \(other.kind)")
        }
        if role == "assistant" { try checkCalls(fields) }
        return .object(members)
    }

    /// Checks the calls of an earlier answer, so that no template stumbles over them.
    private static func checkCalls(_ message: RequestFields) throws(APIError) {
        for (index, call) in (try message.array("tool_calls") ?? []).enumerated() {
            let path = "\(message.name("tool_calls"))[\(index)]"
            guard let members = call.objectValue else { throw .invalid(path, "must be an object, not \(call.kind)") }
            let fields = RequestFields(members, path: path)
            guard let function = try fields.fields("function") else {
                throw .invalid(fields.name("function"), "is missing")
            }
            guard try function.string("name") != nil else { throw .invalid(function.name("name"), "is missing") }
            guard let arguments = function["arguments"]?.stringValue, !arguments.isEmpty else { continue }
            guard (try? JSON(parsing: arguments, source: path))?.objectValue != nil else {
                throw .invalid(function.name("arguments"), "must be the text of a JSON object")
            }
        }
    }

    /// Checks that all parts are text. The template gets them as they are, or as one string if it reads that.
    private static func check(_ parts: [JSON], path: String) throws(APIError) {
        for (index, part) in parts.enumerated() {
            guard let members = part.objectValue else {
                throw .invalid("\(path)[\(index)]", "must be an object, not \(part.kind)")
            }
            let fields = RequestFields(members, path: "\(path)[\(index)]")
            guard let type = try fields.string("type") else { throw .invalid(fields.name("type"), "is missing") }
            guard type == "text" else {
                throw .unsupported(fields.name("type"), "is \"\(type)\", but this server reads text only")
            }
            guard try fields.string("text") != nil else { throw .invalid(fields.name("text"), "is missing") }
        }
    }
}

extension String {
    /// The text without white space around it, which many templates take away.
    fileprivate var trimmingWhiteSpace: String {
        var text = self[...]
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return String(text.drop(while: \.isWhitespace))
    }
}
