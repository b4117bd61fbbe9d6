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
}
