import Documents
public import Inference

/// Answers questions from a collection: finds passages, has a model answer from them alone, and checks what it cites.
///
/// ```swift
/// import Swiftlet
///
/// let model = Engine(model: try LanguageModel.load("smollm2.gguf"))
/// let answerer = Answerer(collection: notes, encoder: encoder, model: model)
/// for try await event in answerer.answer("When is the rent due?") {
///     if case .text(let text) = event { print(text, terminator: "") }
/// }
/// ```
public struct Answerer: Sendable {
    private let collection: DocumentCollection
    private let encoder: PassageEncoder
    private let reranker: (any TextReranker)?
    private let model: any AnswerModel
    private let options: AnsweringOptions

    public init(
        collection: DocumentCollection, encoder: PassageEncoder, model: any AnswerModel,
        reranker: (any TextReranker)? = nil, options: AnsweringOptions = AnsweringOptions()
    ) {
        (self.collection, self.encoder, self.model) = (collection, encoder, model)
        (self.reranker, self.options) = (reranker, options)
    }

    /// Answers a question; ending the iteration stops the work.
    public func answer(_ question: String) -> AsyncThrowingStream<GroundedEvent, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    try await answer(question) { continuation.yield($0) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    private typealias Numbered = [(number: Int, passage: RetrievedPassage)]

    private func answer(_ question: String, _ report: (GroundedEvent) -> Void) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        var answer = GroundedAnswer()
        let (passages, isStrong) = try await find(question)
        answer.searchSeconds = start.duration(to: clock.now) / .seconds(1)
        report(.passages(passages))
        if isStrong {
            try await generate(question, passages, &answer, report)
        } else {
            (answer.text, answer.isInDocuments) = (AnswerPrompt.notFound, false)
            report(.text(answer.text))
        }
        answer.seconds = start.duration(to: clock.now) / .seconds(1)
        report(.finished(answer))
    }

    /// The passages for a question, and whether they have to do with it.
    private func find(_ question: String) async throws -> ([RetrievedPassage], isStrong: Bool) {
        let query = RetrievalQuery(question, count: options.passages)
        let passages = try await collection.search(query, encoder: encoder, reranker: reranker)
        let similarities = try await collection.similarities(of: passages, to: question, encoder: encoder)
        let coverage = PassageSupport(passages.map(\.text)).coverage(of: question)
        return (passages, (similarities.max() ?? 0) >= options.minimumSimilarity || coverage >= 0.75)
    }

    private func generate(
        _ question: String, _ passages: [RetrievedPassage], _ answer: inout GroundedAnswer,
        _ report: (GroundedEvent) -> Void
    ) async throws {
        let numbered: Numbered = passages.enumerated().map { ($0.offset + 1, $0.element) }
        let message =
            switch options.method {
            case .stuff: try fitting(question, numbered)
            case .mapReduce: try fitting(question, try await map(question, numbered, &answer))
            case .refine: try await refine(question, numbered, &answer)
            }
        var stream = CitationStream(PassageSupport(passages.map(\.text)))
        // Nothing is shown before a passage supports a sentence.
        var (text, held) = ("", "")
        try await ask(message, &answer) { piece in
            let shown = stream.take(piece)
            text += shown
            held += shown
            if !held.isEmpty, stream.sentences > stream.unsupported {
                report(.text(held))
                held = ""
            }
            return !stream.repeats
        }
        let rest = stream.finish()
        (answer.text, answer.citations) = (text + rest, stream.cited.sorted())
        (answer.sentences, answer.unsupported) = (stream.sentences, stream.unsupported)
        // What no passage says is not from the documents, however well it sounds.
        answer.isInDocuments = !Self.says(answer.text, AnswerPrompt.notFound) && stream.unsupported < stream.sentences
        if stream.unsupported == stream.sentences, try await quote(question, passages, &answer) {
            report(.text(answer.text))
        } else if !(held + rest).isEmpty {
            report(.text(held + rest))
        }
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

    /// Asks the model; returns its answer, which also goes to `onText` as it comes, as long as that wants more.
    @discardableResult private func ask(
        _ message: String, _ answer: inout GroundedAnswer, onText: (String) -> Bool = { _ in true }
    ) async throws -> String {
        let prompt = try model.prompt(instructions: AnswerPrompt.instructions, message: message)
        let request = GenerationRequest(
            prompt: prompt, sampling: options.sampling, maximumTokens: options.maximumTokens)
        var (text, tokens) = ("", 0)
        answer.calls += 1
        for try await event in try model.answer(request) {
            switch event {
            case .prompt: break
            case .token(let token):
                tokens += 1
                text += token.text
                if onText(token.text) { continue }
                (answer.promptTokens, answer.completionTokens) = (
                    answer.promptTokens + prompt.count, answer.completionTokens + tokens
                )
                return text
            case .finished(let completion):
                text += completion.trailingText
                _ = onText(completion.trailingText)
                answer.promptTokens += completion.promptTokens
                answer.completionTokens += completion.completionTokens
            }
        }
        try Task.checkCancellation()
        return text
    }

    /// The message with as many of the passages as the context has room for, the best first.
    private func fitting(_ question: String, _ passages: Numbered, draft: String? = nil) throws -> String {
        for count in stride(from: passages.count, through: 1, by: -1) {
            let message = AnswerPrompt.message(question, Array(passages.prefix(count)), draft: draft)
            let prompt = try model.prompt(instructions: AnswerPrompt.instructions, message: message)
            if prompt.count + options.maximumTokens <= model.contextLength { return message }
        }
        throw RetrievalError.noRoom(context: model.contextLength)
    }

    /// What each passage by itself says to the question; passages that say nothing are left out, unless all do.
    private func map(_ question: String, _ passages: Numbered, _ answer: inout GroundedAnswer) async throws -> Numbered
    {
        var found: Numbered = []
        for (number, passage) in passages {
            let text = try await ask(try fitting(question, [(number, passage)]), &answer)
            if Self.says(text, AnswerPrompt.notFound) { continue }
            var part = passage
            part.text = text
            found.append((number, part))
        }
        return found.isEmpty ? passages : found
    }

    /// The message that asks for the last improvement of an answer.
    private func refine(_ question: String, _ passages: Numbered, _ answer: inout GroundedAnswer) async throws -> String
    {
        var draft: String?
        for passage in passages.dropLast() {
            let text = try await ask(try fitting(question, [passage], draft: draft), &answer)
            if draft == nil || !Self.says(text, AnswerPrompt.notFound) { draft = text }
        }
        return try fitting(question, Array(passages.suffix(1)), draft: draft)
    }
}
