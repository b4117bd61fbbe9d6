import Swiftlet

/// Questions about a document, a PDF for example: `documents MODEL FILE QUESTION`.
func askDocuments(_ model: any ChatModel, _ arguments: [String]) async throws {
    let (file, question) = (arguments[0], arguments[1])
    let splitter = try PassageSplitter(SplittingOptions(size: 120)) { model.tokenCount(of: $0) }
    let passages = splitter.split(try await DocumentLoader().load(file))
    // The passages with most of the question's words; collections find by meaning, too.
    let words = Set(question.lowercased().split { !$0.isLetter })
    let best = passages.sorted { a, b in
        func score(_ passage: Passage) -> Int {
            words.intersection(passage.text.lowercased().split { !$0.isLetter }).count
        }
        return score(a) > score(b)
    }.prefix(3)
    let prompt = try PromptTemplate(
        "Answer in one sentence from these passages.\n\n{passages}\n\nQuestion: {question}")
    let context = best.map { "(\($0.location)) \($0.text)" }.joined(separator: "\n\n")
    print(
        try await model.answer(
            prompt.render(["passages": .string(context), "question": .string(question)]),
            ChatOptions(maximumTokens: 100)))
}
