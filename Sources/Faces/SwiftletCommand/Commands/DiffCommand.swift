import ArgumentParser
import Checkpoints
import JSONValues
import Merging

/// `swiftlet diff`.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what differs between two models.",
        discussion: """
            Compares all tensors (shape, type, largest and mean distance, relative length of the difference, cosine) and, of \
            two folders or two GGUF files, the keys of their configurations and the tokens.

              swiftlet diff base/ tuned/ --json
            """)

    @Argument(help: "A model of the store, a GGUF file, or a Hugging Face folder.") var first: String
    @Argument(help: "Another one.") var second: String
    @Flag(help: "Write one JSON object.") var json = false

    func run() throws {
        let models = try [first, second].map { try Checkpoint.open(ModelOptions.path(of: $0)) }
        let difference = try ModelDifference(models[0], models[1])
        try Console.write(json ? difference.json.text() + "\n" : Self.text(difference))
    }

    private static func text(_ difference: ModelDifference) -> String {
        var table = Table(["tensor", "max", "mean", "relative", "cosine", ""], rightAligned: [1, 2, 3, 4])
        for tensor in difference.tensors { table.add([tensor.name] + cells(tensor)) }
        var text = difference.tensors.isEmpty ? "" : table.text
        for key in difference.keys.prefix(keyLimit) {
            text += "\(key.name): \(key.values.map { $0.map(short) ?? "(none)" }.joined(separator: " / "))\n"
        }
        if difference.keys.count > keyLimit {
            text += "and \(difference.keys.count - keyLimit) more keys and tokens, which --json lists\n"
        }
        let count = difference.tensors.count
        return text + "\(count) tensor\(count == 1 ? " differs" : "s differ"), \(difference.equalCount) are equal; "
            + "\(difference.keys.count) keys and tokens differ\n"
    }

    private static let keyLimit = 40

    private static func cells(_ tensor: TensorDifference) -> [String] {
        let types = tensor.types.map { $0?.name ?? "(none)" }
        let note = types[0] == types[1] ? "" : types.joined(separator: " / ")
        switch tensor.kind {
        case .onlyInFirst: return ["", "", "", "", "only in the first"]
        case .onlyInSecond: return ["", "", "", "", "only in the second"]
        case .shape(let a, let b): return ["", "", "", "", "\(a) / \(b)"]
        case .storage: return ["0", "0", "0", "1", note]
        case .bytes: return ["", "", "", "", "bytes differ"]
        case .values(let values):
            let odd = values.nonFinite > 0 ? " \(values.nonFinite) values are no numbers" : ""
            return [
                values.largest.formatted("%.3g"), values.mean.formatted("%.3g"),
                values.relative?.formatted("%.3g") ?? "", values.cosine?.formatted("%.6f") ?? "", note + odd,
            ]
        }
    }

    private static func short(_ value: JSON) -> String {
        let text = value.text()
        return text.count > 80 ? text.prefix(77) + "..." : text
    }
}
