import ArgumentParser
import Inference
import JSONValues

/// `swiftlet rerank`.
struct RerankCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rerank",
        abstract: "Order texts by how well they answer a query.",
        discussion: """
            MODEL is a cross-encoder: a folder whose config.json names a class ...ForSequenceClassification with one \
            label, or a language model that answers with yes or no, such as Qwen3-Reranker. It reads the query and each text together, which is slower than comparing vectors and more exact, so it \
            is mostly given the best few of a search.

              swiftlet rerank ms-marco-minilm "how to bake bread" --among candidates.txt --count 3
            """)

    @Argument(help: "A model of the store, or a folder.") var model: String
    @Argument(help: "The query.") var query: String
    @Option(help: "A file with a text a line; - reads standard input.") var among: String
    @Option(name: [.short, .long], help: "How many to show; otherwise all.") var count: Int?
    @Option(help: "What makes a text an answer, for language models; otherwise what they were trained with.")
    var instruction: String?
    @Flag(inversion: .prefixedNo, help: "Cut texts that are longer than the model reads, and say so; or refuse them.")
    var truncate = true
    @OptionGroup var threadOptions: ThreadOptions
    @OptionGroup var rounding: WeightRoundingOptions
    @Flag(help: "Write a JSON array of objects with index, score, text and omitted_tokens.") var json = false

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count wants a number from 1, not \(count)") }
    }

    func run() async throws {
        let path = try ModelOptions.path(of: model)
        guard try ModelKind.of(path) == .crossEncoder else {
            throw CommandError("\(model) does not score pairs of texts; compare with swiftlet similar --among instead")
        }
        if among != "-" { try TextLines.refusePiped(because: "--among is a file") }
        let encoder = try CrossEncoder.load(
            path, instruction: instruction, threads: threadOptions.threads, roundsWeights: rounding.bf16)
        Console.note(oddities: encoder.notes)
        let lines = try TextLines.read(among)
        let ranking = try encoder.ranking(query: query, documents: lines, truncates: truncate)
        for entry in ranking.sorted(by: { $0.index < $1.index }) where entry.score.omittedTokens > 0 {
            Console.note(
                "text \(entry.index + 1) was cut: \(entry.score.omittedTokens) of its and the query's tokens do not count, "
                    + "since the model reads \(encoder.maximumTokens)")
        }
        let shown = ranking.prefix(count ?? .max)
        if json {
            try Console.write(
                JSON.array(
                    shown.map { entry in
                        [
                            "index": .integer(entry.index), "score": .decimal(entry.score.score),
                            "text": .string(lines[entry.index]), "omitted_tokens": .integer(entry.score.omittedTokens),
                        ]
                    }
                ).text() + "\n")
        } else {
            for entry in shown {
                try Console.write("\(Quantities.decimals(Double(entry.score.score), 4))\t\(lines[entry.index])\n")
            }
        }
    }
}
