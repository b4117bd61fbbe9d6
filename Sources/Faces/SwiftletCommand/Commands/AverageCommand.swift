import ArgumentParser
import Merging

/// `swiftlet average`.
struct AverageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "average",
        abstract: "Average checkpoints of a training run.",
        discussion: """
            Checkpoints are Hugging Face folders, the oldest first; all count alike, or with --ema as in an exponential moving \
            average with that decay.

              swiftlet average step-100/ step-200/ step-300/ --output averaged/ --ema 0.9
            """)

    @Argument(help: "The checkpoints, the oldest first.") var checkpoints: [String]
    @Option(help: ArgumentHelp("The folder to write.", valueName: "folder")) var output: String
    @Option(help: "The decay of an exponential moving average.") var ema: Double?

    func validate() throws {
        if checkpoints.count < 2 { throw ValidationError("name at least two checkpoints") }
        if let ema, !(0..<1).contains(ema) { throw ValidationError("--ema wants a number from 0 to 1, not \(ema)") }
    }

    func run() throws {
        var options = Merger.Options()
        options.resolve = { try ModelOptions.path(of: $0) }
        try MergeCommand.merge(.average(of: checkpoints, decay: ema), options, to: output)
    }
}

/// `swiftlet interpolate`.
struct InterpolateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interpolate",
        abstract: "Write models between a base and a tuned one.",
        discussion: """
            For each alpha, (1 - alpha) times the base plus alpha times the tuned model, as OUT/alpha-0.25 and so on: how much of \
            a tuning is kept is chosen by evaluating them (LITI).

              swiftlet interpolate base/ tuned/ between/ --alphas 0.25,0.5,0.75
            """)

    @Argument(help: "A Hugging Face folder, or a model of the store.") var base: String
    @Argument(help: "The tuned model.") var tuned: String
    @Argument(help: "The folder for the models.") var out: String
    @Option(help: "The shares of the tuned model, from 0 to 1.") var alphas = "0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9"

    private var numbers: [Double?] {
        alphas.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    }

    func validate() throws {
        for (number, text) in zip(numbers, alphas.split(separator: ",", omittingEmptySubsequences: false)) {
            guard let number, (-1...2).contains(number) else {
                throw ValidationError("--alphas wants numbers from -1 to 2, not \(text)")
            }
        }
    }

    func run() throws {
        var options = Merger.Options()
        options.resolve = { try ModelOptions.path(of: $0) }
        for alpha in numbers.compactMap(\.self) {
            try MergeCommand.merge(
                .interpolation(base: base, tuned: tuned, alpha: alpha), options, to: "\(out)/alpha-\(alpha)")
        }
    }
}
