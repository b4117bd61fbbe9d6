import Foundation
import Inference
import Testing

/// Folders of embedders whose files are cut or contradict each other: errors that name the file, never a trap.
@Suite struct DamagedEmbedderTests {
    /// A copy of a fixture that is gone when the test is over.
    private final class Copy {
        let path = FileManager.default.temporaryDirectory.appending(path: "embedder-\(UUID().uuidString)").path

        init(of name: String) throws {
            try FileManager.default.copyItem(atPath: EmbeddingTests.path(name), toPath: path)
        }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func read(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(filePath: "\(path)/\(name)"))) }
        func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
            try Data(bytes).write(to: URL(filePath: "\(path)/\(name)"))
        }
        func replace(_ text: String, with other: String, in name: String) throws {
            let old = String(decoding: try read(name), as: UTF8.self)
            try #require(old.contains(text))
            try write(old.replacing(text, with: other).utf8, to: name)
        }
    }

    @Test(arguments: [
        ("bert-mean", "modules.json", "normalize.Normalize", "asym.Asym", "Asym"),
        ("bert-mean", "modules.json", "transformer.Transformer", "bow.BoW", "BoW"),
        ("bert-mean", "modules.json", "pooling.Pooling", "transformer.Transformer", "Transformer"),
        ("bert-mean", "modules.json", #""1_Pooling""#, #""../cls""#, "leads out"),
        ("bert-mean", "modules.json", #""1_Pooling""#, "7", "type and path"),
        ("bert-mean", "1_Pooling/config.json", #""mean""#, #""median""#, "median"),
        ("bert-mean", "config.json", #""hidden_size": 16"#, #""hidden_size": 32"#, "embeddings"),
        ("bert-mean", "config.json", #""model_type": "bert""#, #""model_type": "none""#, "none"),
        ("bert-every", "2_Dense/config.json", #""in_features": 96"#, #""in_features": 95"#, "in_features"),
        ("bert-every", "2_Dense/config.json", "activation.Tanh", "activation.Nothing", "Nothing"),
        ("bert-every", "1_Pooling/config.json", #""pooling_mode_cls_token": true, "#, "", "takes 96 values, but 80"),
        (
            "bert-prompt", "config_sentence_transformers.json", #""default_prompt_name": "query""#,
            #""default_prompt_name": "ask""#, "ask"
        ),
        ("static", "modules.json", "models.Normalize", "models.Dense", ""),
        ("static-clustered", "config.json", "512", "-5", "max_length"),
    ])
    func contradictionsAreExplained(folder: String, file: String, old: String, new: String, reason: String) throws {
        let copy = try Copy(of: folder)
        try copy.replace(old, with: new, in: file)
        do {
            _ = try ModelKind.loadEmbedder(copy.path)
            #expect(reason.isEmpty)
        } catch {
            #expect("\(error)".contains(reason) && "\(error)".contains("embedder-"), "\(error)")
        }
    }

    @Test func whatIsOddIsNoted() throws {
        #expect(try ModelKind.loadEmbedder(EmbeddingTests.path("bert-mean")).notes.isEmpty)
        let copy = try Copy(of: "bert-mean")
        try copy.write([0xFF], to: "chat_template.jinja")
        let notes = try ModelKind.loadEmbedder(copy.path).notes
        #expect(notes.count == 1 && notes[0].contains("chat_template.jinja"))
    }

    @Test(arguments: [
        ("bert-mean", "modules.json", 1), ("bert-mean", "1_Pooling/config.json", 1),
        ("bert-every", "2_Dense/config.json", 1),
        ("bert-prompt", "config_sentence_transformers.json", 1), ("bert-every", "2_Dense/model.safetensors", 7),
        ("bert-mean", "model.safetensors", 211), ("static-clustered", "model.safetensors", 1),
        ("static-clustered", "tokenizer.json", 23),
    ])
    func truncatedFilesAreRefused(folder: String, file: String, step: Int) throws {
        let copy = try Copy(of: folder)
        var bytes = try copy.read(file)
        while bytes.last == 0x0A { bytes.removeLast() }
        for count in stride(from: 0, to: bytes.count, by: step) {
            try copy.write(bytes[..<count], to: file)
            #expect(throws: (any Error).self, "\(count) of \(bytes.count) bytes") {
                try ModelKind.loadEmbedder(copy.path)
            }
        }
    }

    @Test func headsThatGiveNoScoreAreRefused() throws {
        #expect("\(try failure { _ = try CrossEncoder.load(EmbeddingTests.path("bert-mean")) })".contains("classifier"))
        let copy = try Copy(of: "cross-distilbert")
        try copy.replace("linear.Identity", with: "linear.Softmax", in: "config.json")
        #expect("\(try failure { _ = try CrossEncoder.load(copy.path) })".contains("Softmax"))
        #expect("\(try failure { _ = try ModelKind.loadEmbedder(copy.path) })".contains("rerank"))
        #expect("\(try failure { _ = try LanguageModel.load(EmbeddingTests.path("bert-cls")) })".contains("encoder"))
    }

    private func failure(of body: () throws -> Void) throws -> any Error {
        do { try body() } catch { return error }
        throw Missing()
    }

    private struct Missing: Error {}
}
