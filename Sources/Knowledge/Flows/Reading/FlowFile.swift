public import JSONValues
public import OrderedCollections

/// A flow as Flowise exports it: nodes with their settings, and the wires between them. It is data; nothing in it is executed.
public struct FlowFile: Sendable, Hashable {
    /// Which of the three forms a flow has.
    public enum Form: String, Sendable, Hashable {
        /// Objects that are put together into one chain or agent.
        case chatFlow = "chatflow"
        /// Steps with a common state, or a supervisor with workers.
        case sequentialAgents = "sequential-agents"
        /// AgentFlow 2: steps from a start on, each with settings of its own.
        case agentFlow = "agentflow-2"
    }

    /// What errors call it.
    public var source: String
    /// What it says about itself.
    public var summary: String
    /// The nodes, in the file's order.
    public var nodes: [FlowNode]
    /// The wires.
    public var edges: [FlowEdge]

    /// Makes a flow of nodes and wires.
    public init(source: String, summary: String = "", nodes: [FlowNode], edges: [FlowEdge]) {
        (self.source, self.summary, self.nodes, self.edges) = (source, summary, nodes, edges)
    }

    /// Which form it has, by its nodes.
    public var form: Form {
        if nodes.contains(where: { $0.name.hasSuffix("Agentflow") }) { return .agentFlow }
        let steps: Set = ["supervisor", "worker"]
        return nodes.contains { steps.contains($0.name) || $0.name.hasPrefix("seq") }
            ? .sequentialAgents : .chatFlow
    }

    /// The node with this id.
    public func node(_ id: String) -> FlowNode? { nodes.first { $0.id == id } }
}

/// One node of a flow.
public struct FlowNode: Sendable, Hashable {
    /// Its id within the flow.
    public var id: String
    /// What kind of node it is, by Flowise's name: `chatOpenAI`, `llmChain`, ...
    public var name: String
    /// What people see on it.
    public var label: String
    /// Its settings by name.
    public var inputs: JSON.Object
    /// Which of its outputs is used, by name.
    public var outputs: JSON.Object
    /// The node that it stands in, such as an iteration.
    public var parent: String?

    /// Makes a node.
    public init(
        id: String, name: String, label: String, inputs: JSON.Object, outputs: JSON.Object = [:], parent: String? = nil
    ) {
        (self.id, self.name, self.label, self.parent) = (id, name, label, parent)
        (self.inputs, self.outputs) = (inputs, outputs)
    }

    /// A setting that is not empty.
    public func input(_ key: String) -> JSON? {
        guard let value = inputs[key], !value.isNull, value != "", value != .array([]) else { return nil }
        return value
    }

    /// A setting as text.
    public func text(_ key: String) -> String? {
        guard let value = input(key) else { return nil }
        return value.stringValue ?? value.text()
    }

    /// A setting as a number, which Flowise also writes as text.
    public func number(_ key: String) -> Double? {
        input(key).flatMap { $0.doubleValue ?? $0.stringValue.flatMap(Double.init) }
    }

    /// A setting as a whole number.
    public func integer(_ key: String) -> Int? { number(key).flatMap { Int(exactly: $0) } }

    /// A setting as a switch, which Flowise also writes as text.
    public func flag(_ key: String) -> Bool {
        guard let value = input(key) else { return false }
        return value.boolValue ?? (value.stringValue == "true")
    }

    /// The ids of the nodes that a setting refers to, as `{{id.data.instance}}`.
    public func references(_ key: String) -> [String] {
        guard let value = input(key) else { return [] }
        return (value.arrayValue ?? [value]).compactMap { $0.stringValue.flatMap(Self.reference) }
    }

    /// The id within `{{id.data.instance}}`.
    static func reference(_ text: String) -> String? {
        guard text.hasPrefix("{{"), text.hasSuffix(".data.instance}}") else { return nil }
        let id = text.dropFirst(2).dropLast(".data.instance}}".count)
        return id.contains("{") || id.contains("}") ? nil : String(id)
    }

    /// How errors speak of it.
    var title: String { label.isEmpty || label == id ? id : "\(id) (\(label))" }
}

/// One wire, from an output of a node to an input of another.
public struct FlowEdge: Sendable, Hashable {
    /// The node that it leaves.
    public var source: String
    /// The node that it reaches.
    public var target: String
    /// The output that it leaves by.
    public var sourceHandle: String
    /// The input that it reaches.
    public var targetHandle: String

    /// Makes a wire.
    public init(source: String, target: String, sourceHandle: String, targetHandle: String) {
        (self.source, self.target) = (source, target)
        (self.sourceHandle, self.targetHandle) = (sourceHandle, targetHandle)
    }

    /// The name of the output, as in `id-output-NAME` or `id-output-NAME-types`.
    public var output: String { Self.part(sourceHandle, of: source, "output") }
    /// The name of the input.
    public var input: String { Self.part(targetHandle, of: target, "input") }

    private static func part(_ handle: String, of id: String, _ direction: String) -> String {
        let beginning = "\(id)-\(direction)-"
        guard handle.hasPrefix(beginning) else { return "" }
        return String(handle.dropFirst(beginning.count).prefix { $0 != "-" })
    }
}
