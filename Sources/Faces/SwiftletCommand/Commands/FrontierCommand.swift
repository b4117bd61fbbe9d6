import ArgumentParser
import Checkpoints
import Conversion
import Essentials
import Files
import Inference
import JSONValues
import Quantization

/// `swiftlet frontier`.
struct FrontierCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "frontier",
        abstract: "Measure what each kind of quantization costs a model, and draw it.",
        discussion: """
            Quantizes the model to each of --kinds, one after another, and reads the text with it and with the model as it \
            is: size, perplexity, the mean Kullback-Leibler divergence from the model, how often both have the same best \
            token, and tokens read a second. The text is cut as swiftlet perplexity cuts it.

              swiftlet frontier model-f16.gguf wiki.test.raw --windows 8 --svg frontier.svg
            """)

    @Argument(help: "A model of the store, a GGUF file, or a Hugging Face folder.") var model: String
    @Argument(help: "A text file in UTF-8.") var text: String
    @Option(help: "The kinds, with commas between; otherwise all.") var kinds: String?
    @Option(help: ArgumentHelp("An importance matrix for those kinds that use one.", valueName: "file"))
    var imatrix: String?
    @Option(help: "Tokens in a window.") var window = 512
    @Option(help: "Read only the first windows.") var windows = 8
    @Option(help: ArgumentHelp("Where to draw size against divergence, as SVG.", valueName: "file")) var svg: String?
    @OptionGroup var threadOptions: ThreadOptions
    @Flag(help: "Write one JSON object.") var json = false

    func validate() throws {
        _ = try mixes()
        if window < 4 { throw ValidationError("--window wants a number from 4, not \(window)") }
        if windows < 1 { throw ValidationError("--windows wants a number from 1, not \(windows)") }
    }

    private func mixes() throws -> [QuantizationMix] {
        guard let kinds else { return QuantizationMix.all.filter { $0.name != "F32" } }
        return try kinds.split(separator: ",").map { name in
            guard let mix = QuantizationMix(String(name)) else {
                throw ValidationError(
                    "--kinds: \(name) is not known; there are "
                        + QuantizationMix.all.map(\.name).joined(separator: ", "))
            }
            return mix
        }
    }

    func run() throws {
        let sample = try TextFile.read(text)
        let checkpoint = try Checkpoint.open(ModelOptions.path(of: model))
        let contents = try GGUFConversion.contents(of: checkpoint)
        let importance = try imatrix.map { try ImportanceMatrix(path: $0) }
        let base = try LogitReader(checkpoint, threads: threadOptions.threads)
        guard window <= base.contextLength else {
            throw CommandError("--window \(window) is longer than the context of \(base.contextLength) tokens")
        }
        let pieces = base.windows(of: sample, size: window, limit: windows)
        guard !pieces.isEmpty else { throw CommandError("\(text) has fewer tokens than one window of \(window)") }
        let folder = FileManager.default.temporaryDirectory.appending(path: "swiftlet-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var rows: [KindMeasure] = []
        for mix in try mixes() {
            var quantizer = ModelQuantizer(mix)
            (quantizer.threads, quantizer.importance) = (threadOptions.threads, importance)
            let path = "\(folder)/\(mix.name).gguf"
            let report = try quantizer.write(contents, to: path)
            rows.append(try measure(mix.name, path, report, base, pieces))
            try FileSystem.remove(path)
            Console.note("\(mix.name): perplexity \(Quantities.decimals(rows[rows.count - 1].distance.perplexity, 3))")
        }
        if let svg { try AtomicFile.write(Array(FrontierPlot(rows).svg.utf8), to: svg) }
        try Console.write(json ? KindMeasure.json(rows).text(.pretty) + "\n" : KindMeasure.table(rows))
    }

    private func measure(
        _ name: String, _ path: String, _ report: [ModelQuantizer.TensorReport], _ base: LogitReader,
        _ pieces: [[Int32]]
    ) throws -> KindMeasure {
        let reader = try LogitReader(Checkpoint.open(path), threads: threadOptions.threads)
        let size = base.vocabularySize
        var (distance, time) = (DistributionDistance(), Duration.zero)
        for piece in pieces {
            // As swiftlet perplexity: the second half but its first token.
            let rows = piece.count / 2..<piece.count - 1
            let start = ContinuousClock.now
            reader.read(piece, rows: rows) { own in
                time += start.duration(to: .now)
                base.read(piece, rows: rows) { reference in
                    for (index, row) in rows.enumerated() {
                        let part = index * size..<(index + 1) * size
                        distance.add(
                            base: UnsafeBufferPointer(rebasing: reference[part]),
                            other: UnsafeBufferPointer(rebasing: own[part]), next: Int(piece[row + 1]))
                    }
                }
            }
        }
        return KindMeasure(
            kind: name, bytes: report.reduce(0) { $0 + $1.byteCount },
            weights: report.reduce(0) { $0 + $1.elementCount },
            substituted: report.count { $0.wanted != nil }, tensors: report.count, distance: distance,
            tokensPerSecond: Double(pieces.reduce(0) { $0 + $1.count }) / max(1e-9, time / .seconds(1)))
    }
}
