import ArgumentParser
import Decoding
import Foundation
import Inference
import JSONValues

/// `swiftlet bench`.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure a model's speed on this machine.",
        discussion: """
            Reads a prompt and generates tokens several times after one run to warm up; reports the median and the \
            slowest and fastest run, in tokens per second.

              swiftlet bench smollm2 -p 512 -n 64 -t 2 -r 5
            """)

    @Argument(help: "A model of the store, a GGUF file, or a Hugging Face folder.") var model: String
    @Option(name: .customShort("p"), help: ArgumentHelp("Tokens of the prompt.", valueName: "tokens"))
    var promptTokens = 512
    @Option(name: .customShort("n"), help: ArgumentHelp("Tokens to generate.", valueName: "tokens"))
    var generatedTokens = 64
    @Option(name: .customShort("r"), help: ArgumentHelp("Runs.", valueName: "runs")) var runs = 5
    @Flag(help: "Write one JSON object.") var json = false
    @OptionGroup(title: "Model") var modelOptions: ModelOptions

    func validate() throws {
        if promptTokens < 1 { throw ValidationError("-p wants a number from 1, not \(promptTokens)") }
        // The first token comes with the prompt: its time is not generation's.
        if generatedTokens < 0 || generatedTokens == 1 {
            throw ValidationError("-n wants 0 or a number from 2, not \(generatedTokens)")
        }
        if !(1...10_000).contains(runs) { throw ValidationError("-r wants a number from 1 to 10000, not \(runs)") }
    }

    func run() async throws {
        let model = try await loadModel(
            try ModelOptions.path(of: model), options: modelOptions, reusesPrefixes: false)
        let (needed, overflows) = promptTokens.addingReportingOverflow(generatedTokens)
        guard !overflows, needed <= model.contextLength else {
            throw CommandError("-p and -n together exceed the context of \(model.contextLength) tokens")
        }
        let text = try model.encode(Self.text, addSpecialTokens: false, parseSpecialTokens: false)
        guard !text.isEmpty else { throw CommandError("the tokenizer gives no tokens for plain English") }
        var prompt: [Double] = []
        var generation: [Double] = []
        for run in 0...runs {
            // Another beginning each time, so that no cache of an earlier prompt helps.
            let tokens = (0..<promptTokens).map { text[($0 + run) % text.count] }
            let request = GenerationRequest(
                prompt: tokens, sampling: .greedy, maximumTokens: generatedTokens, ignoresEndOfGeneration: true)
            for try await event in model.generate(request) {
                guard case .finished(let completion) = event, run > 0 else { continue }
                prompt.append(completion.promptPerSecond)
                generation.append(completion.predictedPerSecond)
            }
        }
        report(model.name, Spread(prompt), Spread(generation))
    }

    private func report(_ name: String, _ prompt: Spread, _ generation: Spread) {
        if json {
            let result: JSON = [
                "model": .string(name), "prompt_tokens": .integer(promptTokens),
                "predicted_tokens": .integer(generatedTokens), "runs": .integer(runs),
                "threads": modelOptions.threads.map(JSON.integer) ?? .null,
                "prompt_per_second": .number(prompt.median), "predicted_per_second": .number(generation.median),
                "prompt_per_second_runs": .array(prompt.values.map(JSON.number)),
                "predicted_per_second_runs": .array(generation.values.map(JSON.number)),
            ]
            return Console.write(result.text() + "\n")
        }
        var table = Table(["TEST", "MEDIAN", "MIN", "MAX"], rightAligned: [1, 2, 3])
        let rows = [("prompt \(promptTokens)", prompt), ("generation \(generatedTokens)", generation)]
        for (test, spread) in rows where !(test == "generation 0") {
            table.add([test] + [spread.median, spread.minimum, spread.maximum].map { Quantities.decimals($0, 1) })
        }
        Console.write("\(name), tokens per second, \(runs) runs\n" + table.text)
    }

    /// What the prompts are made of: plain prose, since random tokens are no work like any user's.
    private static let text = """
        The harbor lay quiet in the early light, and the boats came in one after the other with the night's catch. On \
        the quay the buyers stood ready, talked of prices and of the weather, and drank their coffee out of tin cups.
        """
}

/// The median and the bounds of several measurements.
struct Spread: Hashable {
    /// The measurements in the order they were taken.
    let values: [Double]

    init(_ values: [Double]) {
        self.values = values
    }

    var minimum: Double { values.min() ?? 0 }
    var maximum: Double { values.max() ?? 0 }

    /// The middle value, or the mean of the two in the middle.
    var median: Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}
