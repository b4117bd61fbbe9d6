import ArgumentParser
import Inference
import JSONValues
import Tensors
import Vectors

/// `swiftlet bench`.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure a model's speed on this machine.",
        discussion: """
            Reads a prompt and generates tokens several times after one run to warm up; reports the median and the \
            slowest and fastest run, in tokens per second. With --depth generation is measured after that many tokens, \
            and with --sequences that of several texts at once, all their tokens together.

              swiftlet bench smollm2 -p 512 -n 64 -t 2 -r 5
              swiftlet bench smollm2 -p 512,8192 --depth 1024,4096 --sequences 8,32
              swiftlet bench smollm2 --tokenize book.txt --document-bytes 1000

            With --vectors it measures how fast vectors are found instead, and needs no model:

              swiftlet bench --vectors base.fvecs --queries query.fvecs --truth truth.ivecs \
                --index hnsw:m=16,ef_construction=200 --metric l2 -k 10 -t 1
            """)

    @Argument(help: "A model of the store, a GGUF file, or a Hugging Face folder.") var model: String?
    @Option(
        name: .customShort("p"),
        help: ArgumentHelp(
            "Tokens of the prompt; several sizes with commas between, 0 for no prompt.", valueName: "tokens"))
    var promptTokens = Sizes([512])
    @Option(name: .customShort("n"), help: ArgumentHelp("Tokens to generate.", valueName: "tokens"))
    var generatedTokens = 64
    @Option(help: ArgumentHelp("Tokens before those to generate; otherwise the prompt.", valueName: "tokens"))
    var depth = Sizes([])
    @Option(help: ArgumentHelp("Texts to generate at once.", valueName: "count")) var sequences = Sizes([])
    @Option(name: .customShort("r"), help: ArgumentHelp("Runs.", valueName: "runs")) var runs = 5
    @Option(help: ArgumentHelp("Measure how fast the lines of a file become vectors instead.", valueName: "file"))
    var texts: String?
    @Flag(help: "Give those lines one by one, as queries come, instead of all together.") var each = false
    @OptionGroup var rounding: WeightRoundingOptions
    @Flag(help: "Show how fast each kind of matrix is, and what share of the machine's limits that is.")
    var explain = false
    @Option(help: ArgumentHelp("Measure the tokenizer alone, on this text.", valueName: "file")) var tokenize: String?
    @Option(
        help: ArgumentHelp(
            "Cut that text at line ends into documents of so many bytes or more; otherwise it is one.",
            valueName: "bytes"))
    var documentBytes: Int?
    @OptionGroup(title: "Vectors") var vectorSet: VectorBenchOptions
    @Flag(help: "Write one JSON object.") var json = false
    @OptionGroup(title: "Model") var modelOptions: ModelOptions

    func validate() throws {
        if model == nil, vectorSet.vectors == nil { throw ValidationError("A model is missing, or --vectors") }
        if let size = promptTokens.values.first(where: { $0 < 0 }) {
            throw ValidationError("-p wants numbers from 0, not \(size)")
        }
        // The first token comes with the prompt: its time is not generation's.
        if generatedTokens < 0 || generatedTokens == 1 {
            throw ValidationError("-n wants 0 or a number from 2, not \(generatedTokens)")
        }
        if let size = depth.values.first(where: { $0 < 1 }) {
            throw ValidationError("--depth wants numbers from 1, not \(size)")
        }
        if let count = sequences.values.first(where: { !(1...1024).contains($0) }) {
            throw ValidationError("--sequences wants numbers from 1 to 1024, not \(count)")
        }
        if let documentBytes, documentBytes < 1 {
            throw ValidationError("--document-bytes wants a number from 1, not \(documentBytes)")
        }
        let modes = [
            ("--texts", texts != nil), ("--tokenize", tokenize != nil), ("--explain", explain),
        ].filter(\.1).map(\.0)
        if modes.count > 1 { throw ValidationError("\(modes.joined(separator: " and ")) exclude each other") }
        if texts != nil, let option = modelOptions.onlyOfLanguageModels {
            throw ValidationError("--texts measures encoders, for which \(option) means nothing")
        }
        if documentBytes != nil, tokenize == nil { throw ValidationError("--document-bytes wants --tokenize") }
        if modes.isEmpty, tests.isEmpty { throw ValidationError("-p 0 and -n 0 leave nothing to measure") }
        if !(1...10_000).contains(runs) { throw ValidationError("-r wants a number from 1 to 10000, not \(runs)") }
    }

    /// What is to be measured, in this order.
    var tests: [BenchTest] {
        let prompts = promptTokens.values.filter { $0 > 0 }
        var tests = prompts.map { BenchTest.text(prompt: $0, generated: generatedTokens) }
        guard generatedTokens > 0 else { return tests }
        tests += depth.values.map { .depth($0, generated: generatedTokens) }
        let depths = depth.values.isEmpty ? [BenchTest.shortDepth] : depth.values
        for count in sequences.values {
            tests += depths.map { .sequences(count, depth: $0, generated: generatedTokens) }
        }
        if tests.isEmpty { tests.append(.depth(1, generated: generatedTokens)) }
        return tests
    }

    func run() async throws {
        if let bench = try vectorSet.bench(threads: modelOptions.threads) { return try bench.run(asJSON: json) }
        guard let name = model else { return }
        if let tokenize {
            let bench = try TokenizerBench(
                model: name, textAt: tokenize, documentBytes: documentBytes, runs: runs)
            return try bench.write(asJSON: json)
        }
        if let texts {
            var embedding = SentenceEncoder.LoadingOptions()
            (embedding.threads, embedding.roundsWeights) = (modelOptions.threads, rounding.bf16)
            let model = try ModelKind.loadEmbedder(
                ModelOptions.path(of: name), options: embedding)
            let lines = try TextLines.read(texts)
            guard !lines.isEmpty else { throw CommandError("\(texts) has no lines") }
            return try EmbeddingBench(model: model, texts: lines, isOneByOne: each, runs: runs).report(asJSON: json)
        }
        if explain {
            let path = try ModelOptions.path(of: name)
            return try ModelProfile(path, options: modelOptions, roundsWeights: rounding.bf16).write(asJSON: json)
        }
        let model = try loadModel(
            try ModelOptions.path(of: name), options: modelOptions, reusesPrefixes: !depth.values.isEmpty,
            concurrentRequests: sequences.values.max())
        let bench = try Bench(model: model, runs: runs)
        for test in tests { try bench.check(test) }
        var results: [BenchResult] = []
        for test in tests { results += try await bench.measure(test) }
        try Console.write(json ? report(model.name, results).text() + "\n" : table(model.name, results))
    }

    private func report(_ name: String, _ results: [BenchResult]) -> JSON {
        var result: JSON.Object = [
            "model": .string(name), "runs": .integer(runs),
            "threads": .integer(min(modelOptions.threads ?? .max, ThreadPool.machineThreads)),
            "tests": .array(results.map(\.json)),
        ]
        // The usual two for themselves.
        if let prompt = results.first(where: { $0.kind == .prompt }) {
            result["prompt_tokens"] = .integer(prompt.tokens)
            result["prompt_per_second"] = .number(prompt.speed.median)
        }
        if let generation = results.first(where: { $0.kind == .generation }) {
            result["predicted_tokens"] = .integer(generation.tokens)
            result["predicted_per_second"] = .number(generation.speed.median)
        }
        return .object(result)
    }

    private func table(_ name: String, _ results: [BenchResult]) -> String {
        var table = Table(["TEST", "MEDIAN", "MIN", "MAX"], rightAligned: [1, 2, 3])
        for result in results {
            let speed = result.speed
            table.add(
                [result.title] + [speed.median, speed.minimum, speed.maximum].map { Quantities.decimals($0, 1) })
        }
        return "\(name), tokens per second, \(runs) runs\n" + table.text
    }
}

/// Numbers with commas between.
struct Sizes: ExpressibleByArgument, CustomStringConvertible, Hashable {
    let values: [Int]

    init(_ values: [Int]) { self.values = values }

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        values = parts.compactMap { $0 }
        if values.count < parts.count { return nil }
    }

    var description: String { values.map(String.init).joined(separator: ",") }
}
