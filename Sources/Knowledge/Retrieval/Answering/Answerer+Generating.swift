import Documents

extension Answerer {
    private typealias Numbered = [(number: Int, passage: RetrievedPassage)]

    /// Has the model answer from passages, and checks what it says.
    ///
    /// - Returns: whether the answer stands; where it does not, nothing of it was shown.
    func generate(
        _ question: String, _ passages: [RetrievedPassage], isLast: Bool, _ answer: inout GroundedAnswer,
        _ calls: inout ModelCalls, _ report: (GroundedEvent) -> Void
    ) async throws -> Bool {
        let read = options.compresses ? try await compressed(passages, question) : passages
        let numbered: Numbered = read.enumerated().map { ($0.offset + 1, $0.element) }
        let message =
            switch options.method {
            case .stuff, .wholeDocuments: try fitting(question, numbered)
            case .mapReduce: try fitting(question, try await map(question, numbered, &calls))
            case .refine: try await refine(question, numbered, &calls)
            }
        var stream = CitationStream(PassageSupport(passages.map(\.text)))
        // Nothing is shown before a passage supports a sentence.
        var (text, held, isShown) = ("", "", false)
        try await ask(message, &calls) { piece in
            let shown = stream.take(piece)
            text += shown
            held += shown
            if !held.isEmpty, stream.sentences > stream.unsupported {
                report(.text(held))
                (held, isShown) = ("", true)
            }
            return !stream.repeats
        }
        let rest = stream.finish()
        (answer.text, answer.citations) = (text + rest, stream.cited.sorted())
        (answer.sentences, answer.unsupported) = (stream.sentences, stream.unsupported)
        // What no passage says is not from the documents, however well it sounds.
        answer.isInDocuments = !Self.says(answer.text, AnswerPrompt.notFound) && stream.unsupported < stream.sentences
        if !answer.isInDocuments, !isShown, !isLast { return false }
        if stream.unsupported == stream.sentences, try await quote(question, passages, &answer) {
            report(.text(answer.text))
        } else if !(held + rest).isEmpty {
            report(.text(held + rest))
        }
        return true
    }

    /// Puts the sentence of the passages that is nearest to the question in the place of what the model said, if one is near:
    /// small models miss or make up much, and this is at least what the documents say. Whether it did.
    private func quote(
        _ question: String, _ passages: [RetrievedPassage], _ answer: inout GroundedAnswer
    ) async throws -> Bool {
        let sentences = passages.enumerated().flatMap { place, passage in
            Sentences.ranges(passage.text.startIndex..<passage.text.endIndex, of: passage.text).compactMap {
                range -> (number: Int, text: String)? in
                let text = passage.text[range].split(whereSeparator: \.isWhitespace).joined(separator: " ")
                return text.contains { $0.isLetter } && !text.hasPrefix("#") ? (place + 1, text) : nil
            }
        }
        guard !sentences.isEmpty else { return false }
        let similarities = try await collection.similarities(of: sentences.map(\.text), to: question, encoder: encoder)
        guard let best = similarities.indices.max(by: { similarities[$0] < similarities[$1] }),
            similarities[best] >= options.quotationSimilarity
        else { return false }
        answer.withheld = answer.text
        answer.text = "The documents say: \"\(sentences[best].text)\" [\(sentences[best].number)]"
        (answer.quotation, answer.citations) = (sentences[best].text, [sentences[best].number])
        return true
    }

    private static func says(_ text: String, _ sentence: String) -> Bool {
        text.lowercased().contains(sentence.dropLast().lowercased())
    }

    @discardableResult private func ask(
        _ message: String, _ calls: inout ModelCalls, onText: (String) -> Bool = { _ in true }
    ) async throws -> String {
        try await calls.ask(
            message, instructions: AnswerPrompt.instructions, maximumTokens: options.maximumTokens, onText: onText)
    }

    /// The message with as many of the passages as the context has room for, the best first.
    private func fitting(_ question: String, _ passages: Numbered, draft: String? = nil) throws -> String {
        for count in stride(from: passages.count, through: 1, by: -1) {
            let chosen = Array(passages.prefix(count))
            let message = AnswerPrompt.message(
                question, options.putsBestAtEnds ? Self.bestAtEnds(chosen) : chosen, draft: draft)
            let prompt = try model.prompt(instructions: AnswerPrompt.instructions, message: message)
            if prompt.count + options.maximumTokens <= model.contextLength { return message }
        }
        throw RetrievalError.noRoom(context: model.contextLength)
    }

    /// The best passages first and last, the others between: models read the middle of a long prompt least
    /// (arXiv:2307.03172).
    static func bestAtEnds<Passage>(_ passages: [Passage]) -> [Passage] {
        stride(from: 0, to: passages.count, by: 2).map { passages[$0] }
            + stride(from: 1, to: passages.count, by: 2).map { passages[$0] }.reversed()
    }

    /// The passages with those of their sentences alone that have to do with the question, one at least.
    private func compressed(_ passages: [RetrievedPassage], _ question: String) async throws -> [RetrievedPassage] {
        let sentences = passages.map { passage in
            Sentences.ranges(passage.text.startIndex..<passage.text.endIndex, of: passage.text)
                .map { String(passage.text[$0]) }
        }
        let similarities = try await collection.similarities(
            of: Array(sentences.joined()), to: question, encoder: encoder)
        var first = 0
        return zip(passages, sentences).map { passage, sentences in
            defer { first += sentences.count }
            let scores = similarities[first..<first + sentences.count]
            let least = min(options.compressionSimilarity, scores.max() ?? 0)
            var shorter = passage
            shorter.text = zip(sentences, scores).filter { $0.1 >= least }.map(\.0).joined(separator: "\n")
            return shorter.text.isEmpty ? passage : shorter
        }
    }

    /// What each passage by itself says to the question; passages that say nothing are left out, unless all do.
    private func map(_ question: String, _ passages: Numbered, _ calls: inout ModelCalls) async throws -> Numbered {
        var found: Numbered = []
        for (number, passage) in passages {
            let text = try await ask(try fitting(question, [(number, passage)]), &calls)
            if Self.says(text, AnswerPrompt.notFound) { continue }
            var part = passage
            part.text = text
            found.append((number, part))
        }
        return found.isEmpty ? passages : found
    }

    /// The message that asks for the last improvement of an answer.
    private func refine(_ question: String, _ passages: Numbered, _ calls: inout ModelCalls) async throws -> String {
        var draft: String?
        for passage in passages.dropLast() {
            let text = try await ask(try fitting(question, [passage], draft: draft), &calls)
            if draft == nil || !Self.says(text, AnswerPrompt.notFound) { draft = text }
        }
        return try fitting(question, Array(passages.suffix(1)), draft: draft)
    }
}
