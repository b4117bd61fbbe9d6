import Agents
public import JSONValues
public import OrderedCollections

/// Runs a flow with models and tools of this machine.
///
/// ```swift
/// import Swiftlet
///
/// let setup = FlowSetup(store: try MemoryStore()) { _ in model }
/// let runner = try FlowRunner(try FlowFile(path: "support.json"), setup: setup)
/// let result = try await Budget.usual.run { try await runner.run("Where is my parcel?") }
/// print(result.text)
/// ```
public struct FlowRunner: Sendable {
    let flow: FlowFile
    let setup: FlowSetup
    let onEvent: @Sendable (FlowEvent) -> Void
    /// How many flows stand around this one.
    let depth: Int

    /// Flows within flows within flows end here.
    static let maximumDepth = 8

    /// Checks a flow.
    ///
    /// - Throws: `FlowError` with the first problem that keeps it from running.
    public init(
        _ flow: FlowFile, setup: FlowSetup, onEvent: @escaping @Sendable (FlowEvent) -> Void = { _ in }
    ) throws {
        try self.init(flow, setup: setup, depth: 0, onEvent: onEvent)
    }

    init(
        _ flow: FlowFile, setup: FlowSetup, depth: Int, onEvent: @escaping @Sendable (FlowEvent) -> Void
    ) throws {
        let problems = FlowCheck(flow).problems
        if let first = problems.first {
            let more = problems.count > 1 ? " (and \(problems.count - 1) more: swiftlet flow check)" : ""
            throw FlowError(flow.source, first + more)
        }
        guard depth < Self.maximumDepth else {
            throw FlowError(
                flow.source, "is the flow number \(depth + 1) within another; \(Self.maximumDepth) are the most")
        }
        (self.flow, self.setup, self.depth, self.onEvent) = (flow, setup, depth, onEvent)
    }

    /// Runs it.
    ///
    /// - Parameters:
    ///   - input: What the user says.
    ///   - form: The values of a form, for flows that begin with one.
    public func run(_ input: String, form: JSON.Object = [:]) async throws -> FlowResult {
        try await Trace.span("flow \(flow.source)", ["swiftlet.input": .string(input)]) { span in
            let objects = FlowObjects(self, input: input)
            let result: FlowResult
            switch flow.form {
            case .chatFlow: result = try await runChain(objects, input)
            case .sequentialAgents where flow.nodes.contains { $0.name == "supervisor" }:
                result = try await runTeam(objects, input)
            case .sequentialAgents, .agentFlow:
                result = try await StepRun(self, objects, input: input, form: form).run()
            }
            await objects.close()
            span.set("swiftlet.output", .string(result.text))
            return result
        }
    }

    private func runChain(_ objects: FlowObjects, _ input: String) async throws -> FlowResult {
        guard let ending = FlowShape.endings(flow).first else {
            throw FlowError(flow.source, "has no chain or agent at its end")
        }
        return FlowResult(text: try await objects.answer(ending.id), state: [:])
    }

    private func runTeam(_ objects: FlowObjects, _ input: String) async throws -> FlowResult {
        guard let supervisor = flow.nodes.first(where: { $0.name == "supervisor" }) else {
            throw FlowError(flow.source, "has no supervisor")
        }
        let nodes = flow.nodes.filter { $0.name == "worker" }
        let model = try await objects.model(supervisor, "model")
        var workers: [Agent] = []
        for node in nodes {
            let values = try await objects.values(node, "promptValues")
            let prompt = PromptTemplate(lenient: node.text("workerPrompt") ?? "").filled(values)
            var agent = Agent(
                node.text("workerName") ?? node.label, instructions: try objects.render(prompt, node),
                model: node.references("model").isEmpty ? model : try await objects.model(node, "model"),
                tools: try await objects.tools(node, "tools"), maximumSteps: node.integer("maxIterations") ?? 15)
            agent.approve = setup.approve
            workers.append(agent)
        }
        let team = Team(
            instructions: supervisor.text("supervisorPrompt") ?? "You give work to these: {team_members}.",
            model: model,
            workers: workers, maximumSteps: supervisor.integer("recursionLimit") ?? 100)
        let checked = try await objects.moderated(supervisor, input)
        let result = try await team.run(checked)
        for step in result.steps where step.agent == "supervisor" {
            if case .handOff(let worker, _) = step.action {
                let node = nodes.first { $0.text("workerName") == worker }
                onEvent(
                    FlowEvent(
                        kind: .finished, node: node?.id ?? worker, label: worker, value: .string(step.observation)))
            }
        }
        return FlowResult(text: result.text, state: [:])
    }

    /// Runs another flow that a node names.
    func runOther(_ name: String, _ input: String, of node: FlowNode) async throws -> String {
        guard let path = setup.flows[name] ?? setup.flows[node.id] ?? setup.flows[""] else {
            throw FlowError(
                node.title, "runs the flow \(name), whose file is not given", remedy: "give it: --flow \(name)=FILE")
        }
        let runner = try FlowRunner(try FlowFile(path: path), setup: setup, depth: depth + 1, onEvent: onEvent)
        return try await runner.run(input).text
    }
}
