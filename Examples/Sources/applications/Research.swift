import Swiftlet

/// Looks things up in a folder of texts and reports: `research MODEL FOLDER QUESTION`.
func research(_ model: any ChatModel, _ arguments: [String]) async throws {
    let files = try FileRoot(path: arguments[0])
    let agent = Agent(
        "researcher",
        instructions: "List the files, read those that matter, and answer in one or two sentences.",
        model: model, tools: files.tools, strategy: .react, maximumSteps: 8)
    let trace = Trace()
    let result = try await RunContext.tracing(trace) { try await agent.run(arguments[1]) }
    for step in result.steps { print("- \(step.thought ?? "")") }
    print(result.text)
    print("(\(trace.spans.count) steps are in the trace)")
}
