import JSONValues

extension Agent {
    /// The tool that stands for handing a task to a colleague.
    static func handOffName(_ name: String) -> String {
        "hand_off_to_" + name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? String($0) : "_" }.joined()
    }

    /// The descriptions of all that may be called.
    func callable() throws(AgentError) -> [ToolDescription] {
        let colleagues = colleagues.map { colleague in
            ToolDescription(
                name: Self.handOffName(colleague.name),
                description: "Hands the task to \(colleague.name): \(colleague.instructions.prefix(200))",
                parameters: [
                    "type": "object", "properties": ["task": ["type": "string"]], "required": ["task"],
                    "additionalProperties": false,
                ])
        }
        let all = tools.map(\.description) + colleagues
        var names: Set<String> = []
        for tool in all where !names.insert(tool.name).inserted { throw .ambiguous(agent: self.name, name: tool.name) }
        return all
    }

    /// What a call means.
    func action(_ call: AgentToolCall) -> AgentAction {
        guard let colleague = colleagues.first(where: { Self.handOffName($0.name) == call.name }) else {
            return .call(call)
        }
        return .handOff(to: colleague.name, task: call.arguments["task"]?.stringValue ?? call.arguments.text())
    }

    /// Carries out a call as a model's turn would, after whatever agreement it needs; a tool that fails says so in the result.
    public func carryOut(_ call: AgentToolCall) async throws -> String { try await observe(call) }

    /// Calls a tool and gives what a model is to see of it; only what ends the run is thrown.
    func observe(_ call: AgentToolCall) async throws -> String {
        let context = RunContext.current
        guard let tool = tools.first(where: { $0.name == call.name }) else {
            return "There is no tool \(call.name). There are: \(tools.map(\.name).joined(separator: ", "))."
        }
        context.report(.call(call))
        let observation: String
        if tool.needsApproval, case .rejected(let reason) = try await decision(call) {
            observation = "This was not allowed: \(reason)"
        } else {
            do { observation = try await tool.call(call.arguments) } catch {
                if error is CancellationError || error is BudgetError { throw error }
                observation = "Error: \(error)"
            }
        }
        context.report(.result(call, observation))
        return observation
    }

    private func decision(_ call: AgentToolCall) async throws -> Decision {
        guard let approve else { return .rejected("nobody is there to agree") }
        return try await Trace.span("approval \(call.name)", ["arguments": call.arguments]) { span in
            let decision = try await approve(call)
            span.set("decision", .string("\(decision)"))
            return decision
        }
    }

    /// Has a colleague carry out a task.
    func handOff(
        to name: String, _ task: String, _ history: [ChatMessage], _ steps: [AgentStep]
    ) async throws -> AgentResult? {
        guard let colleague = colleagues.first(where: { $0.name == name }) else { return nil }
        var result = try await colleague.run(task, history: history)
        result.steps =
            steps + [AgentStep(agent: self.name, action: .handOff(to: name, task: task), observation: "")]
            + result.steps
        return result
    }

    /// The conversation that an agent begins with.
    func beginning(_ task: String, _ history: [ChatMessage], more: String = "") -> [ChatMessage] {
        let told = [instructions, more].filter { !$0.isEmpty }.joined(separator: "\n\n")
        return (told.isEmpty ? [] : [.system(told)]) + history + [.user(task)]
    }

    func callTools(_ task: String, _ history: [ChatMessage]) async throws -> AgentResult {
        var messages = beginning(task, history)
        var options = options
        options.tools = try callable()
        var steps: [AgentStep] = []
        for _ in 0..<maximumSteps {
            try RunContext.current.budget?.step()
            let answer = try await model.answer(messages, options)
            guard !answer.toolCalls.isEmpty else {
                return AgentResult(text: answer.text, agent: name, steps: steps)
            }
            messages.append(answer.message)
            for call in answer.toolCalls {
                let action = action(call)
                if case .handOff(let colleague, let task) = action,
                    let result = try await handOff(to: colleague, task, history, steps)
                {
                    return result
                }
                let observation = try await observe(call)
                steps.append(
                    AgentStep(
                        agent: name, thought: answer.text.isEmpty ? nil : answer.text, action: action,
                        observation: observation))
                messages.append(.result(observation, of: call))
            }
        }
        throw AgentError.tooManySteps(agent: name, limit: maximumSteps)
    }
}
