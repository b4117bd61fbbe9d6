public import JSONValues

/// One turn of a conversation with a model.
public struct ChatMessage: Sendable, Hashable, Codable {
    /// Whose turn it is.
    public enum Role: String, Sendable, Hashable, Codable {
        case system, user, assistant, tool
    }

    /// Whose turn it is.
    public var role: Role
    /// What is said.
    public var text: String
    /// The tools that an assistant calls.
    public var toolCalls: [AgentToolCall]
    /// Of a tool's result: the call that it belongs to.
    public var callID: String?
    /// Of a tool's result: the tool.
    public var toolName: String?

    /// Makes a turn.
    public init(
        _ role: Role, _ text: String, toolCalls: [AgentToolCall] = [], callID: String? = nil, toolName: String? = nil
    ) {
        (self.role, self.text, self.toolCalls) = (role, text, toolCalls)
        (self.callID, self.toolName) = (callID, toolName)
    }

    /// Instructions.
    public static func system(_ text: String) -> ChatMessage { ChatMessage(.system, text) }
    /// What the user says.
    public static func user(_ text: String) -> ChatMessage { ChatMessage(.user, text) }
    /// What the model says.
    public static func assistant(_ text: String) -> ChatMessage { ChatMessage(.assistant, text) }
    /// What a tool gave back.
    public static func result(_ text: String, of call: AgentToolCall) -> ChatMessage {
        ChatMessage(.tool, text, callID: call.id, toolName: call.name)
    }

    /// The turn as traces show it.
    public var json: JSON {
        var members: JSON.Object = ["role": .string(role.rawValue), "content": .string(text)]
        if !toolCalls.isEmpty { members["tool_calls"] = .array(toolCalls.map(\.json)) }
        if let toolName { members["name"] = .string(toolName) }
        return .object(members)
    }
}

/// A model's wish to have a tool called.
public struct AgentToolCall: Sendable, Hashable, Codable {
    /// What ties the result to it.
    public var id: String
    /// The tool's name.
    public var name: String
    /// The arguments, an object.
    public var arguments: JSON

    /// Makes a call.
    public init(id: String, name: String, arguments: JSON) {
        (self.id, self.name, self.arguments) = (id, name, arguments)
    }

    /// The call as traces show it.
    public var json: JSON { ["name": .string(name), "arguments": arguments] }
}

/// What a model is told about a tool.
public struct ToolDescription: Sendable, Hashable, Codable {
    /// The name by which it is called.
    public var name: String
    /// What it does and when to use it.
    public var description: String
    /// The JSON schema of its arguments, of type object.
    public var parameters: JSON

    /// Makes a description.
    public init(name: String, description: String, parameters: JSON) {
        (self.name, self.description, self.parameters) = (name, description, parameters)
    }
}
