import Agents
import JSONValues

/// The steps of sequential agents.
extension StepRun {
    func sequentialStart(_ node: FlowNode) async throws -> (JSON, [String]) {
        variables.question = try await objects.moderated(node, variables.question)
        for state in objects.wired(node, "state") {
            for entry in try list(state, "stateMemoryUI") {
                guard let key = entry["key"]?.stringValue else { continue }
                variables.state[key] = entry["defaultValue"] ?? ""
                if entry["type"] == "Append" { appending.insert(key) }
            }
        }
        // Without a memory's node nothing of earlier conversations is known.
        if objects.wired(node, "agentMemory").isEmpty { variables.history = [] }
        return (["content": .string(variables.question)], following(node))
    }

    /// A setting that is a list, which exported files hold as text.
    private func list(_ node: FlowNode, _ key: String) throws -> [JSON] {
        guard let setting = node.input(key) else { return [] }
        let value = try setting.stringValue.map { try JSON(parsing: $0, source: node.title) } ?? setting
        return value.arrayValue ?? []
    }

    private func sequentialModel(of node: FlowNode) async throws -> (any ChatModel, ChatOptions) {
        let start = flow.nodes.first { $0.name == "seqStart" } ?? node
        let source = objects.wired(node, "model").isEmpty ? start : node
        return (try await objects.model(source, "model"), objects.options(source, "model"))
    }

    /// A prompt with its holes filled from the node's values, which may name variables of the flow.
    private func prompt(_ node: FlowNode, _ key: String) async throws -> String {
        var values: [String: JSON] = [:]
        for (name, value) in try await objects.values(node, "promptValues") {
            values[name] = value.stringValue.map(filled) ?? value
        }
        let template = PromptTemplate(lenient: node.text(key) ?? "").filled(values)
        // What nobody fills stays as it is written.
        let open = template.holes.map { ($0, JSON.string("{\($0)}")) }
        return try template.render(Dictionary(open, uniquingKeysWith: { first, _ in first }))
    }

    /// A value that may be the name of a variable.
    private func filled(_ text: String) -> JSON {
        text.hasPrefix("$") ? value(text) : variables.value(of: text)
    }

    private func value(_ name: String) -> JSON {
        guard name.hasPrefix("$flow.state.messages") else { return variables.value(name) ?? "" }
        let messages = JSON.object(["messages": .array(said.map(\.json))])
        let path = String(name.dropFirst("$flow.state.".count)).replacing("[-1]", with: "[\(said.count - 1)]")
        return messages.at(path) ?? ""
    }

    private func conversation(_ node: FlowNode) async throws -> [ChatMessage] {
        let told = try await prompt(node, "systemMessagePrompt")
        var messages: [ChatMessage] = told.isEmpty ? [] : [.system(told)]
        switch node.text("conversationHistorySelection") {
        case "user_question": messages.append(.user(variables.question))
        case "last_message": messages += said.suffix(1)
        case "empty": break
        default: messages += variables.history + said
        }
        let asked = try await prompt(node, "humanMessagePrompt")
        if !asked.isEmpty { messages.append(.user(asked)) }
        if messages.last?.role != .user { messages.append(.user("It is your turn.")) }
        return messages
    }

    private func finishSequential(_ node: FlowNode, _ text: String, _ fields: JSON?) throws -> (JSON, [String]) {
        answer = text
        said.append(.assistant(text))
        var value: JSON.Object = ["content": .string(text)]
        for (name, field) in fields?.objectValue ?? [:] { value[name] = field }
        variables.output = .object(value)
        for update in try list(node, "updateStateMemoryUI") {
            guard let name = update["key"]?.stringValue, let setting = update["value"]?.stringValue else { continue }
            let new = filled(setting)
            if appending.contains(name) {
                let old = variables.state[name].flatMap { $0.arrayValue ?? ($0 == "" ? [] : [$0]) } ?? []
                variables.state[name] = .array(old + (new.arrayValue ?? [new]))
            } else {
                variables.state[name] = new
            }
        }
        variables.output = nil
        return (.object(value), following(node))
    }

