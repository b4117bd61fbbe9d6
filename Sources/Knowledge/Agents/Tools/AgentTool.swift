public import JSONValues

/// Something that a model may do: a function with a name, a description, and arguments of a type.
///
/// ```swift
/// import Swiftlet
///
/// struct Place: Codable { var city: String }
/// let weather = try AgentTool("weather", "The weather in a city.", arguments: Place.self) { place in
///     "Sunny in \(place.city)."
/// }
/// print(try await weather.call(["city": "Graz"]))
/// ```
public struct AgentTool: Sendable {
    /// The most characters of a result that a model is shown; it is told how many there were.
    public static let maximumResult = 20_000

    /// What a model is told.
    public var description: ToolDescription
    /// Whether somebody must agree before each call.
    public var needsApproval: Bool
    private let body: @Sendable (JSON) async throws -> String

    /// The name by which it is called.
    public var name: String { description.name }

    /// Makes a tool of a function of JSON; `parameters` is the schema of its arguments.
    public init(
        _ name: String, _ description: String, parameters: JSON, needsApproval: Bool = false,
        _ body: @escaping @Sendable (JSON) async throws -> String
    ) {
        self.description = ToolDescription(name: name, description: description, parameters: parameters)
        (self.needsApproval, self.body) = (needsApproval, body)
    }

    /// Makes a tool of a function; the schema is made of the arguments' type.
    ///
    /// - Parameter hints: What the arguments mean, by name.
    /// - Throws: `ToolError.noSchema` for types that decode in ways of their own.
    public init<Arguments: Decodable & Sendable>(
        _ name: String, _ description: String, arguments: Arguments.Type, hints: [String: String] = [:],
        needsApproval: Bool = false, _ body: @escaping @Sendable (Arguments) async throws -> String
    ) throws {
        let schema = try ArgumentSchema.schema(of: arguments, hints: hints, tool: name)
        self.init(name, description, parameters: schema, needsApproval: needsApproval) { value in
            do {
                return try await body(try value.decode(arguments))
            } catch let error as JSONCodingError {
                throw ToolError.arguments(tool: name, reason: "\(error)")
            }
        }
    }

    /// Calls it.
    ///
    /// - Throws: `ToolError.arguments` for arguments that do not fit, and what the function throws.
    public func call(_ arguments: JSON) async throws -> String {
        try await Trace.span("execute_tool \(name)", ["gen_ai.tool.name": .string(name), "arguments": arguments]) {
            span in
            let result = try await body(arguments)
            span.set("result", .string(result))
            guard result.count > Self.maximumResult else { return result }
            return result.prefix(Self.maximumResult)
                + "\n(the first \(Self.maximumResult) of \(result.count) characters)"
        }
    }

    /// The tool under another name and description.
    public func renamed(_ name: String, _ description: String? = nil) -> AgentTool {
        var copy = self
        copy.description.name = name
        if let description { copy.description.description = description }
        return copy
    }

    /// The tool that somebody must agree to.
    public func approved() -> AgentTool {
        var copy = self
        copy.needsApproval = true
        return copy
    }
}

/// Why a tool cannot be made or called.
public enum ToolError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No schema can be made of the arguments' type.
    case noSchema(tool: String, reason: String)
    /// The arguments are not what the tool takes.
    case arguments(tool: String, reason: String)
    /// What is asked for is not allowed.
    case refused(tool: String, reason: String)
    /// The tool did not do it.
    case failed(tool: String, reason: String)

    /// What is wrong and where.
    public var description: String {
        switch self {
        case .noSchema(let tool, let reason):
            "\(tool): its arguments have no schema (\(reason)); give one by parameters:"
        case .arguments(let tool, let reason): "\(tool): the arguments do not fit: \(reason)"
        case .refused(let tool, let reason): "\(tool): this is not allowed: \(reason)"
        case .failed(let tool, let reason): "\(tool): \(reason)"
        }
    }
}
