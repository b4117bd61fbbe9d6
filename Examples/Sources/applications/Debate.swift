import Swiftlet

/// Two agents argue, a third one judges: `debate MODEL QUESTION`.
func debate(_ model: any ChatModel, _ arguments: [String]) async throws {
    func speaker(_ name: String, _ side: String) -> Agent {
        Agent(
            name, instructions: "You are \(name). You argue \(side) the claim, in one or two sentences.",
            model: model)
    }
    let sides = [speaker("Ada", "for"), speaker("Ben", "against")]
    var spoken: [String] = []
    for round in 0..<4 {
        var agent = sides[round % 2]
        agent.options = ChatOptions(maximumTokens: 80)
        let before = spoken.isEmpty ? "" : "\n\nSaid so far:\n\(spoken.joined(separator: "\n"))"
        let turn = "\(agent.name): \(try await agent.run("The claim: \(arguments[0])\(before)").text)"
        print(turn)
        spoken.append(turn)
    }
    let verdict = try await PromptStrategies.chainOfThought(
        "Who argued better, Ada or Ben?\n\n\(spoken.joined(separator: "\n"))", model: model,
        options: ChatOptions(temperature: 0, maximumTokens: 200))
    print("The judge: \(verdict.text)")
}
