import JSONValues

/// Agents that a supervisor gives work to, one after another, until it says that all is done.
public struct Team: Sendable {
    /// What the supervisor is told; `{team_members}` becomes the names.
    public var instructions: String
    /// Who decides.
    public var model: any ChatModel
    /// Who works.
    public var workers: [Agent]
    /// The most decisions.
    public var maximumSteps: Int

    /// Makes a team.
    public init(instructions: String, model: any ChatModel, workers: [Agent], maximumSteps: Int = 30) {
        (self.instructions, self.model, self.workers, self.maximumSteps) = (instructions, model, workers, maximumSteps)
    }

    private struct Decision: Decodable, Sendable {
        var next: String
        var task: String?
    }

    private static let finished = "FINISH"

    /// Carries out a task; the last worker's words are the answer.
    public func run(_ task: String, history: [ChatMessage] = []) async throws -> AgentResult {
        let names = workers.map(\.name)
        let schema: JSON = [
            "type": "object",
            "properties": [
                "next": ["type": "string", "enum": .array((names + [Self.finished]).map(JSON.string))],
                "task": ["type": "string"],
            ],
            "required": ["next", "task"], "additionalProperties": false,
        ]
        let told = PromptTemplate(lenient: instructions).filled(["team_members": .string(names.joined(separator: ", "))]
        )
        var messages: [ChatMessage] = [.system(try told.render())] + history + [.user(task)]
        var (steps, last): ([AgentStep], AgentResult?) = ([], nil)
        for _ in 0..<maximumSteps {
            try RunContext.current.budget?.step()
            let question = ChatMessage.user("Who acts next? Say \(Self.finished) when all is done. Answer as JSON.")
            let decision = try await model.value(Decision.self, messages + [question], schema: schema)
            guard let worker = workers.first(where: { $0.name == decision.next }) else { break }
            RunContext.current.report(.step(worker.name))
            let result = try await worker.run(decision.task ?? task, history: Array(messages.dropFirst()))
            steps.append(
                AgentStep(
                    agent: "supervisor", action: .handOff(to: worker.name, task: decision.task ?? task),
                    observation: result.text))
            steps += result.steps
            messages.append(.assistant("\(worker.name): \(result.text)"))
            last = result
        }
        guard let last else { return AgentResult(text: try await model.answer(messages).text, agent: "supervisor") }
        return AgentResult(text: last.text, agent: last.agent, steps: steps)
    }
}
