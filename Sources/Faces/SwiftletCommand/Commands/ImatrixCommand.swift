import ArgumentParser
import Checkpoints
import Essentials
import Inference

/// `swiftlet imatrix`.
struct ImatrixCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "imatrix",
        abstract: "Measure how much a model's weights matter, for swiftlet quantize --imatrix.",
        discussion: """
            Reads a text with the model, in windows of --window tokens, and writes the mean squares of what each column of \
            each matrix is multiplied with: llama.cpp's importance matrix, as a GGUF file that llama-quantize takes, too. \
            Files of an earlier run or of llama-imatrix can be added with --add.

              swiftlet imatrix model-f16.gguf calibration.txt imatrix.gguf
              swiftlet quantize model-f16.gguf smaller.gguf --to IQ4_XS --imatrix imatrix.gguf
            """)

    @Argument(help: "A model of the store, a GGUF file, or a Hugging Face folder.") var model: String
    @Argument(help: "A text file in UTF-8.") var text: String
    @Argument(help: "The file to write.") var output: String
    @Option(help: "Tokens in a window.") var window = 512
    @Option(help: "Read only the first windows.") var windows: Int?
    @Option(help: ArgumentHelp("A file whose sums are added; may be repeated.", valueName: "file")) var add: [String] =
        []
    @OptionGroup var threadOptions: ThreadOptions

    func validate() throws {
        if window < 4 { throw ValidationError("--window wants a number from 4, not \(window)") }
        if let windows, windows < 1 { throw ValidationError("--windows wants a number from 1, not \(windows)") }
    }

    func run() throws {
        let sample = try TextFile.read(text)
        let others = try add.map { try ImportanceMatrix(path: $0) }
        let checkpoint = try Checkpoint.open(ModelOptions.path(of: model))
        let collector = try ImportanceCollector(checkpoint, threads: threadOptions.threads)
        guard window <= collector.contextLength else {
            throw CommandError("--window \(window) is longer than the context of \(collector.contextLength) tokens")
        }
        let pieces = collector.windows(of: sample, size: window, limit: windows)
        guard !pieces.isEmpty else { throw CommandError("\(text) has fewer tokens than one window of \(window)") }
        for (index, piece) in pieces.enumerated() {
            collector.read(piece)
            if Console.isTerminal(2) { Console.draw("\r\u{1B}[K[\(index + 1)/\(pieces.count)]", on: 2) }
        }
        if Console.isTerminal(2) { Console.draw("\r\u{1B}[K", on: 2) }
        let name = text.split(separator: "/").last.map(String.init) ?? text
        var matrix = collector.matrix(datasets: [name], chunks: (pieces.count, window))
        for other in others { try matrix.add(other) }
        try matrix.write(to: output)
        let unseen = matrix.entries.values.reduce(0) { $0 + $1.counts.count { $0 == 0 } }
        if unseen > 0 { Console.note("note: \(unseen) matrices of experts saw no token; their columns count alike") }
        try Console.write(
            "\(matrix.entries.count) tensors, \(matrix.chunks.count) windows of \(window) tokens: \(output)\n")
    }
}
