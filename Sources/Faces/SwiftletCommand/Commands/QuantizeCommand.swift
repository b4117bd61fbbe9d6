import ArgumentParser
import Checkpoints
import Conversion
import Essentials
import Inference
import JSONValues
import Tensors

/// `swiftlet quantize`.
struct QuantizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quantize",
        abstract: "Write a model with smaller weights, as a GGUF file or a Hugging Face folder.",
        discussion: """
            The kinds: \(QuantizationMix.all.map(\.name).joined(separator: ", ")). Which matrices get more bits than \
            others, and what stands in where rows are no whole blocks, follows llama.cpp's rules, and blocks have the \
            same bytes. The report tells each tensor's kind and error: the root mean square of what rounding changed, \
            by that of the weights.

              swiftlet quantize smollm2 smaller.gguf --to Q4_K_M
              swiftlet quantize model.gguf smaller.gguf --to IQ4_XS --tensor 'ffn_down=Q6_K'
              swiftlet quantize model.gguf smaller.gguf --target-bits 5.2 --imatrix imatrix.gguf

            With --target-size or --target-bits each matrix gets a kind of its own, searched so that errors are small.

            FP8, INT8 and INT4 write a folder in compressed-tensors' form, NF4 in bitsandbytes', which transformers loads. \
            GPTQ and AWQ write one in their own: 4 bits, rounded so that the outputs for a --text change little.

              swiftlet quantize path/to/folder smaller-folder --to INT4
              swiftlet quantize path/to/folder smaller-folder --to GPTQ --text calibration.txt
            """)

    @Argument(help: "A model of the store, a GGUF file, or a Hugging Face folder.") var model: String
    @Argument(help: "The GGUF file to write, or the folder.") var output: String
    @Option(help: "The kind, in letters of either case.") var to: String?
    @Option(help: ArgumentHelp("The most that all tensors may take, such as 100M.", valueName: "size"))
    var targetSize: MemorySize?
    @Option(help: ArgumentHelp("The same in bits for each weight.", valueName: "bits")) var targetBits: Double?
    @Option(
        help: ArgumentHelp(
            "The kind of tensors whose names match a regular expression, in place of the rules'; may be repeated.",
            valueName: "pattern=kind")) var tensor: [String] = []
    @Option(
        help: ArgumentHelp(
            "How much errors count: a file of llama.cpp's llama-imatrix, in either of its forms.", valueName: "file"))
    var imatrix: String?
    @Flag(help: "Give every matrix the same kind.") var pure = false
    @Option(help: ArgumentHelp("A text that GPTQ and AWQ round by.", valueName: "file")) var text: String?
    @Option(help: "Windows of 512 tokens of the text that are read.") var windows = 32
    @OptionGroup var threadOptions: ThreadOptions
    @Flag(help: "Write one JSON object.") var json = false

    private var folderKind: FolderQuantizer.Kind? { to.flatMap(FolderQuantizer.Kind.init(name:)) }

    func validate() throws {
        let targets = [to != nil, targetSize != nil, targetBits != nil].count { $0 }
        if targets != 1 { throw ValidationError("give one of --to, --target-size and --target-bits") }
        if let targetBits, !(1...32).contains(targetBits) {
            throw ValidationError("--target-bits wants a number from 1 to 32, not \(targetBits)")
        }
        if to == nil, pure || !tensor.isEmpty {
            throw ValidationError("--pure and --tensor go with --to: --target-size and --target-bits choose all kinds")
        }
        if (folderKind?.isCalibrated ?? false) != (text != nil) {
            throw ValidationError("GPTQ and AWQ need a --text that they round by, others take none")
        }
        if windows < 1 { throw ValidationError("--windows wants a number from 1, not \(windows)") }
        if let folderKind {
            if output.hasSuffix(".gguf") {
                throw ValidationError("\(folderKind.rawValue) is a kind of folders; \(output) would be a GGUF file")
            }
            if imatrix != nil || pure || !tensor.isEmpty {
                throw ValidationError("--imatrix, --pure and --tensor are for GGUF files")
            }
        } else {
            _ = try mix()
        }
        _ = try overrides()
    }

    func run() throws {
        let path = try ModelOptions.path(of: model)
        try WrittenModel.check(output, from: path)
        let checkpoint = try Checkpoint.open(path)
        if let folderKind { return try writeFolder(checkpoint, folderKind) }
        let contents = try GGUFConversion.contents(of: checkpoint)
        for note in contents.notes + oddities(contents) { Console.note("note: \(note)") }
        var quantizer = ModelQuantizer(try mix())
        quantizer.isPure = pure
        quantizer.importance = try imatrix.map { try ImportanceMatrix(path: $0) }
        if let importance = quantizer.importance,
            !contents.tensors.contains(where: { importance.entries[$0.name] != nil })
        {
            throw CommandError(
                "--imatrix: \(imatrix ?? "") has nothing about this model's tensors; it belongs to another")
        }
        quantizer.overrides = try overrides()
        if let byteCount = targetBytes(contents) {
            quantizer.assigned = try MixSearch(importance: quantizer.importance, threads: threadOptions.threads)
                .kinds(of: contents, byteCount: byteCount)
        }
        quantizer.threads = threadOptions.threads
        let isTerminal = Console.isTerminal(2)
        quantizer.progress = { number, count, name in
            if isTerminal { Console.draw("\r\u{1B}[K[\(number + 1)/\(count)] \(name)", on: 2) }
        }
        let start = ContinuousClock.now
        let tensors: [ModelQuantizer.TensorReport]
        do {
            defer { if isTerminal { Console.draw("\r\u{1B}[K", on: 2) } }
            tensors = try quantizer.write(contents, to: output)
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        let report = QuantizationReport(tensors: tensors, source: checkpoint.byteCount, seconds: seconds)
        try Console.write(json ? report.json.text(.pretty) + "\n" : report.text)
    }

    /// The most bytes that all tensors may take; nil if nobody says.
    private func targetBytes(_ contents: GGUFContents) -> Int? {
        if let targetSize { return targetSize.bytes }
        let weights = contents.tensors.reduce(0.0) { $0 + Double($1.rows) * Double($1.columns) }
        return targetBits.map { Int(weights * $0 / 8) }
    }

    private func writeFolder(_ checkpoint: Checkpoint, _ kind: FolderQuantizer.Kind) throws {
        let inputs = try text.map {
            try InputProducts(checkpoint, text: TextFile.read($0), limit: windows, threads: threadOptions.threads)
        }
        var products: FolderQuantizer.InputProducts?
        if let inputs { products = { inputs.products(of: $0) } }
        let quantizer = try FolderQuantizer(checkpoint, kind: kind, products: products)
        let report = try quantizer.write(to: output, threads: threadOptions.threads)
        for note in report.notes { Console.note("note: \(note)") }
        if json {
            let result: JSON = [
                "bytes": .integer(report.byteCount), "source_bytes": .integer(checkpoint.byteCount),
                "quantized_matrices": .integer(report.matrices), "other_tensors": .integer(report.others),
                "group_size": report.groupSize.map(JSON.integer) ?? .null,
                "calibration_tokens": inputs.map { .integer($0.tokenCount) } ?? .null,
            ]
            return try Console.write(result.text() + "\n")
        }
        let group = report.groupSize.map { ", \($0) columns to a scale" } ?? ""
        try Console.write(
            "\(report.matrices) matrices as \(kind.rawValue)\(group), \(report.others) tensors as they were: "
                + "\(Quantities.bytes(checkpoint.byteCount)) became \(Quantities.bytes(report.byteCount)): \(output)\n")
    }

    /// What one should know before weights are rounded a second time.
    private func oddities(_ contents: GGUFContents) -> [String] {
        let types = Set(contents.tensors.map(\.dataType).filter { $0.blockSize > 1 }.map(\.name)).sorted()
        guard !types.isEmpty else { return [] }
        return [
            "the model is quantized already (\(types.joined(separator: ", "))); its errors stay, and those of rounding again come on top"
        ]
    }

    /// The mix; that of a search only gives the file its type.
    private func mix() throws -> QuantizationMix {
        let to = to ?? "Q4_K_M"
        guard let mix = QuantizationMix(to) else {
            let known = QuantizationMix.all.map(\.name) + FolderQuantizer.Kind.allCases.map(\.rawValue)
            throw ValidationError("--to \(to) is not known; there are " + known.joined(separator: ", "))
        }
        return mix
    }

    private func overrides() throws -> [(pattern: String, kind: DataType)] {
        try tensor.map { text in
            guard let split = text.lastIndex(of: "="),
                let mix = QuantizationMix(String(text[text.index(after: split)...]))
            else { throw ValidationError("--tensor wants PATTERN=KIND, not \(text)") }
            return (String(text[..<split]), mix.base)
        }
    }
}

