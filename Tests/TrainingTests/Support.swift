import Files
import Foundation
import Inference
import JSONValues
import Templating
import Testing
import Tokenization

@testable import Training

/// A small tokenizer of byte pairs, made by scripts/make_training_fixtures.py.
enum ChatFixture {
    static var folder: String { Bundle.module.resourcePath.map { $0 + "/Fixtures/chat" } ?? "" }

    static func tokenizer() throws -> Tokenizer { try Tokenizer(folder: folder) }

    static func masks() throws -> JSON {
        try JSON(parsing: FileSystem.contents(of: folder + "/masks.json"), source: "masks.json")
    }

    static func template(_ name: String) throws -> ChatTemplate {
        let source = try #require(try masks()["templates"]?[name]?.stringValue)
        return try ChatTemplate(source: source, name: name, beginOfText: "<|endoftext|>", endOfText: "<|im_end|>")
    }

    static func format(_ template: String = "chatml") throws -> TextFormat {
        TextFormat(tokenizer: try tokenizer(), template: try self.template(template), endOfText: nil)
    }
}

/// A folder that is gone after the test.
final class TemporaryFolder {
    let path: String
    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/training-\(UInt64.random(in: 0 ... .max))"
        try FileSystem.createFolder(path)
    }
    deinit { try? FileSystem.remove(path) }

    func write(_ text: String, to name: String) throws { try AtomicFile.write(Array(text.utf8), to: path + "/" + name) }

    /// The data of a recipe whose dataset is `text` in a file of this name.
    func data(
        _ text: String, name: String = "data.jsonl", type: String = "alpaca", dataset: String = "", recipe: String = "",
        template: String = "chatml"
    ) throws -> TrainingData {
        try write(text, to: name)
        return try TrainingData(
            TrainingRecipe(
                text: """
                    base_model: x
                    learning_rate: 1e-3
                    output_dir: \(path)/out
                    \(recipe)
                    datasets:
                      - path: \(name)
                        type: \(type)
                        \(dataset)
                    """, path: path + "/recipe.yaml"), texts: ChatFixture.format(template))
    }

    func error(
        _ text: String, name: String = "data.jsonl", type: String = "alpaca", dataset: String = "", recipe: String = ""
    ) -> String {
        do {
            _ = try data(text, name: name, type: type, dataset: dataset, recipe: recipe)
            return ""
        } catch { return "\(error)".replacing(path + "/", with: "") }
    }
}

enum ChatTemplateFixture {
    static func make(_ source: String) throws -> ChatTemplate {
        try ChatTemplate(source: source, name: "test", beginOfText: "<|endoftext|>", endOfText: "<|im_end|>")
    }
}
