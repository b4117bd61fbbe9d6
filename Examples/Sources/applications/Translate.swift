import Swiftlet

/// Translates with examples, the most like ones next to the text: `translate MODEL LANGUAGE TEXT`.
func translate(_ model: any ChatModel, _ arguments: [String]) async throws {
    let examples: [[String: JSON]] = [
        ["from": "Good morning", "to": "Guten Morgen", "language": "German"],
        ["from": "Good morning", "to": "Bonjour", "language": "French"],
        ["from": "Thank you very much", "to": "Vielen Dank", "language": "German"],
        ["from": "Thank you very much", "to": "Merci beaucoup", "language": "French"],
    ].filter { $0["language"] == .string(arguments[0]) }
    let prompt = FewShotPrompt(
        examples: examples, example: try PromptTemplate("English: {from}\n{language}: {to}"),
        prefix: try PromptTemplate("Translate into {language}."),
        suffix: try PromptTemplate("English: {text}\n{language}:"), selector: .length(words: 200))
    let text = try await prompt.render([
        "language": .string(arguments[0]), "text": .string(arguments[1]),
    ])
    var options = ChatOptions(temperature: 0, maximumTokens: 60)
    options.stop = ["\n\n"]
    print(try await model.answer(text, options))
}
