import Swiftlet

/// A conversation that is remembered in a file: `chat MODEL FILE TEXT`.
func chat(_ model: any ChatModel, _ arguments: [String]) async throws {
    let (file, text) = (arguments[0], arguments[1])
    // Old turns become a summary when they no longer fit.
    let memory = Memory(.summaryBuffer(tokens: 1000, model), store: try MemoryStore(path: file))
    let messages = try await memory.recall(for: text)
    let answer = try await RunContext.listening({
        if case .text(let text) = $0 { print(text, terminator: "") }
    }) {
        try await model.answer(
            [.system("You are a friendly companion.")] + messages + [.user(text)],
            ChatOptions(maximumTokens: 200))
    }
    print()
    try await memory.remember(user: text, assistant: answer.text)
}
