import ArgumentParser
import JSONValues
import Retrieval

/// `swiftlet search`.
struct SearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find passages in indexed documents.",
        discussion: """
            --by dense looks for the meaning, keywords for the words (BM25), hybrid for both, their rankings fused. --rerank \
            has a cross-encoder read the best 30 together with the query.

              swiftlet search manuals "change the filter" -k 3
              swiftlet search manuals "error E42" --by keywords --json
            """)

    @Argument(help: "The collection, or its address on a server.") var name: String
    @Argument(help: "What is looked for.") var query: String
    @Option(name: [.customShort("k"), .long], help: "How many passages.") var count = 10
    @Option(help: "How: dense, keywords, or hybrid.") var by = RetrievalQuery.Method.hybrid
    @Option(
        help: ArgumentHelp(
            "A cross-encoder that orders the passages anew, or a sentence encoder, whose token vectors are compared (MaxSim).",
            valueName: "model")) var rerank: String?
    @Option(
        help: ArgumentHelp(
            "From 0 to 1: how much relevance counts against difference from the passages before.", valueName: "lambda"))
    var diversity: Float?
    @Flag(help: "Show what belongs around a passage with it.") var expand = false
    @Option(help: "Only files whose path begins so.") var under: String?
    @OptionGroup var threadOptions: ThreadOptions
    @Flag(help: "Write a JSON object with results: score, path, location and text of each.") var json = false

    func validate() throws {
        if !(1...10_000).contains(count) { throw ValidationError("-k wants a number from 1 to 10000, not \(count)") }
        if let diversity, !(0...1).contains(diversity) {
            throw ValidationError("--diversity wants a number from 0 to 1, not \(diversity)")
        }
    }

    func run() async throws {
        let collection = try await DocumentModels.open(name)
        let needsEncoder = by != .keywords || diversity != nil
        let encoder =
            needsEncoder ? try DocumentModels.encoder(collection.encoder, threads: threadOptions.threads) : nil
        var search = RetrievalQuery(query, count: count, method: by)
        (search.diversity, search.expands, search.pathPrefix) = (diversity, expand, under)
        let passages = try await collection.search(
            search, encoder: encoder, reranker: try DocumentModels.reranker(rerank, threads: threadOptions.threads))
        if json {
            let results = passages.map { passage -> JSON in
                [
                    "score": .decimal(passage.score), "path": .string(passage.path),
                    "location": .string(passage.location), "text": .string(passage.text),
                ]
            }
            return try Console.write(JSON.object(["results": .array(results)]).text() + "\n")
        }
        if passages.isEmpty { Console.note("nothing was found") }
        for (number, passage) in passages.enumerated() {
            let place = passage.location.isEmpty ? "" : ": \(passage.location)"
            try Console.write(
                "\(number + 1)  \(passage.path)\(place)  (\(Quantities.decimals(Double(passage.score), 4)))\n")
            let lines = passage.text.split(whereSeparator: \.isNewline)
            for line in lines.prefix(6) { try Console.write("   \(line)\n") }
            try Console.write(lines.count > 6 ? "   (\(lines.count - 6) more lines)\n\n" : "\n")
        }
    }
}
