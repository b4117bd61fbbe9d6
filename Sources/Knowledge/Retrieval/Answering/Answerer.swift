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
    let collection: DocumentCollection
    let encoder: PassageEncoder
    let reranker: (any TextReranker)?
    let model: any AnswerModel
    let options: AnsweringOptions

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

    private func answer(_ question: String, _ report: (GroundedEvent) -> Void) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        var answer = GroundedAnswer()
        var calls = ModelCalls(model, sampling: options.sampling)
        var found = try await find(question, by: question, &calls)
        answer.searchSeconds = start.duration(to: clock.now) / .seconds(1)
        for round in 1...max(1, options.rounds) {
            report(.passages(found.passages))
            let isLast = round >= options.rounds
            if found.isStrong {
                if try await generate(question, found.passages, isLast: isLast, &answer, &calls, report) { break }
            } else if isLast {
                (answer.text, answer.isInDocuments) = (AnswerPrompt.notFound, false)
                report(.text(answer.text))
            }
            if isLast { break }
            let searchStart = clock.now
            let query = try await QuestionRewriter.search(for: question, beyond: found.passages, &calls)
            let more = try await find(question, by: query, &calls)
            let known = Set(found.passages.map(\.id))
            found.passages += more.passages.filter { !known.contains($0.id) }
            found.isStrong = found.isStrong || more.isStrong
            answer.searchSeconds += searchStart.duration(to: clock.now) / .seconds(1)
        }
        (answer.calls, answer.promptTokens, answer.completionTokens) = (
            calls.count, calls.promptTokens, calls.completionTokens
        )
        answer.seconds = start.duration(to: clock.now) / .seconds(1)
        report(.finished(answer))
    }

    /// The passages for a question that a query finds, and whether they have to do with it.
    private func find(
        _ question: String, by text: String, _ calls: inout ModelCalls
    ) async throws -> (passages: [RetrievedPassage], isStrong: Bool) {
        var query = RetrievalQuery(text, count: options.passages)
        switch options.expansion {
        case nil: break
        case .multiQuery: query.alternatives = try await QuestionRewriter.otherWords(for: text, &calls)
        case .hypothetical: query.hypotheticalPassage = try await QuestionRewriter.passage(for: text, &calls)
        }
        if options.ranksWithModel { query.count = max(options.candidates, options.passages) }
        var passages = try await collection.search(query, encoder: encoder, reranker: reranker)
        if options.ranksWithModel {
            passages = Array(
                try await QuestionRewriter.ranked(passages, for: question, &calls).prefix(options.passages))
        }
        let similarities = try await collection.similarities(of: passages, to: question, encoder: encoder)
        let coverage = PassageSupport(passages.map(\.text)).coverage(of: question)
        let isStrong = (similarities.max() ?? 0) >= options.minimumSimilarity || coverage >= 0.75
        return (options.method == .wholeDocuments ? try await wholeDocuments(of: passages) : passages, isStrong)
    }

    /// The files that passages are of, each as one passage.
    private func wholeDocuments(of passages: [RetrievedPassage]) async throws -> [RetrievedPassage] {
        var (known, documents): (Set<String>, [RetrievedPassage]) = ([], [])
        for passage in passages where known.insert(passage.path).inserted {
            let parts = try await collection.passages(of: passage.path, 0...4095)
            var whole = parts.first ?? passage
            whole.text = parts.dropFirst().reduce(whole.text) { DocumentCollection.joined($0, $1.text) }
            whole.location = ""
            documents.append(whole)
        }
        return documents
    }
}
