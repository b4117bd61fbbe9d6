import ArgumentParser
import Merging
import Tensors

/// `swiftlet adapter`.
struct AdapterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adapter",
        abstract: "Merge a LoRA adapter into its model, or make one of the difference of two models.",
        subcommands: [Merge.self, Extract.self])

    /// `swiftlet adapter merge`.
    struct Merge: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "merge",
            abstract: "Merge a LoRA adapter into its model.",
            discussion: """
                Writes a Hugging Face folder that gives the same logits as the model with the adapter. A head that is tied to \
                the embedding becomes a matrix of its own if the adapter changes one of them.

                  swiftlet adapter merge base/ adapter/ merged/
                """)

        @Argument(help: "A Hugging Face folder, or a model of the store.") var base: String
        @Argument(help: "A folder with an adapter in PEFT's format.") var adapter: String
        @Argument(help: "The folder to write.") var out: String
        @Option(help: "What tensors are stored as: float32, float16 or bfloat16; otherwise as the model has them.")
        var dtype: String?

        func validate() throws {
            if let dtype, MergeConfiguration.floatType(named: dtype) == nil {
                throw ValidationError("--dtype wants float32, float16 or bfloat16, not \(dtype)")
            }
        }

        func run() throws {
            let type = dtype.flatMap(MergeConfiguration.floatType(named:))
            var options = Merger.Options()
            let adapter = adapter
            options.resolve = { try $0 == adapter ? $0 : ModelOptions.path(of: $0) }
            try MergeCommand.merge(.merging(adapter: adapter, into: base, as: type), options, to: out)
        }
    }

    /// `swiftlet adapter extract`.
    struct Extract: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "extract",
            abstract: "Make a LoRA adapter of the difference of two models.",
            discussion: """
                Each matrix that differs becomes the best product of --rank; norms and biases that differ are in the adapter \
                whole.

                  swiftlet adapter extract base/ tuned/ adapter/ --rank 32
                """)

        @Argument(help: "A Hugging Face folder, or a model of the store.") var base: String
        @Argument(help: "The tuned model.") var tuned: String
        @Argument(help: "The folder to write.") var out: String
        @Option(help: "The rank of each product.") var rank = 16
        @Option(help: "What the decomposition draws from.") var seed: UInt64 = 0
        @Flag(help: "Write one JSON object.") var json = false

        func validate() throws {
            if !(1...4096).contains(rank) { throw ValidationError("--rank wants a number from 1 to 4096, not \(rank)") }
        }

        func run() throws {
            var options = AdapterExtractor.Options()
            (options.rank, options.seed, options.baseName) = (rank, seed, base)
            let extractor = try AdapterExtractor(
                base: ModelOptions.path(of: base), tuned: ModelOptions.path(of: tuned), options: options)
            let report = try extractor.write(to: out) { module in
                Console.note("\(module.weight): \((100 * module.share).formatted("%.2f"))%")
            }
            if json {
                try Console.write(report.json.text() + "\n")
            } else {
                let mean = report.modules.map(\.share).reduce(0, +) / Double(max(1, report.modules.count))
                try Console.write(
                    "\(out): \(report.modules.count) matrices with \((100 * mean).formatted("%.2f"))% of the squares of their "
                        + "changes, \(report.whole.count) tensors whole\n")
            }
        }
    }
}
