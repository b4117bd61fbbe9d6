public import JSONValues

/// The JSON files of a Hugging Face folder, as they are.
public struct HuggingFaceConfiguration: Sendable {
    /// The folder, without a slash at its end.
    public let folder: String
    /// `config.json`.
    public let config: JSON
    /// `generation_config.json`.
    public let generation: JSON?
    /// `tokenizer_config.json`.
    public let tokenizerConfiguration: JSON?
    /// `special_tokens_map.json`.
    public let specialTokens: JSON?
    /// `chat_template.jinja`; if there is none, the default template in `tokenizer_config.json`.
    public let chatTemplate: String?
}
