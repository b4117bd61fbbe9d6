import ArgumentParser
import Essentials
import Files
import Inference
import Merging

/// `swiftlet evolve`.
struct EvolveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evolve",
        abstract: "Search the numbers of a merge for the lowest perplexity of a text.",
        discussion: """
            Every number under parameters of the configuration (weight, t, density, gradients too) is where the search begins; \
            CMA-ES draws others, merges with them and measures the result. OUT is the best merge, with its configuration.

              swiftlet evolve config.yaml best/ --text sample.txt --generations 8
            """)

    @Argument(help: "A configuration as swiftlet merge takes it.") var config: String
    @Argument(help: "The folder to write.") var out: String
    @Option(help: ArgumentHelp("The text whose perplexity is measured.", valueName: "file")) var text: String
    @Option(help: "Rounds of drawing and measuring.") var generations = 8
    @Option(help: "Merges in a round; otherwise by how many numbers are searched.") var population: Int?
    @Option(help: "How far the first draws go from the numbers given.") var step = 0.2
    @Option(help: "What is drawn from.") var seed: UInt64 = 0
    @Option(help: "Tokens in a window of the text.") var window = 256
    @Option(help: "The most windows that are measured.") var windows = 8
    @OptionGroup(title: "Model") var modelOptions: ModelOptions

    func validate() throws {
        if generations < 1 { throw ValidationError("--generations wants a number from 1, not \(generations)") }
        if let population, !(4...1000).contains(population) {
            throw ValidationError("--population wants a number from 4 to 1000, not \(population)")
        }
        if !(step > 0 && step.isFinite) { throw ValidationError("--step wants a number above 0, not \(step)") }
        if window < 4 { throw ValidationError("--window wants a number from 4, not \(window)") }
        if windows < 1 { throw ValidationError("--windows wants a number from 1, not \(windows)") }
    }

    func run() async throws {
        try AtomicFolder.checkIsFree(out)
        let sample = try TextFile.read(text)
        let source = try MergeConfiguration(path: config)
        var search = try MergeSearch(
            text: source.text, path: config, step: step, population: population, seed: seed)
        Console.note("\(search.geneCount) numbers, \(search.population) merges a round")
        var options = Merger.Options()
        options.resolve = { try ModelOptions.path(of: $0) }
        options.seed = seed
        let start = try await score(source, options, sample)
        Console.note("start: \(start.formatted("%.4f"))")
        for generation in 1...generations {
            try await search.advance { candidate in
                do { return try await score(candidate, options, sample) } catch let error as MergeError {
                    // Some draws have no merge, as those whose weights sum to zero.
                    Console.note("\(error)")
                    return .infinity
                }
            }
            Console.note("round \(generation): best \((search.best?.score ?? start).formatted("%.4f"))")
        }
        var best = source
        var value = start
        if let found = search.best, found.score < start { (best, value) = (found.configuration, found.score) }
        try MergeCommand.merge(best, options, to: out)
        try Console.write("perplexity: \(value.formatted("%.4f")), at the start \(start.formatted("%.4f"))\n")
    }

    /// The perplexity of a merge, which is written beside the result for that.
    private func score(_ configuration: MergeConfiguration, _ options: Merger.Options, _ sample: String) async throws
        -> Double
    {
        let folder = out + ".candidate"
        try FileSystem.remove(folder)
        defer { try? FileSystem.remove(folder) }
        try Merger(configuration, options: options).write(to: folder)
        let model = try loadModel(folder, options: modelOptions, reusesPrefixes: false)
        var measure = Perplexity()
        for piece in try model.windows(of: sample, from: text, size: window, limit: windows) {
            try await measure.add(piece, model: model)
        }
        return measure.value
    }
}
