import ArgumentParser
import Inference
import JSONValues
import Tokenization

/// `swiftlet tokenize`.
struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Show a text's tokens.",
        discussion: "  swiftlet tokenize smollm2 \"Hello, world\" --ids")

    @Argument(help: "A model of the store, a GGUF file, or a Hugging Face folder.") var model: String
    @Argument(help: "The text; - reads standard input.") var text: String
    @Flag(help: "Write only the ids, on one line.") var ids = false
    @Flag(help: "Write a JSON array of objects with id and piece.") var json = false
    @Flag(help: "Add the tokens that begin and end a prompt.") var special = false

    func run() throws {
        var text = text
        if text == "-" { text = String(decoding: try Console.standardInput(), as: UTF8.self) }
        let tokenizer = try Tokenizer(modelOrFolderAt: model)
        let tokens = tokenizer.encode(text, addSpecialTokens: special, parseSpecialTokens: true)
        func piece(_ id: Int32) -> String { tokenizer.piece(of: id) ?? "" }
        if json {
            let entries = tokens.map { id -> JSON in ["id": .integer(Int(id)), "piece": .string(piece(id))] }
            try Console.write(JSON.array(entries).text() + "\n")
        } else if ids {
            try Console.write(tokens.map(String.init).joined(separator: " ") + "\n")
        } else {
            var table = Table(["ID", "PIECE"], rightAligned: [0])
            for id in tokens { table.add([String(id), JSON.string(piece(id)).text()]) }
            try Console.write(table.text)
        }
    }
}
