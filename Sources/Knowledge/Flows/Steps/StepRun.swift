import Agents
import JSONValues

/// One run of a flow of steps: what has come out of each, and what is to be done next.
final class StepRun {
    let runner: FlowRunner
    let objects: FlowObjects
    var variables = FlowVariables()
    /// What was said in this run.
    var said: [ChatMessage]
    /// What the flow says in the end, so far.
    var answer = ""
    /// Of sequential agents: tools that a model has asked for.
    var pendingCalls: [AgentToolCall] = []
    /// Of sequential agents: variables to which values are added instead of taking their place.
    var appending: Set<String> = []
    private let edges: [String: [FlowEdge]]
    private var reachable: [String: Set<String>] = [:]

    var flow: FlowFile { runner.flow }
    var setup: FlowSetup { runner.setup }

    init(_ runner: FlowRunner, _ objects: FlowObjects, input: String, form: JSON.Object) {
        (self.runner, self.objects) = (runner, objects)
        said = [.user(input)]
        let isSequential = runner.flow.form == .sequentialAgents
        edges = Dictionary(
            grouping: runner.flow.edges.filter { !isSequential || ["sequentialNode", "llmNode"].contains($0.input) },
            by: \.source)
        (variables.question, variables.form, variables.variables) = (input, form, runner.setup.variables)
        variables.session = runner.setup.session
    }

    /// Runs from the start until nothing is left to do.
    func run() async throws -> FlowResult {
        guard
            let start = flow.nodes.first(where: {
                [.start, .sequentialStart].contains(NodeCatalogue.kind($0.name))
            })
        else { throw FlowError(flow.source, "has no Start") }
        let memory = Memory(.buffer, store: setup.store, conversation: setup.session)
        let isForgetful = start.flag("startEphemeralMemory")
        variables.history = isForgetful ? [] : try await memory.recall(for: variables.question)
        do { try await walk(from: [start.id]) } catch let blocked as FlowBlocked { answer = blocked.reply }
        if !isForgetful { try await memory.remember(user: variables.question, assistant: answer) }
        return FlowResult(text: answer, state: variables.state)
    }

    /// Carries out nodes until none is left; one that others still lead to waits for them.
    func walk(from ids: [String]) async throws {
        var open = ids
        while !open.isEmpty {
            try Task.checkCancellation()
            let place =
                open.indices.first { place in
                    !open.contains { $0 != open[place] && reach($0).contains(open[place]) }
                } ?? 0
            let id = open.remove(at: place)
            guard let node = flow.node(id) else { throw FlowError(id, "is not there") }
            for next in try await carryOut(node) where !open.contains(next) { open.append(next) }
        }
    }

    /// The nodes that wires lead to from a node, near and far.
    private func reach(_ id: String) -> Set<String> {
        if let known = reachable[id] { return known }
        var (found, open): (Set<String>, [String]) = ([], [id])
        while let next = open.popLast() {
            for edge in edges[next] ?? [] where found.insert(edge.target).inserted { open.append(edge.target) }
        }
        reachable[id] = found
        return found
    }

    /// The nodes that follow a node, by all of its outputs or by one.
    func following(_ node: FlowNode, output: String? = nil) -> [String] {
        (edges[node.id] ?? []).filter { edge in output.map { Self.key($0) == Self.key(edge.output) } ?? true }
            .map(\.target)
    }

    /// Names of outputs are written in lower case, and without what is no letter or digit.
    static func key(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }

    /// Carries out a node; returns those that follow.
    private func carryOut(_ node: FlowNode) async throws -> [String] {
        runner.onEvent(FlowEvent(kind: .started, node: node.id, label: node.label, value: .null))
        do {
            try RunContext.current.budget?.step()
            return try await Trace.span("node \(node.id)", ["node.type": .string(node.name)]) { span in
                let (value, next) = try await step(node)
                variables.outputs[node.id] = value
                span.set("swiftlet.output", value)
                runner.onEvent(FlowEvent(kind: .finished, node: node.id, label: node.label, value: value))
                return next
            }
        } catch {
            runner.onEvent(FlowEvent(kind: .failed, node: node.id, label: node.label, value: .string("\(error)")))
            throw error
        }
    }

    private func step(_ node: FlowNode) async throws -> (JSON, [String]) {
        switch NodeCatalogue.kind(node.name) {
        case .start: return try start(node)
        case .modelStep: return try await model(node)
        case .agentStep: return try await agent(node)
        case .toolStep: return try await tool(node)
        case .conditionStep: return try condition(node)
        case .conditionAgentStep: return try await conditionAgent(node)
        case .loopStep: return try loop(node)
        case .iterationStep: return try await iteration(node)
        case .humanInputStep: return try await human(node)
        case .requestStep: return try await request(node)
        case .retrieverStep: return try await retrieve(node)
        case .replyStep: return reply(node)
        case .flowStep: return try await otherFlow(node, "executeFlowSelectedFlow", "executeFlowInput")
        case .sequentialFlow: return try await otherFlow(node, "selectedFlow", "seqExecuteFlowInput")
        case .sequentialStart: return try await sequentialStart(node)
        case .sequentialAgent: return try await sequentialAgent(node)
        case .sequentialModel: return try await sequentialModel(node)
        case .sequentialTool: return try await sequentialTools(node)
        case .sequentialCondition: return try sequentialCondition(node, nil)
        case .sequentialConditionAgent: return try await sequentialConditionAgent(node)
        case .sequentialLoop: return try sequentialLoop(node)
        case .sequentialEnd: return (["content": .string(answer)], [])
        default: throw FlowError(node.title, "\(node.name) is no step")
        }
    }

    private func otherFlow(_ node: FlowNode, _ nameKey: String, _ inputKey: String) async throws -> (JSON, [String]) {
        let input = node.text(inputKey).map(variables.text) ?? variables.question
        let text = try await runner.runOther(
            node.text(nameKey) ?? "", input.isEmpty ? variables.question : input, of: node)
        return finish(node, text, nil, "executeFlow")
    }

    /// Notes what a step said, and sets the flow's variables as it wants; `prefix` begins the names of its settings.
    func finish(_ node: FlowNode, _ text: String, _ fields: JSON?, _ prefix: String) -> (JSON, [String]) {
        answer = text
        said.append(ChatMessage(node.text("\(prefix)ReturnResponseAs") == "userMessage" ? .user : .assistant, text))
        var value: JSON.Object = ["content": .string(text)]
        if let fields { value["output"] = fields }
        updateState(node, "\(prefix)UpdateState", output: fields ?? .object(value))
        return (.object(value), following(node))
    }

    func updateState(_ node: FlowNode, _ key: String, output: JSON) {
        variables.output = output
        for update in node.input(key)?.arrayValue ?? [] {
            guard let name = update["key"]?.stringValue, let setting = update["value"] else { continue }
            variables.state[name] = setting.stringValue.map(variables.value(of:)) ?? setting
        }
        variables.output = nil
    }
}
