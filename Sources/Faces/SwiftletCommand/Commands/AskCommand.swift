import ArgumentParser
import JSONValues
import Retrieval

/// `swiftlet ask`.
struct AskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask",
        abstract: "Answer a question from indexed documents, with citations.",
        discussion: """
            Finds passages, has a language model answer from them alone, and checks each citation against what is cited. The \
            numbers lead to file and place, listed below the answer. Where the documents do not hold the answer, it says so. \
            What documents say is quoted to the model as data.

              swiftlet ask manuals "How do I change the filter?"
              swiftlet ask manuals "Who signs?" --model path/to/model.gguf --method refine
            """)

    @Argument(help: "The collection, or its address on a server.") var name: String
    @Argument(help: "The question.") var question: String
    @Option(help: "The language model; otherwise the default model.") var model: String?
    @Option(name: [.customShort("k"), .long], help: "How many passages the model reads.") var count = 4
    @Option(
        help: """
            stuff: all passages at once; map-reduce: each by itself, then together; refine: one after another; whole: the \
            files that they are of, as many as the context has room for.
            """)
    var method = AnsweringOptions.Method.stuff
    @Option(
        help: ArgumentHelp(
            "multi-query: look for the question in three other wordings too; hyde: for a made-up answer.",
            valueName: "how"))
    var queryExpansion: AnsweringOptions.Expansion?
    @Flag(help: "Have the language model order 12 candidates by how sure it is that they answer the question.")
    var modelRerank = false
    @Flag(help: "Read of each passage only the sentences that have to do with the question.") var compress = false
    @Flag(help: "Put the best passages first and last, where models read best.") var bestAtEnds = false
    @Option(help: "How often to search: where passages do not hold the answer, the model says what to look for next.")
    var rounds = 1
    @Flag(help: "Answer once more from whole files, and show what both took.") var compareLongContext = false
    @Option(help: "The most tokens of the answer.") var maxTokens = 300
    @Option(help: "The cosine that the best passage must reach, unless passages have the question's words.")
    var minimumSimilarity: Float = 0.3
    @Option(
        help: ArgumentHelp(
            "A cross-encoder that orders the passages, or a sentence encoder, whose token vectors are compared (MaxSim).",
            valueName: "model")) var rerank: String?
    @Flag(help: "Write one JSON object instead of the text.") var json = false
    @OptionGroup(title: "Model") var modelOptions: ModelOptions

    func validate() throws {
        if !(1...1000).contains(count) { throw ValidationError("-k wants a number from 1 to 1000, not \(count)") }
        if !(1...20).contains(rounds) { throw ValidationError("--rounds wants a number from 1 to 20, not \(rounds)") }
        if !(-1...1).contains(minimumSimilarity) {
            throw ValidationError("--minimum-similarity wants a number from -1 to 1, not \(minimumSimilarity)")
        }
        if maxTokens < 1 { throw ValidationError("--max-tokens wants a number from 1, not \(maxTokens)") }
    }

    func run() async throws {
        let collection = try await DocumentModels.open(name)
        let encoder = try DocumentModels.encoder(collection.encoder, threads: modelOptions.threads)
        let reranker = try DocumentModels.reranker(rerank, threads: modelOptions.threads)
        let model = try loadEngine(try ModelOptions.path(of: model), id: nil, options: modelOptions)
        var options = AnsweringOptions()
        (options.method, options.passages, options.maximumTokens) = (method, count, maxTokens)
        (options.expansion, options.ranksWithModel, options.rounds) = (queryExpansion, modelRerank, rounds)
        (options.compresses, options.putsBestAtEnds) = (compress, bestAtEnds)
        options.minimumSimilarity = minimumSimilarity
        func answerer() -> Answerer {
            Answerer(
                collection: collection, encoder: encoder, model: model.engine, reranker: reranker, options: options)
        }
        let first = try await answer(by: answerer())
        guard compareLongContext else { return json ? try Console.write(first.json.text() + "\n") : () }
        options.method = .wholeDocuments
        if !json { try Console.write("\nFrom whole files:\n\n") }
        let second = try await answer(by: answerer())
        if json {
            try Console.write(JSON.object(["passages": first.json, "whole": second.json]).text() + "\n")
        } else {
            let ratio = Double(second.answer.promptTokens) / Double(max(1, first.answer.promptTokens))
            Console.note("(whole files took \(Quantities.decimals(ratio, 1)) times the tokens)")
        }
    }

    /// Answers the question, and writes the answer as it comes unless it is to be JSON.
    private func answer(by answerer: Answerer) async throws -> Found {
        var found = Found()
        for try await event in answerer.answer(question) {
            switch event {
            case .passages(let passages): found.passages = passages
            case .text(let text): if !json { try Console.write(text) }
            case .finished(let answer): found.answer = answer
            }
        }
        if !json { try write(found.answer, found.passages) }
        return found
    }

    private func write(_ answer: GroundedAnswer, _ passages: [RetrievedPassage]) throws {
        try Console.write("\n")
        if !answer.citations.isEmpty { try Console.write("\n") }
        for number in answer.citations {
            let passage = passages[number - 1]
            try Console.write("[\(number)] \(passage.path)\(passage.location.isEmpty ? "" : ": \(passage.location)")\n")
        }
        if !answer.isInDocuments {
            Console.note(
                answer.quotation == nil
                    ? "The documents do not seem to hold the answer."
                    : "The documents do not support what the model said; the sentence nearest to the question is quoted instead."
            )
        } else if answer.unsupported > 0 {
            Console.note("\(answer.unsupported) of \(answer.sentences) sentences are not supported by what was found.")
        }
        Console.note(
            "(\(passages.count) passages in \(Quantities.decimals(answer.searchSeconds, 2)) s; \(answer.calls) "
                + "call\(answer.calls == 1 ? "" : "s"), \(answer.promptTokens) tokens read, \(answer.completionTokens) written; "
                + "\(Quantities.decimals(answer.seconds, 1)) s in all)")
    }

    /// An answer with the passages that it cites.
    private struct Found {
        var answer = GroundedAnswer()
        var passages: [RetrievedPassage] = []

        var json: JSON {
            let sources = passages.enumerated().map { number, passage -> JSON in
                [
                    "number": .integer(number + 1), "cited": .bool(answer.citations.contains(number + 1)),
                    "path": .string(passage.path), "location": .string(passage.location), "text": .string(passage.text),
                ]
            }
            return [
                "answer": .string(answer.text), "in_documents": .bool(answer.isInDocuments),
                "quotation": answer.quotation.map(JSON.string) ?? .null,
                "withheld": answer.withheld.map(JSON.string) ?? .null, "passages": .array(sources),
                "sentences": .integer(answer.sentences), "unsupported": .integer(answer.unsupported),
                "calls": .integer(answer.calls), "prompt_tokens": .integer(answer.promptTokens),
                "completion_tokens": .integer(answer.completionTokens), "seconds": .number(answer.seconds),
            ]
        }
    }
}
