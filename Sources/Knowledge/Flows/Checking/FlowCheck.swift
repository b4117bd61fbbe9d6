public import JSONValues

/// What of a flow runs here, and what is wrong with it.
///
/// ```swift
/// import Swiftlet
///
/// let check = FlowCheck(try FlowFile(path: "support.json"))
/// print("\(check.known) of \(check.nodes) nodes are known")
/// for problem in check.problems { print(problem) }
/// ```
public struct FlowCheck: Sendable, Hashable {
    /// How many nodes the flow has.
    public var nodes = 0
    /// How many of them are of a kind that runs here or stands for something that does.
    public var known = 0
    /// The names of node types that do not, each once, in the file's order.
    public var unknown: [String] = []
    /// What keeps the flow from running, node by node.
    public var problems: [String] = []
    /// What has to be given when it is run, node by node.
    public var needs: [String] = []
    /// The form of the flow.
    public var form: FlowFile.Form

    /// Checks a flow.
    public init(_ flow: FlowFile) {
        form = flow.form
        nodes = flow.nodes.count
        for node in flow.nodes { check(node, flow) }
        checkIDs(flow)
        checkWires(flow)
        FlowShape.problems(flow).forEach { problems.append($0) }
    }

    private mutating func check(_ node: FlowNode, _ flow: FlowFile) {
        guard let kind = NodeCatalogue.kind(node.name) else {
            if !unknown.contains(node.name) { unknown.append(node.name) }
            let reason = NodeCatalogue.refusal(node.name).map { "is \($0.rawValue)" } ?? "is no node type that is known"
            problems.append("\(node.title): \(node.name) \(reason)")
            return
        }
        known += 1
        problems += CodeSettings.problems(node, kind)
        problems += Self.missing(node, kind, flow)
        for tool in node.selectedTools where NodeCatalogue.kind(tool.name) == nil {
            let reason = NodeCatalogue.refusal(tool.name)?.rawValue ?? "no tool that is known"
            problems.append("\(node.title): its tool \(tool.name) is \(reason)")
        }
        if node.name == "inputModerationOpenAI" {
            needs.append("\(node.title): \(node.name) is a Llama Guard model, by --model \(node.name)=MODEL")
        }
        if Self.configurable.contains(kind) { needs.append("\(node.title): \(node.name) is \(kind.meaning)") }
    }

    /// The kinds whose place is taken by what the user gives.
    private static let configurable: Set<NodeKind> = [
        .model, .embeddings, .collection, .documents, .webSearch, .mcpServer, .flowTool, .flowStep, .sequentialFlow,
        .sqlChain,
    ]

    /// What must be wired to a node or set on it.
    private static let required: [NodeKind: [[String]]] = [
        .modelChain: [["model"], ["prompt"]], .conversationChain: [["model"]],
        .retrievalChain: [["vectorStoreRetriever", "vectaraStore"]], .sqlChain: [["model"]],
        .requestChain: [["model"]], .subQuestionEngine: [["queryEngineTools"]],
        .toolAgent: [["model"]], .reactAgent: [["model"]], .retrieverTool: [["retriever"]],
        .chainTool: [["baseChain", "baseQueryEngine"]], .supervisor: [["model"]], .worker: [["supervisor"]],
        .sequentialStart: [["model"]], .agentStep: [["agentModel"]], .modelStep: [["llmModel"]],
        .conditionAgentStep: [["conditionAgentModel"], ["conditionAgentScenarios"]],
        .conditionStep: [["conditions"]], .loopStep: [["loopBackToNode"]],
        .iterationStep: [["iterationInput"]], .retrieverStep: [["retrieverQuery"]],
    ]

    private static func missing(_ node: FlowNode, _ kind: NodeKind, _ flow: FlowFile) -> [String] {
        (required[kind] ?? []).compactMap { names in
            let isSet = names.contains { name in
                node.input(name) != nil || flow.edges.contains { $0.target == node.id && $0.input == name }
            }
            return isSet ? nil : "\(node.title): has no \(names.joined(separator: " or "))"
        }
    }

    private mutating func checkIDs(_ flow: FlowFile) {
        var seen: Set<String> = []
        for node in flow.nodes where !seen.insert(node.id).inserted {
            problems.append("\(node.title): another node has the same id")
        }
    }

    private mutating func checkWires(_ flow: FlowFile) {
        let ids = Set(flow.nodes.map(\.id))
        for edge in flow.edges {
            for end in [edge.source, edge.target] where !ids.contains(end) {
                problems.append("the wire from \(edge.source) to \(edge.target): there is no node \(end)")
            }
        }
        for node in flow.nodes {
            for key in node.inputs.keys {
                for reference in node.references(key) where !ids.contains(reference) {
                    problems.append("\(node.title): its \(key) is \(reference), which is not there")
                }
            }
            if let parent = node.parent, !ids.contains(parent) {
                problems.append("\(node.title): stands in \(parent), which is not there")
            }
        }
    }

    /// The result as `swiftlet flow check --json` writes it.
    public var json: JSON {
        [
            "form": .string(form.rawValue), "nodes": .integer(nodes), "known": .integer(known),
            "unknown": .array(unknown.map(JSON.string)), "problems": .array(problems.map(JSON.string)),
            "needs": .array(needs.map(JSON.string)),
        ]
    }
}

/// A tool that is chosen within a step's settings.
struct SelectedTool: Sendable, Hashable {
    var name: String
    var settings: JSON.Object
    var needsApproval: Bool
}

extension FlowNode {
    /// The tools that an agent's step chooses in its settings.
    var selectedTools: [SelectedTool] {
        if let name = text("toolAgentflowSelectedTool") {
            return [
                SelectedTool(name: name, settings: configuration("toolAgentflowSelectedTool"), needsApproval: false)
            ]
        }
        return (input("agentTools")?.arrayValue ?? []).compactMap { tool in
            guard let name = tool["agentSelectedTool"]?.stringValue, !name.isEmpty else { return nil }
            return SelectedTool(
                name: name, settings: tool["agentSelectedToolConfig"]?.objectValue ?? [:],
                needsApproval: tool["agentSelectedToolRequiresHumanInput"] == true)
        }
    }

    /// The settings that belong to a choice.
    func configuration(_ key: String) -> JSON.Object { input(key + "Config")?.objectValue ?? [:] }
}