    func sequentialAgent(_ node: FlowNode) async throws -> (JSON, [String]) {
        let (model, options) = try await sequentialModel(of: node)
        let messages = try await conversation(node)
        var tools = try await objects.tools(node, "tools")
        if node.flag("interrupt") { tools = tools.map { $0.approved() } }
        var agent = Agent(
            node.text("agentName") ?? node.label,
            instructions: messages.first { $0.role == .system }?.text ?? "", model: model, tools: tools,
            maximumSteps: node.integer("maxIterations") ?? 15, approve: setup.approve)
        agent.options = options
        let talk = messages.filter { $0.role != .system }
        let result = try await agent.run(talk.last?.text ?? "", history: Array(talk.dropLast()))
        let used: [JSON] = result.steps.compactMap { step in
            guard case .call(let call) = step.action else { return nil }
            return ["tool": .string(call.name), "toolInput": call.arguments, "toolOutput": .string(step.observation)]
        }
        return try finishSequential(node, result.text, ["usedTools": .array(used)])
    }

    func sequentialModel(_ node: FlowNode) async throws -> (JSON, [String]) {
        var (model, options) = try await sequentialModel(of: node)
        let messages = try await conversation(node)
        let form = try list(node, "llmStructuredOutput")
        if !form.isEmpty {
            let value = try await model.value(
                JSON.self, messages, schema: StructuredOutput.schema(form), options: options)
            return try finishSequential(node, value.text(), value)
        }
        let executors = following(node).compactMap(flow.node).filter { $0.name == "seqToolNode" }
        for executor in executors {
            options.tools += try await objects.tools(executor, "tools").map(\.description)
        }
        let result = try await model.answer(messages, options)
        pendingCalls = result.toolCalls
        if !result.toolCalls.isEmpty {
            said.append(result.message)
            return (
                ["content": .string(result.text)], following(node).filter { id in executors.contains { $0.id == id } }
            )
        }
        let (value, next) = try finishSequential(node, result.text, nil)
        return (value, next)
    }

    func sequentialTools(_ node: FlowNode) async throws -> (JSON, [String]) {
        let tools = try await objects.tools(node, "tools")
        var agent = Agent(node.label, model: ScriptedModel([]), tools: tools, approve: setup.approve)
        if node.flag("interrupt") { agent.tools = tools.map { $0.approved() } }
        var results: [JSON] = []
        for call in pendingCalls {
            let text = try await agent.carryOut(call)
            said.append(.result(text, of: call))
            results.append(["tool": .string(call.name), "toolInput": call.arguments, "toolOutput": .string(text)])
            answer = text
        }
        pendingCalls = []
        return (["content": .string(answer), "usedTools": .array(results)], following(node))
    }

    func sequentialCondition(_ node: FlowNode, _ output: JSON?) throws -> (JSON, [String]) {
        variables.output = output
        defer { variables.output = nil }
        for condition in try list(node, "conditionUI") {
            let holds = try Comparison.holds(
                value(condition["variable"]?.stringValue ?? ""), condition["operation"]?.stringValue ?? "Is",
                condition["value"] ?? "", at: node.title)
            guard holds, let name = condition["output"]?.stringValue else { continue }
            return (["content": .string(name)], following(node, output: name))
        }
        return (["content": "end"], following(node, output: "end"))
    }

    func sequentialConditionAgent(_ node: FlowNode) async throws -> (JSON, [String]) {
        let (model, options) = try await sequentialModel(of: node)
        let messages = try await conversation(node)
        let form = try list(node, "conditionAgentStructuredOutput")
        let fields: JSON
        if form.isEmpty {
            fields = ["content": .string(try await model.answer(messages, options).text)]
        } else {
            fields = try await model.value(
                JSON.self, messages, schema: StructuredOutput.schema(form), options: options)
        }
        return try sequentialCondition(node, fields)
    }

    func sequentialLoop(_ node: FlowNode) throws -> (JSON, [String]) {
        let name = Self.key(node.text("loopToName") ?? "")
        let names = ["agentName", "llmNodeName", "toolNodeName", "conditionName", "conditionAgentName"]
        let target = flow.nodes.first { other in
            names.contains { other.text($0).map(Self.key) == name } || Self.key(other.label) == name
        }
        guard let target else {
            throw FlowError(node.title, "loops back to \(node.text("loopToName") ?? "nothing"), which is not there")
        }
        variables.loops[node.id, default: 0] += 1
        return (["content": .string("round \(variables.loops[node.id, default: 0])")], [target.id])
    }
}
