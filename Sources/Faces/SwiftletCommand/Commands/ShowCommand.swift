import Architectures
import ArgumentParser
import Inference
import JSONValues

/// `swiftlet show`.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Tell what a model is made of.",
        discussion: """
            Reads the headers only, so it is quick for models of any size.

              swiftlet show smollm2
              swiftlet show smollm2 --template
              swiftlet show --families
            """)

    @Argument(help: "A model of the store, a GGUF file, or a Hugging Face folder.") var model: String?
    @Flag(help: "List the families of models that run, and what each is proved against.") var families = false
    @Flag(help: "Write the chat template and nothing else.") var template = false
    @Flag(help: "Write one JSON object.") var json = false

    func validate() throws {
        if families == (model != nil) { throw ValidationError("name a model, or say --families") }
    }

    func run() throws {
        guard let model else {
            return try Console.write(json ? Self.familiesJSON.text(.pretty) + "\n" : Self.familiesText)
        }
        let summary = try ModelSummary(path: ModelOptions.path(of: model))
        for note in summary.notes { Console.note("note: \(note)") }
        if template {
            guard let source = summary.chatTemplate else { throw CommandError("\(summary.name) has no chat template") }
            try Console.write(source.hasSuffix("\n") ? source : source + "\n")
        } else if json {
            try Console.write(Self.json(summary).text(.pretty) + "\n")
        } else {
            try Console.write(Self.text(summary))
        }
    }

    private static var familiesText: String {
        var table = Table(["FAMILY", "MODEL TYPES IN CONFIG.JSON", "IN GGUF", "PROVED AGAINST"])
        for family in Family.all {
            table.add([
                family.name, family.modelTypes.joined(separator: ", "),
                family.ggufArchitectures.isEmpty ? "-" : family.ggufArchitectures.joined(separator: ", "),
                family.reference,
            ])
        }
        return table.text + "\n" + proof + "\n"
    }

    /// What `FamilyTests`, `EncoderTests` and `GGUFTests` hold.
    private static let proof = """
        Each has tiny random checkpoints whose settings exercise what is special about it. In f32 the log-probability of
        every prompt token (of encoders, every hidden value) is within 0.0001 of the reference's, and 24 greedy tokens are
        equal: in one pass, token by token, and in a batch with other texts, on every instruction set.
        """

    private static var familiesJSON: JSON {
        .array(
            Family.all.map { family in
                [
                    "name": .string(family.name), "model_types": .array(family.modelTypes.map(JSON.string)),
                    "gguf_architectures": .array(family.ggufArchitectures.map(JSON.string)),
                    "reference": .string(family.reference),
                ]
            })
    }

    private static func text(_ summary: ModelSummary) -> String {
        var table = Table([])
        table.add(["name", summary.name])
        table.add(["file", summary.path])
        table.add(["format", summary.format])
        table.add(["architecture", summary.family])
        table.add(["parameters", "\(Quantities.decimals(Double(summary.parameters) / 1e6, 1)) million"])
        table.add(["size", Quantities.bytes(summary.bytes)])
        table.add(["context", "\(summary.contextLength) tokens"])
        table.add(["layers", "\(summary.layers) of width \(summary.hiddenSize)"])
        if let heads = summary.attention {
            table.add([
                "attention",
                "\(heads.heads) heads of \(heads.headSize), \(heads.keyValueHeads) for keys and values",
            ])
        }
        table.add(["vocabulary", "\(summary.vocabularySize) tokens"])
        for token in summary.specialTokens { table.add(["  " + token.role, "\(token.piece) (\(token.id))"]) }
        table.add(["chat template", summary.chatTemplate == nil ? "none" : "yes (--template writes it)"])
        var types = Table(["QUANTIZATION", "TENSORS", "SIZE"], rightAligned: [1, 2])
        for type in summary.tensorTypes { types.add([type.name, "\(type.tensors)", Quantities.bytes(type.bytes)]) }
        return table.text + "\n" + types.text
    }

    private static func json(_ summary: ModelSummary) -> JSON {
        [
            "name": .string(summary.name), "path": .string(summary.path), "format": .string(summary.format),
            "architecture": .string(summary.family), "parameters": .integer(summary.parameters),
            "bytes": .integer(summary.bytes), "context_length": .integer(summary.contextLength),
            "layers": .integer(summary.layers), "hidden_size": .integer(summary.hiddenSize),
            "vocabulary_size": .integer(summary.vocabularySize),
            "special_tokens": .object(
                .init(uniqueKeysWithValues: summary.specialTokens.map { ($0.role, .integer(Int($0.id))) })),
            "tensor_types": .array(
                summary.tensorTypes.map {
                    ["type": .string($0.name), "tensors": .integer($0.tensors), "bytes": .integer($0.bytes)]
                }),
            "chat_template": summary.chatTemplate.map(JSON.string) ?? .null,
        ]
    }
}
