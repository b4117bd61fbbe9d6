import ArgumentParser
import Checkpoints
import Conversion
import Tensors

/// `swiftlet convert`.
struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Turn a Hugging Face folder into a GGUF file, or a GGUF file into a folder.",
        discussion: """
            Weights of folders may be safetensors or PyTorch's. What the other format cannot say is refused by name. The \
            output appears complete or not at all.

              swiftlet convert path/to/folder model.gguf --dtype f16
              swiftlet convert smollm2 path/to/folder
            """)

    @Argument(help: "A model of the store, a GGUF file, or a Hugging Face folder.") var model: String
    @Argument(help: "A file to write, whose name ends in .gguf, or a folder.") var output: String
    @Option(help: "How matrices are stored: f32, f16 or bf16; otherwise as they are, those of blocks in f16.")
    var dtype: String?
    @Option(help: ArgumentHelp("The size of a folder's files of weights, such as 2G.", valueName: "size"))
    var shardSize: MemorySize?
    @Flag(help: "Leave out what the other format cannot say, with a note.") var lossy = false
    @OptionGroup var threadOptions: ThreadOptions

    func validate() throws {
        _ = try dataType()
    }

    func run() throws {
        let path = try ModelOptions.path(of: model)
        try WrittenModel.check(output, from: path)
        let checkpoint = try Checkpoint.open(path)
        Console.note(oddities: checkpoint.notes)
        if output.hasSuffix(".gguf") {
            try writeGGUF(checkpoint)
        } else {
            try writeFolder(checkpoint)
        }
    }

    private func writeGGUF(_ checkpoint: Checkpoint) throws {
        let contents = try GGUFConversion.contents(of: checkpoint, allowsLosses: lossy)
        Console.note(oddities: contents.notes)
        var quantizer = ModelQuantizer(try mix(contents))
        quantizer.threads = threadOptions.threads
        let report = try quantizer.write(contents, to: output)
        try Console.write(
            "\(report.count) tensors, \(Quantities.bytes(report.reduce(0) { $0 + $1.byteCount })): \(output)\n")
        for tensor in report where tensor.wanted != nil {
            Console.note("note: \(tensor.name) has numbers that f16 cannot hold, so it is \(tensor.kind.name)")
        }
    }

    private func writeFolder(_ checkpoint: Checkpoint) throws {
        guard case .gguf = checkpoint.metadata else {
            throw CommandError("\(model) is a folder; name a file that ends in .gguf as the output")
        }
        let contents = try HuggingFaceConversion.contents(
            of: checkpoint, dataType: try dataType(), allowsLosses: lossy)
        Console.note(oddities: contents.notes)
        try contents.write(to: output, shardBytes: shardSize?.bytes ?? 5_000_000_000, threads: threadOptions.threads)
        try Console.write("\(contents.tensors.count) tensors: \(output)\n")
    }

    /// The mix that `--dtype` names, or the type that most weights have.
    private func mix(_ contents: GGUFContents) throws -> QuantizationMix {
        let type: DataType
        if let given = try dataType() {
            type = given
        } else {
            let types = contents.tensors.filter { $0.shape.count > 1 }.map(\.dataType)
            type = types.contains(.bf16) ? .bf16 : types.contains(.f32) ? .f32 : .f16
        }
        guard let mix = QuantizationMix(type.name) else { throw CommandError("there is no mix \(type.name)") }
        return mix
    }

    private func dataType() throws -> DataType? {
        guard let dtype else { return nil }
        let name = dtype.lowercased()
        guard let type = DataType.plainTypes.first(where: { [$0.name.lowercased(), $0.pyTorchName].contains(name) })
        else {
            throw ValidationError("--dtype \(dtype) is not known; there are f32, f16, bf16")
        }
        return type
    }
}
