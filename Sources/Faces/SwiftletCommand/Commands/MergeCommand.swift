import ArgumentParser
import Checkpoints
import Files
import Inference
import Merging
import Synchronization

/// `swiftlet merge`.
struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Merge models as a mergekit configuration says.",
        discussion: """
            CONFIG is mergekit's YAML; models are Hugging Face folders, or names of stored ones, with PATH+ADAPTER for one \
            with a LoRA adapter. OUT is a folder that is not there yet; it appears when everything is in it. docs/merging.md \
            has the methods: linear, slerp, ties, dare_ties, model_stock, passthrough and more.

              swiftlet merge config.yaml merged/

            mergekit-moe's YAML, with experts, makes a mixture of experts of dense models.
            """)

    @Argument(help: "The configuration.") var config: String
    @Argument(help: "The folder to write.") var out: String
    @Option(help: "What dare and della draw from.") var seed: UInt64 = 0
    @Option(help: ArgumentHelp("The size of a file of weights.", valueName: "size")) var shardSize: MemorySize?
    @OptionGroup var threadOptions: ThreadOptions
    @Flag(help: "Merge models of different architectures or vocabularies, by the names of their tensors.")
    var allowCrimes = false

    func run() throws {
        var options = Merger.Options()
        options.seed = seed
        options.allowsDifferences = allowCrimes
        if let shardSize { options.shardBytes = shardSize.bytes }
        if let threads = threadOptions.threads { options.threads = threads }
        options.resolve = { try ModelOptions.path(of: $0) }
        let text = try MergeConfiguration.text(of: config)
        if ExpertConfiguration.isOne(text) {
            try mix(ExpertConfiguration(text: text, path: config), options)
        } else {
            try Self.merge(MergeConfiguration(text: text, path: config), options, to: out)
        }
    }

    private func mix(_ configuration: ExpertConfiguration, _ options: Merger.Options) throws {
        try AtomicFolder.checkIsFree(out)
        let mixture = try ExpertMixture(configuration, resolve: options.resolve)
        var states: PromptStates?
        if configuration.gate.needsStates {
            let model = try LayerStates(Checkpoint.open(mixture.basePath), threads: threadOptions.threads)
            states = { try model.states(of: mixture.beginToken + $0, at: $1 ? .mean : .last, addsSpecialTokens: false) }
        }
        try mixture.write(
            to: out, seed: seed, threads: options.threads, shardBytes: options.shardBytes, states: states)
        try Console.write("\(out): \(configuration.experts.count) experts\n")
    }

    /// Merges, and says how far it is.
    static func merge(_ configuration: MergeConfiguration, _ options: Merger.Options, to out: String) throws {
        let merger = try Merger(configuration, options: options)
        for note in merger.notes { Console.note("note: " + note) }
        let shown = Mutex(0)
        let total = merger.tensorCount
        // What is done in a moment needs no news.
        let isSmall = merger.parameterCount < 20_000_000
        try merger.write(to: out) { done in
            let isNew =
                !isSmall
                && shown.withLock { last in
                    defer { last = max(last, done * 10 / total) }
                    return done * 10 / total > last
                }
            if isNew { Console.note("\(done) of \(total) tensors") }
        }
        try Console.write("\(out): \(total) tensors, \(merger.parameterCount) parameters\n")
    }
}
