import Essentials
public import ArgumentParser
public import Evaluation
import Inference
import JSONValues

extension TextMetric: ExpressibleByArgument {}
extension BLEUTokenizer: ExpressibleByArgument {}

/// `swiftlet metric`.
struct MetricCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metric",
        abstract: "Compare texts with references.",
        discussion: """
            Each file has a text a line; line by line, hypotheses belong to the references of every file of references.

              swiftlet metric bleu --hypotheses answers.txt --references first.txt second.txt --json
              swiftlet metric rougeLsum --stem --hypotheses summaries.txt --references written.txt
              swiftlet metric distinct --order 2 --hypotheses stories.txt

            BLEU, chrF and TER are sacrebleu's, 0 to 100; exact_match and f1 are SQuAD's, 0 to 100; rouge1, rouge2, rougeL and \
            rougeLsum are rouge-score's, bertscore is bert-score's with the encoder's last layer, meteor is nltk's, wer and cer are jiwer's, where 1 is an edit for each word or character.
            """)

    @Argument(help: ArgumentHelp("The metric.", valueName: "name")) var metric: TextMetric
    @Option(help: "A file of texts; - reads standard input.") var hypotheses: String
    @Option(parsing: .upToNextOption, help: "Files of references, one reference for each text in every file.")
    var references: [String] = []
    @Option(help: "How BLEU splits texts.") var tokenize = BLEUTokenizer.mteval13a
    @Option(help: "What stands in for BLEU's n-grams without a match: exp, floor, floor:0.1, add-k, add-k:1 or none.")
    var smooth = "exp"
    @Flag(help: "Leave out orders of n-grams that texts are too short for (BLEU).") var effectiveOrder = false
    @Flag(help: "Ignore case (BLEU, chrF).") var lowercase = false
    @Flag(help: "Stem words (ROUGE).") var stem = false
    @Flag(help: "Find sentences within lines (ROUGE-Lsum).") var splitSentences = false
    @Flag(help: "Separate punctuation and read entities first (TER).") var normalized = false
    @Flag(help: "Leave out punctuation (TER).") var noPunct = false
    @Flag(help: "Know Asian scripts (TER).") var asianSupport = false
    @Flag(help: "Distinguish case (TER).") var caseSensitive = false
    @Option(help: "The encoder, minilm unless another is named (BERTScore).") var encoder: String?
    @Option(help: "The length of n-grams (distinct, entropy).") var order = 2
    @Flag(help: "Write one JSON object with name, score, signature and the parts.") var json = false

    func validate() throws {
        _ = try smoothing()
        if order < 1 { throw ValidationError("--order wants a number from 1, not \(order)") }
        if metric.needsReferences, references.isEmpty {
            throw ValidationError("\(metric.rawValue) compares with references: give --references FILE...")
        }
    }

    func run() throws {
        var options = TextMetric.Options()
        options.tokenizer = tokenize
        options.smoothing = try smoothing()
        (options.usesEffectiveOrder, options.lowercases, options.stems) = (effectiveOrder, lowercase, stem)
        options.split = splitSentences ? .sentences : .lines
        (options.editRate.normalizes, options.editRate.removesPunctuation) = (normalized, noPunct)
        (options.editRate.knowsAsianScripts, options.editRate.keepsCase) = (asianSupport, caseSensitive)
        options.order = order
        if metric == .bertScore { try setEncoder(&options) }
        if metric == .meteor { options.wordNet = .installed() }
        let texts = try Self.lines(hypotheses)
        let streams = try references.map { try Self.lines($0) }
        if metric == .rougeLsum, !splitSentences {
            Console.note("lines are single sentences, so rougeLsum is rougeL here; --split-sentences finds sentences")
        }
        let result = try metric.result(hypotheses: texts, references: streams, options: options)
        if json { return try Console.write(result.json.text() + "\n") }
        try Console.write("\(result.name)|\(result.signature) = \(Quantities.decimals(result.score, 4))\n")
    }

    private func setEncoder(_ options: inout TextMetric.Options) throws {
        let name = try encoder ?? DocumentModels.defaultEncoder()
        let model = try SentenceEncoder.load(ModelOptions.path(of: name))
        options.encoderName = name
        options.encoder = { texts in
            try model.tokenStates(of: texts).map { states, isSpecial in
                BERTScore.Text(states: states, weights: isSpecial.map { $0 ? 0 : 1 })
            }
        }
    }

    /// All lines of a file, empty ones too, since lines belong together by their numbers.
    private static func lines(_ path: String) throws -> [String] {
        let bytes: [UInt8]
        if path == "-" {
            bytes = try Console.standardInput()
        } else {
            guard let contents = FileManager.default.contents(atPath: path) else {
                throw CommandError("cannot read \(path)")
            }
            bytes = Array(contents)
        }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw CommandError("\(path) is not UTF-8 text") }
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { String(decoding: $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0, as: UTF8.self) }
    }

    private func smoothing() throws -> BLEU.Smoothing {
        let parts = smooth.split(separator: ":", maxSplits: 1).map(String.init)
        let value = parts.count > 1 ? Double(parts[1]) : nil
        switch (parts.first, parts.count == 1 || value.map { $0 >= 0 } == true) {
        case ("exp", true) where parts.count == 1: return .exponential
        case ("none", true) where parts.count == 1: return .none
        case ("floor", true): return .floor(value ?? 0.1)
        case ("add-k", true): return .addK(value ?? 1)
        default: throw ValidationError("--smooth wants exp, floor[:VALUE], add-k[:VALUE] or none, not \(smooth)")
        }
    }
}
