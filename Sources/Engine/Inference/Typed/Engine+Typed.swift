public import Decoding
public import JSONValues

extension Engine {
    /// Generates a value of a type: the answer is JSON that meets the type's schema, whatever the model thinks of it.
    ///
    /// ```swift
    /// struct Invoice: Decodable { var number: String; var lines: [Line]; var total: Double }
    /// struct Line: Decodable { var text: String; var price: Double }
    /// let invoice = try await engine.generate(
    ///     [["role": "user", "content": "An invoice for two chairs."]], as: Invoice.self)
    /// ```
    ///
    /// - Parameters:
    ///   - messages: a conversation, as `LanguageModel.prompt(for:tools:addGenerationPrompt:extra:)` takes it.
    ///   - sampling: how tokens are chosen; nil for the model's recommendation.
    ///   - maximumTokens: a limit; an answer that meets it is no whole value and an error.
    ///   - closesOnLimit: whether such an answer is completed with as little as the schema allows, in place of the error.
    /// - Throws: `TypeSchemaError`, `ConstraintError`, what the template throws, `EngineError`; `JSONError` where the answer was cut,
    ///   and `JSONCodingError` where the type wants more than its schema says.
    public func generate<Value: Decodable>(
        _ messages: [JSON], as type: Value.Type, sampling: SamplingParameters? = nil, maximumTokens: Int? = nil,
        closesOnLimit: Bool = false
    ) async throws -> Value {
        try await generate(
            prompt: try model.prompt(for: messages), as: type, sampling: sampling, maximumTokens: maximumTokens,
            closesOnLimit: closesOnLimit)
    }

    /// Generates a value of a type that follows a prompt, as the other one does.
    public func generate<Value: Decodable>(
        prompt: [Int32], as type: Value.Type, sampling: SamplingParameters? = nil, maximumTokens: Int? = nil,
        closesOnLimit: Bool = false
    ) async throws -> Value {
        let schema = try JSON.schema(of: type)
        var request = GenerationRequest(
            prompt: prompt, sampling: sampling ?? model.defaultSampling, maximumTokens: maximumTokens)
        request.closesOnLimit = closesOnLimit
        request.constraint = try model.constraint(for: .jsonSchema(schema, .compact))
        let text = try await text(of: request)
        return try JSON(parsing: text, source: "the answer").decode(type, source: "the answer")
    }
}