/// What came of quantizing.
struct QuantizationReport {
    let tensors: [ModelQuantizer.TensorReport]
    /// Bytes of all tensors before.
    let source: Int
    let seconds: Double

    private var bytes: Int { tensors.reduce(0) { $0 + $1.byteCount } }
    private var elements: Int { tensors.reduce(0) { $0 + $1.elementCount } }
    private var bitsPerWeight: Double { elements > 0 ? 8 * Double(bytes) / Double(elements) : 0 }

    var text: String {
        var table = Table(["TENSOR", "SHAPE", "FROM", "TO", "SIZE", "ERROR"], rightAligned: [4, 5])
        for tensor in tensors {
            let shape = tensor.shape.map(String.init).joined(separator: " x ")
            table.add([
                tensor.name, shape, tensor.source.name,
                tensor.kind.name + (tensor.wanted.map { " (\($0.name) does not fit)" } ?? ""),
                Quantities.bytes(tensor.byteCount), tensor.error.map { Quantities.decimals(100 * $0, 3) + "%" } ?? "",
            ])
        }
        let substituted = tensors.count { $0.wanted != nil }
        let fallback =
            substituted > 0
            ? "\(substituted) of \(tensors.count) tensors have rows that are no whole blocks of their kind, so another stands in.\n"
            : ""
        return table.text + "\n" + fallback
            + "\(Quantities.bytes(source)) became \(Quantities.bytes(bytes)), "
            + "\(Quantities.decimals(bitsPerWeight, 2)) bits per weight, in \(Quantities.decimals(seconds, 1)) s.\n"
    }

    var json: JSON {
        [
            "bytes": .integer(bytes), "source_bytes": .integer(source), "parameters": .integer(elements),
            "bits_per_weight": .number(bitsPerWeight), "seconds": .number(seconds),
            "tensors": .array(
                tensors.map { tensor in
                    [
                        "name": .string(tensor.name), "shape": .array(tensor.shape.map(JSON.integer)),
                        "from": .string(tensor.source.name), "to": .string(tensor.kind.name),
                        "wanted": tensor.wanted.map { .string($0.name) } ?? .null, "bytes": .integer(tensor.byteCount),
                        "error": tensor.error.map(JSON.number) ?? .null,
                    ]
                }),
        ]
    }
}
