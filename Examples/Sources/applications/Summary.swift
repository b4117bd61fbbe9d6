import Swiftlet

/// Sums up a document of any length: parts first, at the same time, then all: `summary MODEL FILE`.
func summarize(_ model: any ChatModel, _ arguments: [String]) async throws {
    let options = ChatOptions(temperature: 0, maximumTokens: 80)
    let part = Chain<String, String>("part") { text in
        try await model.answer("Say in one sentence what this is about:\n\n\(text)", options)
    }
    let whole = Chain<[String], String>("whole") { parts in
        if parts.count == 1 { return parts[0] }
        return try await model.answer(
            "Sum up in two sentences:\n\n\(parts.joined(separator: "\n"))", options)
    }
    let splitter = try PassageSplitter(SplittingOptions(size: 400)) { model.tokenCount(of: $0) }
    let passages = splitter.split(try await DocumentLoader().load(arguments[0])).map(\.text)
    print(try await part.retrying(attempts: 2).each(limit: 4).then(whole).run(passages))
}
