import Swiftlet

/// Questions about an SQLite database, which is only read: `analyst MODEL FILE QUESTION`.
func analyst(_ model: any ChatModel, _ arguments: [String]) async throws {
    let database = try SQLSource(path: arguments[0])
    let agent = Agent(
        "analyst",
        instructions: "You answer questions with the database. Query it, then answer in one sentence.",
        model: model, tools: [try database.tool(), Calculator.tool], maximumSteps: 6)
    let result = try await agent.run(arguments[1])
    for step in result.steps {
        if case .call(let call) = step.action {
            print("> \(call.arguments.text())\n\(step.observation)\n")
        }
    }
    print(result.text)
}
