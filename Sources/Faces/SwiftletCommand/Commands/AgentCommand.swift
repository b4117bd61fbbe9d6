import Agents
import ArgumentParser
import JSONValues

/// `swiftlet agent`.
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Let an agent carry out a task.",
        discussion: """
            FILE is YAML or JSON: name, instructions, model, strategy (tool-calling, react, plan-and-execute, self-ask, \
            reflection), tools, colleagues, budget. Tools are calculator, clock, json_path, and with what the options give: \
            search (--collection), sql (--database), files (--root), web_page (--host), web_search (--search), \
            python and shell (--allow-code), mcp (--mcp).

              swiftlet agent analyst.yaml "Which city has the most orders?" --database shop.sqlite
            """)

    @Argument(help: "The agent's file.") var file: String
    @Argument(help: "The task; otherwise standard input.") var task: String?
    @Flag(help: "Write one JSON object: answer, steps, tokens.") var json = false
    @OptionGroup(title: "What the agent may use") var resources: ResourceOptions

    func run() async throws {
        let session = try ResourceSession(resources)
        let definition = try AgentFile(path: file)
        let agent = try await session.agent(definition)
        let text: String
        if let task {
            text = task
        } else {
            text = String(decoding: try Console.standardInput(), as: UTF8.self).trimmed
        }
        let result = try await session.run(definition.budget) { try await agent.run(text) }
        guard json else { return try Console.write(result.text + "\n") }
        let steps = result.steps.map { step -> JSON in
            var members: JSON.Object = ["agent": .string(step.agent)]
            if let thought = step.thought { members["thought"] = .string(thought) }
            switch step.action {
            case .call(let call):
                members["tool"] = .string(call.name)
                members["arguments"] = call.arguments
            case .handOff(let colleague, let task):
                members["hand_off_to"] = .string(colleague)
                members["task"] = .string(task)
            case .answer(let text): members["answer"] = .string(text)
            }
            members["observation"] = .string(step.observation)
            return .object(members)
        }
        let object: JSON = ["answer": .string(result.text), "agent": .string(result.agent), "steps": .array(steps)]
        try Console.write(object.text(.pretty) + "\n")
    }
}
