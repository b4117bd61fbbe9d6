public import Agents
public import JSONValues

/// What a flow is run with: the models, collections and hosts that stand in the place of those it was drawn with. Nothing is in
/// reach of a flow that is not given here.
public struct FlowSetup: Sendable {
    /// What a flow asks for in the place of a hosted model.
    public struct ModelRequest: Sendable, Hashable {
        /// The node that wants it.
        public var node: String
        /// Flowise's name of the service, such as `chatOpenAI`.
        public var service: String
        /// The model's name there.
        public var model: String?
    }

    /// Finds the model for a node.
    public var model: @Sendable (ModelRequest) async throws -> any ChatModel
    /// Finds the collection for a node, by the node's id and the collection's name in the flow; nil for none.
    public var passages: @Sendable (_ node: String, _ name: String?) async throws -> (any PassageSource)? = { _, _ in
        nil
    }
    /// Makes vectors of documents that the flow loads itself; without it they are found by their words.
    public var encoder: (any TextVectors)?
    /// Files and folders for loaders, by the node's id; under an empty id those for all others.
    public var documents: [String: String] = [:]
    /// The hosts that nodes may speak to.
    public var hosts = HostPolicy(allowed: [])
    /// The endpoint of web search, with `{query}` in it.
    public var searchEndpoint: String?
    /// The SQLite file for database chains.
    public var database: String?
    /// Commands or addresses of MCP servers, by the node's id or name; under an empty name that for all others.
    public var servers: [String: String] = [:]
    /// Files of other flows, by the name or id that a node gives; under an empty name that for all others.
    public var flows: [String: String] = [:]
    /// Whether code that models write may run in a sandbox.
    public var allowsCode = false
    /// Variables that people set in Flowise, by name.
    public var variables: JSON.Object = [:]
    /// Where conversations are kept.
    public var store: MemoryStore
    /// The conversation.
    public var session = "default"
    /// Decides about tools that need it.
    public var approve: Agent.Approval?
    /// Decides where a flow asks a person: the question, to be answered by yes or no and a remark; nil stops the flow there.
    public var human: (@Sendable (String) async throws -> (proceeds: Bool, remark: String))?

    /// Makes a setup that gives a flow models, and nothing else.
    public init(
        store: MemoryStore, model: @escaping @Sendable (ModelRequest) async throws -> any ChatModel
    ) {
        (self.store, self.model) = (store, model)
    }
}

/// What happens while a flow runs, with the values on its wires.
public struct FlowEvent: Sendable, Hashable {
    /// What happened to a node.
    public enum Kind: String, Sendable, Hashable { case started, finished, failed }

    /// What happened.
    public var kind: Kind
    /// The node's id.
    public var node: String
    /// What people see on it.
    public var label: String
    /// What came out of it, or why it failed.
    public var value: JSON

    /// The event as a line of `swiftlet flow run --events`.
    public var json: JSON {
        [
            "event": .string(kind.rawValue), "node": .string(node), "label": .string(label), "value": value,
        ]
    }
}

/// What a flow gave.
public struct FlowResult: Sendable, Hashable {
    /// The answer.
    public var text: String
    /// The flow's own variables at its end.
    public var state: JSON.Object
}
