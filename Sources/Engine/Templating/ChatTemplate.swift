public import JSONValues
public import OrderedCollections

/// The template by which a model's conversations become text.
public struct ChatTemplate: Sendable {
    private var template: Template
    private let beginOfText: String
    private let endOfText: String
    /// In which form messages of each role are read.
    private let contentForms: [String: ContentForm]
    private let argumentsForm: ArgumentsForm

    /// The text of the template.
    public var source: String { template.source }

    /// The time that `strftime_now` prints.
    var clock: TemplateClock {
        get { template.clock }
        set { template.clock = newValue }
    }

    /// Parses a chat template.
    ///
    /// - Parameters:
    ///   - source: The template, as a model's files have it.
    ///   - name: What errors call it, such as the path of its file.
    ///   - beginOfText: The text of the token that begins a text (`bos_token`), empty if there is none.
    ///   - endOfText: The text of the token that ends a text (`eos_token`), empty if there is none.
    /// - Throws: ``TemplateError`` with the line.
    public init(
        source: String, name: String, beginOfText: String?, endOfText: String?
    ) throws(TemplateError) {
        template = try Template(source, name: name)
        self.beginOfText = beginOfText ?? ""
        self.endOfText = endOfText ?? ""
        let variables: JSON.Object = [
            "bos_token": .string(self.beginOfText), "eos_token": .string(self.endOfText),
            "add_generation_prompt": true,
        ]
        contentForms = ContentForm.forms(of: template, variables)
        argumentsForm = ArgumentsForm.form(of: template, variables)
    }

    /// Renders a conversation.
    ///
    /// - Parameters:
    ///   - messages: Objects with `role`, `content` and what else the template knows (`tool_calls`, ...). The content is a
    ///     string or an array of parts such as `{"type": "text", "text": ...}`; a template that reads one form gets the
    ///     other in it, the texts of several parts as lines. Reasoning is found under each of the names that templates
    ///     use for it, the arguments of tool calls as the object or the text that it reads.
    ///   - tools: The tools that the model may call, as JSON schemas.
    ///   - addGenerationPrompt: Whether the text ends where the model's answer begins.
    ///   - documents: Objects with `title` and `text` to answer from.
    ///   - extra: Further variables of the template; they win over the ones above.
    /// - Throws: ``TemplateError`` with the line; of kind `.raised` if the template refuses the conversation.
    public func render(
        messages: [JSON], tools: [JSON]? = nil, addGenerationPrompt: Bool = true, documents: [JSON]? = nil,
        extra: JSON.Object = [:]
    ) throws(TemplateError) -> String {
        try renderMarked(
            messages: messages, tools: tools, addGenerationPrompt: addGenerationPrompt, documents: documents,
            extra: extra
        ).text
    }

    /// Renders a conversation as ``render(messages:tools:addGenerationPrompt:documents:extra:)`` does, and tells which
    /// of the text is the conversation's own, in which nothing is a special token.
    package func renderMarked(
        messages: [JSON], tools: [JSON]? = nil, addGenerationPrompt: Bool = true, documents: [JSON]? = nil,
        extra: JSON.Object = [:]
    ) throws(TemplateError) -> MarkedText {
        var variables: JSON.Object = [
            "messages": .array(messages.map { Self.namingReasoning(argumentsForm.fitting(fitting($0))) }),
            "tools": tools.map { .array($0) } ?? .null,
            "documents": documents.map { .array($0) } ?? .null,
            "add_generation_prompt": .bool(addGenerationPrompt),
            "bos_token": .string(beginOfText),
            "eos_token": .string(endOfText),
        ]
        variables.merge(extra) { $1 }
        return try template.render(
            variables, inputs: Set(extra.keys).union(["messages", "tools", "documents"]))
    }

    /// The message with its content in the form that the template reads.
    private func fitting(_ message: JSON) -> JSON {
        let role = message["role"]?.stringValue ?? ""
        return contentForms[role == "developer" ? "system" : role, default: .text].fitting(message)
    }

    /// The message with its reasoning under the names `reasoning_content` and `thinking`, which templates look for.
    private static func namingReasoning(_ message: JSON) -> JSON {
        guard case .object(var members) = message else { return message }
        let names = ["reasoning_content", "thinking", "reasoning"]
        guard let reasoning = names.lazy.compactMap({ members[$0] }).first(where: { !$0.isNull }) else {
            return message
        }
        if members["thinking"] == nil { members.updateValue(reasoning, forKey: "thinking", insertingAt: 0) }
        members["reasoning_content"] = reasoning
        return .object(members)
    }
}
