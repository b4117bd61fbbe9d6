import ArgumentParser
import Inference
import JSONValues

/// `swiftlet similar`.
struct SimilarCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "similar",
        abstract: "Tell how near texts or words are in meaning.",
        discussion: """
            Two texts: their similarity. One text and --among: the lines of a file, nearest first.

              swiftlet similar minilm "a loaf of bread" "how to bake"
              swiftlet similar minilm "how to bake" --among titles.txt --count 5

            Files of word vectors (word2vec, GloVe, fastText) also find words:

              swiftlet similar vectors.bin --nearest king
              swiftlet similar vectors.bin --analogy man king woman      (man is to king as woman is to ...)

            --metric is cosine, dot or euclidean, of which the negative distance is shown: larger is nearer in each. \
            Without it, the metric is the one that the model was made for.
            """)

    @Argument(help: "A model of the store, a file, or a folder.") var model: String
    @Argument(help: "Two texts, or one with --among.") var texts: [String] = []
    @Option(help: "A file with a text a line, among which the nearest are sought; - reads standard input.")
    var among: String?
    @Option(help: "A word whose nearest words are sought.") var nearest: String?
    @Option(
        parsing: .upToNextOption, help: "Three words A B C; those that are to C what B is to A are sought.")
    var analogy: [String] = []
    @Option(name: [.short, .long], help: "How many to show; otherwise 10 words, or all texts.") var count: Int?
    @Option(help: "cosine, dot or euclidean.") var metric: Similarity?
    @Flag(help: "Write JSON.") var json = false
    @OptionGroup(title: "Embedding") var options: EmbeddingModelOptions

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count wants a number from 1, not \(count)") }
        guard analogy.isEmpty || analogy.count == 3 else {
            throw ValidationError("--analogy wants three words, not \(analogy.count)")
        }
        let wants = [nearest != nil, !analogy.isEmpty, among != nil, !texts.isEmpty && among == nil].count { $0 }
        guard wants == 1, nearest == nil && analogy.isEmpty || texts.isEmpty else {
            throw ValidationError("give two texts, one text with --among, --nearest WORD, or --analogy A B C")
        }
        let needed = among == nil ? 2 : 1
        guard nearest != nil || !analogy.isEmpty || texts.count == needed else {
            throw ValidationError(
                among == nil ? "give two texts, not \(texts.count)" : "give one text with --among, not \(texts.count)")
        }
    }

    func run() async throws {
        if nearest != nil || !analogy.isEmpty { return try findWords() }
        if among != "-" {
            try TextLines.refusePiped(because: among == nil ? "both texts are given" : "--among is a file")
        }
        let model = try options.load(model)
        let metric = metric ?? model.similarity
        guard let among else {
            let vectors = try options.embed(texts, with: model).map(\.vector)
            let score = metric(vectors[0], vectors[1])
            let result: JSON = ["metric": .string(metric.rawValue), "score": .decimal(score)]
            try Console.write((json ? result.text() : "\(score)") + "\n")
            return
        }
        let lines = try TextLines.read(among)
        let vectors = try options.embed(texts + lines, with: model).map(\.vector)
        let ranking = metric.ranking(vectors[0], Array(vectors.dropFirst()))
        try write(ranking.prefix(count ?? .max).map { (lines[$0.index], $0.score, $0.index) })
    }

    private func findWords() throws {
        let path = try ModelOptions.path(of: model)
        guard try ModelKind.of(path) == .wordVectors else {
            throw CommandError(
                "\(model) has no vectors of words; --nearest and --analogy want word2vec, GloVe or fastText")
        }
        let words = try WordEmbedder.load(path)
        let (count, metric) = (count ?? 10, metric ?? .cosine)
        let found =
            try nearest.map { try words.nearest(to: $0, count: count, by: metric) }
            ?? words.analogy(near: [analogy[1], analogy[2]], farFrom: [analogy[0]], count: count, by: metric)
        try write(found.map { ($0.word, $0.score, nil) })
    }

    private func write(_ entries: [(text: String, score: Float, index: Int?)]) throws {
        if json {
            let key = entries.first?.index == nil ? "word" : "text"
            try Console.write(
                JSON.array(
                    entries.map { entry in
                        var members: JSON.Object = [key: .string(entry.text), "score": .decimal(entry.score)]
                        if let index = entry.index { members["index"] = .integer(index) }
                        return .object(members)
                    }
                ).text() + "\n")
        } else {
            for entry in entries {
                try Console.write("\(Quantities.decimals(Double(entry.score), 4))\t\(entry.text)\n")
            }
        }
    }
}

extension JSON {
    /// A number with the fewest digits that identify the float (0.8, not 0.800000011920929).
    static func decimal(_ value: Float) -> JSON { .number(Double("\(value)") ?? Double(value)) }
}
