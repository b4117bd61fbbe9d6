public import Constraints
public import Decoding
public import Inference
public import JSONValues
public import ModelStore

/// What the server needs of a model: its name, its text-to-token functions and its stream of answers.
///
/// This is the seam between the protocols spoken over HTTP and the engine; tests put a scripted model behind it.
public protocol ServedModel: Sendable {
    /// The name by which requests ask for the model.
    var id: String { get }
    /// When the model's file was made, in seconds since 1970.
    var created: Int { get }
    /// The most tokens that a prompt and its answer may have together.
    var contextLength: Int { get }
    /// Why that is less than the model was made for, as a clause that begins with "since"; nil if it is not.
    var contextReason: String? { get }
    /// The number of token ids; valid ids are 0 up to this.
    var vocabularySize: Int { get }
    /// The most answers that one call may ask for.
    var maximumAnswers: Int { get }
    /// Whether texts can be tokenized; a model without a tokenizer takes token ids only.
    var hasTokenizer: Bool { get }
    /// What the model's files say; nil if that is not known.
    var details: ModelDetails? { get }
    /// What the engine does now and has done.
    var statistics: EngineStatistics { get }
    /// How many texts may be worked on at once.
    var concurrentRequests: Int { get }
    /// Whether tokens may be guessed ahead.
    var guessesAhead: Bool { get }
    /// The text of the token that begins texts; empty if there is none.
    var beginText: String { get }
    /// The tokens that end an answer.
    var endTokens: [Int32] { get }
    /// How the model is used where requests say nothing else; nil for as it came. Its instructions and messages are already in what
    /// `render` and `prompt` give.
    var settings: ModelSettings? { get }
    /// What tells the model from another one of its name, from one start of the server to the next: an answer may be given again
    /// where this and what was said are the same. Nil where that is not known.
    var identity: String? { get }
    /// The sampling parameters of requests that set none.
    var defaultSampling: SamplingParameters { get }

    /// The token ids of a text; `addSpecialTokens` puts the model's begin (and end) tokens around it, and
    /// `parseSpecialTokens` reads names of special tokens in the text as these tokens.
    func encode(_ text: String, addSpecialTokens: Bool, parseSpecialTokens: Bool) -> [Int32]
    /// The text of token ids, all of which are below `vocabularySize`.
    func decode(_ tokens: [Int32], skipSpecialTokens: Bool) -> String
    /// The bytes that a token, below `vocabularySize`, stands for.
    func bytes(of token: Int32) -> [UInt8]
    /// The prompt text of a conversation; `extra` are more variables for the template. Throws an error that a
    /// person can read if the model has no template or the template refuses the conversation.
    func render(messages: [JSON], tools: [JSON]?, addGenerationPrompt: Bool, extra: JSON.Object) throws -> String
    /// The token ids of a conversation's prompt, in which nothing that the messages say is a special token. The parameters
    /// and errors are those of `render`.
    func prompt(
        for messages: [JSON], tools: [JSON]?, addGenerationPrompt: Bool, extra: JSON.Object
    ) throws -> [Int32]
    /// The text of the chat template; nil if there is none, or if it is not known.
    var chatTemplateSource: String? { get }
    /// How the model calls tools.
    var toolCallFormat: ToolCallFormat { get }
    /// How the model marks what it thinks before it answers; nil if it does not.
    var reasoningFormat: ReasoningFormat? { get }
    /// The constraint of a grammar for this model's tokens. Throws an error that a person can read if it cannot be
    /// guaranteed.
    func constraint(for grammar: Grammar) throws -> Constraint
    /// Generates answers side by side, whose events come in one stream; ending its iteration stops the work. Throws
    /// before anything is begun where the requests can't be worked on.
    func generate(_ requests: [GenerationRequest]) throws -> AsyncThrowingStream<AnswerEvent, any Error>
    /// Searches for the likeliest answers as a whole, the best first.
    func beamSearch(_ prompt: [Int32], _ parameters: BeamSearchParameters) async throws -> [Hypothesis]
    /// How much parts of a prompt matter for an answer, in nats.
    func importance(
        of parts: [Range<Int>], in prompt: [Int32], for answer: [Int32], factor: Float
    ) async throws -> [Float]
}

extension ServedModel {
    /// True where a model does not say.
    public var hasTokenizer: Bool { true }
    /// Not known where a model does not say.
    public var identity: String? { nil }
    /// As it came where a model does not say.
    public var settings: ModelSettings? { nil }
    /// None where a model does not say.
    public var contextReason: String? { nil }
    /// 512 where a model does not say.
    public var maximumAnswers: Int { 512 }

    /// None where a model does not say.
    public var details: ModelDetails? { nil }
    /// Nothing where a model does not say.
    public var statistics: EngineStatistics { EngineStatistics() }
    /// One where a model does not say.
    public var concurrentRequests: Int { 1 }
    /// They are not where a model does not say.
    public var guessesAhead: Bool { false }
    /// Empty where a model does not say.
    public var beginText: String { "" }
    /// None where a model does not say.
    public var endTokens: [Int32] { [] }
    /// None where a model does not say.
    public var chatTemplateSource: String? { nil }
    /// As the chat template says.
    public var toolCallFormat: ToolCallFormat { ToolCallFormat(template: chatTemplateSource ?? "") }
    /// As the chat template says.
    public var reasoningFormat: ReasoningFormat? { chatTemplateSource.flatMap(ReasoningFormat.detected) }
    /// Refused where a model does not say.
    public func constraint(for grammar: Grammar) throws -> Constraint {
        throw ConstraintError.unsatisfiable("this model does not bind answers to a form")
    }

    /// Refused where a model does not say.
    public func beamSearch(_ prompt: [Int32], _ parameters: BeamSearchParameters) async throws -> [Hypothesis] {
        throw APIError.unsupported("use_beam_search", "is not possible with this model")
    }

    /// Refused where a model does not say.
    public func importance(
        of parts: [Range<Int>], in prompt: [Int32], for answer: [Int32], factor: Float
    ) async throws -> [Float] {
        throw APIError.unsupported("model", "does not say what matters for its answers")
    }

    /// A token as text for reports: its characters, or `bytes:\xe2\x80` for bytes that are not whole characters.
    func text(of token: Int32) -> String {
        let bytes = bytes(of: token)
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return bytes.reduce(into: "bytes:") { text, byte in
            let digits = String(byte, radix: 16)
            text += digits.count == 1 ? "\\x0\(digits)" : "\\x\(digits)"
        }
    }
}
