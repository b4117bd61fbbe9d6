public import JSONValues

/// A function that a model may call.
public struct Tool: Sendable, Hashable {
    /// The function's name.
    public var name: String
    /// What it does, for the model.
    public var description: String?
    /// A JSON Schema of its arguments, which are an object.
    public var parameters: JSON

    /// Describes a function.
    public init(name: String, description: String? = nil, parameters: JSON = ["type": "object", "properties": [:]]) {
        self.name = name
        self.description = description
        self.parameters = parameters
    }

    /// The tool as chat templates read it: OpenAI's `{"type": "function", "function": {...}}`.
    public var json: JSON {
        var function: JSON.Object = ["name": .string(name)]
        if let description { function["description"] = .string(description) }
        function["parameters"] = parameters
        return ["type": "function", "function": .object(function)]
    }

    /// The schema that arguments are held to: a function takes its parameters and no others, unless the schema says something
    /// about others.
    var argumentSchema: JSON {
        guard case .object(var schema) = parameters else { return parameters }
        let combines = ["$ref", "allOf", "anyOf", "oneOf", "not", "if", "patternProperties", "unevaluatedProperties"]
        let isOpen = combines.contains { schema[$0] != nil } || schema["additionalProperties"] != nil
        if schema["type"] == nil { schema["type"] = "object" }
        if schema["type"] == "object", !isOpen { schema["additionalProperties"] = false }
        return .object(schema)
    }

    /// Whether every format of calls can write the name: a word without quotes, brackets or white space.
    public var hasUsableName: Bool {
        !name.isEmpty && name.utf8.count <= 256
            && name.unicodeScalars.allSatisfy { scalar in
                ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
                    || "_-.:/".unicodeScalars.contains(scalar)
            }
    }
}

/// Whether and which tools an answer calls.
public enum ToolChoice: Sendable, Hashable {
    /// As the model decides.
    case auto
    /// None.
    case none
    /// At least one.
    case required
    /// The one of this name.
    case function(String)
}

/// A model's call of a function.
public struct ToolCall: Sendable, Hashable {
    /// Tells the call from others in a conversation.
    public var id: String
    /// The function.
    public var name: String
    /// The arguments: the text of a JSON object.
    public var arguments: String

    /// Makes a call.
    public init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}
