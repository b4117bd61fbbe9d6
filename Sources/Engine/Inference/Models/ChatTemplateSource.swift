/// The text of a chat template that is given in place of a model's own.
public struct ChatTemplateSource: Sendable, Hashable {
    /// What errors call it, such as the path of its file.
    public var name: String
    /// The template, in the language of Jinja.
    public var text: String

    /// Makes a source of a template's text.
    public init(name: String, text: String) {
        self.name = name
        self.text = text
    }
}

extension ChatTemplateSource {
    /// Messages between `<|im_start|>` and `<|im_end|>`, which many models that bring no template know.
    public static let chatML = ChatTemplateSource(
        name: "chatml",
        text: """
            {%- for message in messages -%}
            {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}
            {{- '<|im_start|>assistant\\n' -}}
            {%- endif -%}
            """)
}
