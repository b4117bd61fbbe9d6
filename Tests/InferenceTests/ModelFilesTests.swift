import Checkpoints
import Foundation
import Testing
import Tokenization

@testable import Inference

struct ModelFilesTests {
    /// A token without a row in the embedding would be found out only when a text happens to have it.
    @Test func tokenizersLargerThanTheEmbeddingAreRefused() throws {
        let path = Bundle.module.bundleURL.appending(path: "Fixtures/tiny.gguf").path
        let files = ModelFiles(try Checkpoint.open(path))
        let size = try files.makeTokenizer(embeddingRows: 1 << 20).vocabularySize
        #expect(try files.makeTokenizer(embeddingRows: size).vocabularySize == size)
        let error = #expect(throws: TokenizerError.self) { try files.makeTokenizer(embeddingRows: size - 1) }
        #expect(error?.source == path)
        #expect(error?.reason.contains("\(size) tokens") == true && error?.reason.contains("\(size - 1) rows") == true)
    }

    private func withFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "swiftlet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        try body(folder.path)
    }

    /// Files that switch sampling off often keep its temperature; transformers is greedy then.
    @Test func samplingThatIsSwitchedOffIsGreedy() throws {
        func temperature(_ generation: String) throws -> Float {
            var temperature: Float = -1
            let empty = "{\"__metadata__\":{}}"
            let header = String(decoding: [UInt8(empty.utf8.count), 0, 0, 0, 0, 0, 0, 0], as: UTF8.self) + empty
            try withFolder(["config.json": "{}", "generation_config.json": generation, "model.safetensors": header]) {
                temperature = ModelFiles(try Checkpoint.open($0)).defaultSampling.temperature
            }
            return temperature
        }
        #expect(try temperature(#"{"do_sample": false, "temperature": 0.9}"#) == 0)
        #expect(try temperature(#"{"do_sample": true, "temperature": 0.9}"#) == 0.9)
        #expect(try temperature(#"{"temperature": 0.9}"#) == 0.9)
    }
}
