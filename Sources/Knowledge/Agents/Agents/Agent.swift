import JSONValues

/// A model that acts: it calls tools until it knows the answer, or hands the task on.
///
/// Every action is decoded to a value: what a model says in another form is told back to it, and never guessed at.
///
/// ```swift
/// import Swiftlet
///
/// let agent = Agent("helper", model: model, tools: [Calculator.tool, SmallTools.clock])
/// let result = try await Budget(steps: 10, seconds: 60).run { try await agent.run("What is 17 * 23?") }
/// print(result.text)
/// ```
public struct Agent: Sendable {
    /// How an agent goes about a task.
    public enum Strategy: String, Sendable, Hashable, Codable, CaseIterable {
        /// Calls tools as the model was trained to.
        case toolCalling = "tool-calling"
        /// Thinks, acts and looks in turns (Yao et al. 2022).
        case react
        /// Makes a plan, carries out its steps one by one, and answers from what they gave.
        case planAndExecute = "plan-and-execute"
        /// Asks itself questions that lead to the answer (Press et al. 2022).
        case selfAsk = "self-ask"
        /// Answers, looks for what is wrong, and answers better (Shinn et al. 2023).
        case reflection
    }

    /// Its name, by which others hand tasks to it.
    public var name: String
    /// What it is told about itself.
    public var instructions: String
    /// Who thinks.
    public var model: any ChatModel
    /// What it may do.
    public var tools: [AgentTool]
    /// How it goes about it.
    public var strategy: Strategy
    /// Agents that it may hand the task to.
    public var colleagues: [Agent]
    /// The most turns.
    public var maximumSteps: Int
    /// How each answer is wanted.
    public var options = ChatOptions()
    /// Who is asked before tools that need it; nil refuses them.
    public var approve: Approval?

    /// Decides about a call.
    public typealias Approval = @Sendable (AgentToolCall) async throws -> Decision

    /// What was decided about a call.
    public enum Decision: Sendable, Hashable {
        case approved
        /// Not to be done; the model is told why.
        case rejected(String)
    }

    /// Makes an agent.
    public init(
        _ name: String, instructions: String = "You are a helpful assistant.", model: any ChatModel,
        tools: [AgentTool] = [],
        strategy: Strategy = .toolCalling, colleagues: [Agent] = [], maximumSteps: Int = 15, approve: Approval? = nil
    ) {
        (self.name, self.instructions, self.model, self.tools) = (name, instructions, model, tools)
        (self.strategy, self.colleagues, self.maximumSteps, self.approve) = (
            strategy, colleagues, maximumSteps, approve
        )
    }

    /// Carries out a task.
    ///
    /// - Parameter history: The conversation so far.
    /// - Throws: `AgentError` if no answer is found within the turns, `BudgetError`, and what models throw; a tool that fails is
    ///   told to the model.
    public func run(_ task: String, history: [ChatMessage] = []) async throws -> AgentResult {
        try await Trace.span(
            "invoke_agent \(name)",
            ["gen_ai.agent.name": .string(name), "swiftlet.strategy": .string(strategy.rawValue)]
        ) { _ in
            switch strategy {
            case .toolCalling: try await callTools(task, history)
            case .react: try await react(task, history)
            case .planAndExecute: try await planAndExecute(task, history)
            case .selfAsk: try await selfAsk(task, history)
            case .reflection: try await reflect(task, history)
            }
        }
    }

    /// The agent as a tool of another.
    public func tool(_ description: String) -> AgentTool {
        AgentTool(
            name, description,
            parameters: [
                "type": "object", "properties": ["task": ["type": "string"]], "required": ["task"],
                "additionalProperties": false,
            ]
        ) { arguments in
            try await run(arguments["task"]?.stringValue ?? arguments.text()).text
        }
    }
}

/// What an agent did.
public struct AgentResult: Sendable, Hashable {
    /// The answer.
    public var text: String
    /// Who gave it.
    public var agent: String
    /// What was done for it.
    public var steps: [AgentStep]

    /// Makes a result.
    public init(text: String, agent: String, steps: [AgentStep] = []) {
        (self.text, self.agent, self.steps) = (text, agent, steps)
    }
}

/// One thing that an agent did.
public struct AgentStep: Sendable, Hashable {
    /// Who did it.
    public var agent: String
    /// What it thought, where it said so.
    public var thought: String?
    /// What it did.
    public var action: AgentAction
    /// What came of it.
    public var observation: String
}

/// What an agent decides to do.
public enum AgentAction: Sendable, Hashable {
    /// Call a tool.
    case call(AgentToolCall)
    /// Give the task to a colleague.
    case handOff(to: String, task: String)
    /// Answer.
    case answer(String)
}

/// Why an agent has no answer.
public enum AgentError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The turns are over.
    case tooManySteps(agent: String, limit: Int)
    /// Two tools or colleagues have one name.
    case ambiguous(agent: String, name: String)

    /// What is wrong and what to do about it.
    public var description: String {
        switch self {
        case .tooManySteps(let agent, let limit):
            "the agent \(agent) has no answer after \(limit) steps; allow more, or look at the trace"
        case .ambiguous(let agent, let name): "the agent \(agent) has two tools or colleagues named \(name)"
        }
    }
}
