/// Whether the nodes of a flow hang together, by its form.
enum FlowShape {
    static func problems(_ flow: FlowFile) -> [String] {
        switch flow.form {
        case .chatFlow: chatFlow(flow)
        case .sequentialAgents: sequential(flow)
        case .agentFlow: agentFlow(flow)
        }
    }

    private static func chatFlow(_ flow: FlowFile) -> [String] {
        if let id = cycle(flow) { return ["\(id): is wired to itself in a circle"] }
        return endings(flow).isEmpty ? ["the flow has no chain, agent or engine at its end"] : []
    }

    /// The nodes that answer: chains, agents and engines that nothing else uses.
    static func endings(_ flow: FlowFile) -> [FlowNode] {
        let answering: Set<NodeKind> = [
            .modelChain, .conversationChain, .retrievalChain, .sqlChain, .routerChain, .requestChain,
            .subQuestionEngine, .toolAgent, .reactAgent,
        ]
        let used = Set(flow.edges.map(\.source))
        return flow.nodes.filter { node in
            NodeCatalogue.kind(node.name).map(answering.contains) ?? (node.name == "openAIAssistant")
                && !used.contains(node.id)
        }
    }

    private static func cycle(_ flow: FlowFile) -> String? {
        let targets = Dictionary(grouping: flow.edges, by: \.source).mapValues { $0.map(\.target) }
        var incoming = flow.edges.reduce(into: [String: Int]()) { $0[$1.target, default: 0] += 1 }
        var open = flow.nodes.map(\.id).filter { incoming[$0, default: 0] == 0 }
        while let id = open.popLast() {
            for target in targets[id] ?? [] {
                incoming[target, default: 0] -= 1
                if incoming[target] == 0 { open.append(target) }
            }
        }
        return flow.nodes.first { incoming[$0.id, default: 0] > 0 }?.id
    }

    private static func sequential(_ flow: FlowFile) -> [String] {
        let kinds = Set(flow.nodes.compactMap { NodeCatalogue.kind($0.name) })
        if kinds.contains(.supervisor) {
            return kinds.contains(.worker) ? [] : ["the supervisor has no workers"]
        }
        guard kinds.contains(.sequentialStart) else { return ["the flow has no Start"] }
        return kinds.contains(.sequentialEnd) || kinds.contains(.sequentialLoop) ? [] : ["the flow has no End"]
    }

    private static func agentFlow(_ flow: FlowFile) -> [String] {
        var problems: [String] = []
        let starts = flow.nodes.count { NodeCatalogue.kind($0.name) == .start }
        if starts != 1 { problems.append(starts == 0 ? "the flow has no Start" : "the flow has \(starts) Starts") }
        for node in flow.nodes where NodeCatalogue.kind(node.name) == .loopStep {
            guard let target = node.text("loopBackToNode").map(loopTarget) else { continue }
            if flow.node(target) == nil {
                problems.append("\(node.title): loops back to \(target), which is not there")
            }
        }
        return problems
    }

    /// The id in a loop's setting, which is the id, a dash, and the label.
    static func loopTarget(_ setting: String) -> String { String(setting.prefix { $0 != "-" }) }
}
