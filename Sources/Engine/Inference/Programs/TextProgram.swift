public import Constraints
public import Decoding
public import JSONValues

/// A text that is written in turns: some of it is given, and a model fills the holes, each with its own form. Swift's own loops
/// and conditions decide what comes next.
///
/// ```swift
/// var program = TextProgram(engine, text: "Name: ")
/// try await program.generate("name", stopStrings: ["\n"], maximumTokens: 12)
/// program.append("\nLikes: ")
/// let animal = try await program.select("animal", from: ["cats", "dogs"])
/// for number in 1...3 {
///     program.append("\n\(number). reason to like \(animal): ")
///     try await program.generate("reasons", matching: .regex("[^\\n]{1,60}"), maximumTokens: 20)
/// }
/// print(program.text, program["name"] ?? "", program.values["reasons"] ?? [])
/// ```
///
/// Where given text meets a hole the last tokens may become others (`GenerationRequest.healsPrompt`). What the engine has
/// computed of the text is not computed again. A copy goes its own way from where it was made.
public struct TextProgram: Sendable {
    /// What the model runs on.
    public let engine: Engine
    /// The text so far, without the conversation that it answers.
    public private(set) var text: String
    /// What was generated under each name, in its order.
    public private(set) var values: [String: [String]] = [:]
    /// How tokens are chosen where a hole says nothing; the likeliest, to begin with.
    public var sampling = SamplingParameters.greedy
    private let conversation: [Int32]

    /// Begins a text.
    public init(_ engine: Engine, text: String = "") {
        self.engine = engine
        self.text = text
        conversation = []
    }

    /// Begins the answer to a conversation.
    ///
    /// - Throws: what `LanguageModel.prompt(for:tools:addGenerationPrompt:extra:)` throws.
    public init(_ engine: Engine, answering messages: [JSON]) throws {
        self.engine = engine
        text = ""
        conversation = try engine.model.prompt(for: messages)
    }

    /// What was last generated under a name.
    public subscript(name: String) -> String? { values[name]?.last }

    /// Goes on with a given text.
    public mutating func append(_ given: String) { text += given }

    /// Lets the model go on.
    ///
    /// - Parameters:
    ///   - name: under which the result is kept.
    ///   - grammar: what it must look like; nil for free text.
    ///   - stopStrings: texts that end it and are no part of it.
    ///   - maximumTokens: a limit; what has a grammar is completed there.
    ///   - sampling: how tokens are chosen; nil as in all holes.
    /// - Returns: the text, which is part of the program's from now on.
    /// - Throws: `ConstraintError`, `EngineError`; the program's text is unchanged then.
    @discardableResult
    public mutating func generate(
        _ name: String? = nil, matching grammar: Grammar? = nil, stopStrings: [String] = [], maximumTokens: Int? = nil,
        sampling: SamplingParameters? = nil
    ) async throws -> String {
        var request = GenerationRequest(
            prompt: tokens, sampling: sampling ?? self.sampling, maximumTokens: maximumTokens, stopStrings: stopStrings,
            constraint: try grammar.map { try engine.model.constraint(for: $0) })
        request.closesOnLimit = true
        request.healsPrompt = true
        let result = try await engine.text(of: request)
        text += result
        if let name { values[name, default: []].append(result) }
        return result
    }

    /// Lets the model choose one of some texts; the parameters and errors are those of ``generate(_:matching:stopStrings:maximumTokens:sampling:)``.
    @discardableResult
    public mutating func select(
        _ name: String? = nil, from choices: [String], sampling: SamplingParameters? = nil
    ) async throws -> String {
        try await generate(name, matching: .choices(choices), sampling: sampling)
    }

    private var tokens: [Int32] {
        conversation
            + engine.model.tokenizer.encode(text, addSpecialTokens: conversation.isEmpty, parseSpecialTokens: false)
    }
}

extension Engine {
    /// The whole text of an answer.
    func text(of request: GenerationRequest) async throws -> String {
        var text = ""
        for try await event in generate(request) {
            switch event {
            case .prompt: break
            case .token(let token): text += token.text
            case .finished(let completion): text += completion.trailingText
            }
        }
        try Task.checkCancellation()
        return text
    }
}
