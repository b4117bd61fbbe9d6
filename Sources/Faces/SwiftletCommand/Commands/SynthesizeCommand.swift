import ArgumentParser
import Checkpoints
import Tensors

/// `swiftlet synthesize`.
struct SynthesizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthesize",
        abstract: "Make a random model of a given shape, to measure speed with.",
        discussion: """
            Writes a GGUF file of the Llama family with random weights and a tokenizer of its own. The shapes of known \
            models: \(SyntheticShape.known.map(\.name).joined(separator: ", ")). The formats: \
            \(SyntheticCheckpoint.dataTypes.map(\.name).joined(separator: ", ")). The same arguments give the same file.

              swiftlet synthesize random.gguf --shape tinyllama-1.1b --format Q4_0
              swiftlet synthesize random.gguf --layers 4 --hidden 512 --heads 8 --kv-heads 2 --ffn 1536
            """)

    @Argument(help: "The file to write.") var output: String
    @Option(help: "The shape of a known model; the options below change it.") var shape = "smollm2-135m"
    @Option(help: "How the matrices are stored.") var format = "Q4_0"
    @Option(help: "Blocks.") var layers: Int?
    @Option(help: "The width of the stream.") var hidden: Int?
    @Option(help: "Query heads.") var heads: Int?
    @Option(help: "Key and value heads.") var kvHeads: Int?
    @Option(help: "The inner width of the feed-forward networks.") var ffn: Int?
    @Option(help: "Tokens of the vocabulary.") var vocab: Int?
    @Option(help: "Positions that the file promises.") var context: Int?
    @Option(help: "What the random numbers are made from.") var seed: UInt64 = 0

    func validate() throws {
        _ = try checkpoint()
    }

    func run() throws {
        try WrittenModel.check(output)
        try checkpoint().write(to: output)
    }

    private func checkpoint() throws -> SyntheticCheckpoint {
        guard var shape = SyntheticShape.known.first(where: { $0.name == shape.lowercased() })?.shape else {
            throw ValidationError(
                "--shape \(shape) is not known; there are " + Self.list(SyntheticShape.known.map(\.name)))
        }
        let types = SyntheticCheckpoint.dataTypes
        guard let type = types.first(where: { $0.name == format.uppercased() }) else {
            throw ValidationError("--format \(format) is not known; there are " + Self.list(types.map(\.name)))
        }
        shape.layers = layers ?? shape.layers
        shape.hiddenSize = hidden ?? shape.hiddenSize
        shape.heads = heads ?? shape.heads
        shape.keyValueHeads = kvHeads ?? shape.keyValueHeads
        shape.feedForwardSize = ffn ?? shape.feedForwardSize
        shape.vocabularySize = vocab ?? shape.vocabularySize
        shape.contextLength = context ?? shape.contextLength
        return SyntheticCheckpoint(shape: shape, dataType: type, seed: seed)
    }

    private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}
