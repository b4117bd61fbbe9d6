import ArgumentParser
import Checkpoints
import Essentials
import Inference
import Merging

/// `swiftlet prune`.
struct PruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Set a model's smallest weights to zero, or leave out the layers that do the least.",
        discussion: """
            --sparsity 0.5 is the share of each matrix in the layers that becomes zero, --sparsity 2:4 keeps two of each four \
            weights side by side. --drop-layers leaves out so many layers in a row: those whose output is nearest to their input, \
            by the angle at the last tokens of the paragraphs of a text (arXiv:2403.17887).

              swiftlet prune model/ sparse/ --sparsity 2:4
              swiftlet prune model/ shorter/ --drop-layers 4 --text sample.txt
            """)

    @Argument(help: "A Hugging Face folder, or a model of the store.") var model: String
    @Argument(help: "The folder to write.") var out: String
    @Option(help: "The share of weights, or KEPT:GROUP.") var sparsity: String?
    @Option(help: "The number of layers to leave out.") var dropLayers: Int?
    @Option(help: ArgumentHelp("A text to choose layers by.", valueName: "file")) var text: String?
    @Option(help: "The most paragraphs of the text that are read.") var paragraphs = 32

    func validate() throws {
        if (sparsity == nil) == (dropLayers == nil) {
            throw ValidationError("give one of --sparsity and --drop-layers")
        }
        if let sparsity, WeightPruner.Pattern(sparsity) == nil {
            throw ValidationError("--sparsity wants a share from 0 to 1, or KEPT:GROUP such as 2:4, not \(sparsity)")
        }
        if let dropLayers, dropLayers < 1 {
            throw ValidationError("--drop-layers wants a number from 1, not \(dropLayers)")
        }
        if dropLayers != nil, text == nil { throw ValidationError("--drop-layers needs a --text to choose by") }
        if paragraphs < 1 { throw ValidationError("--paragraphs wants a number from 1, not \(paragraphs)") }
    }

    func run() throws {
        let path = try ModelOptions.path(of: model)
        if let pattern = sparsity.flatMap({ WeightPruner.Pattern($0) }) {
            let counts = try WeightPruner(path, pattern: pattern).write(to: out)
            let share = (100 * Double(counts.zeros) / Double(max(1, counts.weights))).formatted("%.1f")
            try Console.write("\(out): \(counts.zeros) of \(counts.weights) weights in layers are zero (\(share)%)\n")
        } else if let dropLayers, let text {
            try drop(dropLayers, by: text, path)
        }
    }

    private func drop(_ count: Int, by file: String, _ path: String) throws {
        let parts = try TextFile.read(file).split(separator: "\n", omittingEmptySubsequences: true).filter {
            $0.contains { !$0.isWhitespace }
        }
        let checkpoint = try Checkpoint.open(path)
        let model = try LayerStates(checkpoint)
        guard count < model.layerCount else {
            throw CommandError("--drop-layers \(count) would leave none of the \(model.layerCount) layers")
        }
        let states = try parts.prefix(paragraphs).map { try model.states(of: String($0)) }
        guard !states.isEmpty, let distances = LayerDistances(states, dropping: count) else {
            throw CommandError("\(file) has no text")
        }
        let block = distances.block
        for (first, distance) in distances.distances.enumerated() {
            Console.note(
                "layers \(first) to \(first + count - 1): \(distance.formatted("%.4f"))\(first == block.lowerBound ? " *" : "")"
            )
        }
        var options = Merger.Options()
        options.resolve = { _ in path }
        try MergeCommand.merge(.dropping(block, of: model.layerCount, from: self.model), options, to: out)
    }
}
