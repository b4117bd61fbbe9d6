import Checkpoints
import Foundation
import Inference
import Testing

/// What matrices are multiplied with, gathered in one reading of a text or in several.
@Suite struct InputProductsTests {
    private static let model = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "MergingTests/Fixtures/models/a").path
    private static let text = Array(repeating: "the cat sees the dog and the big tree", count: 8).joined(separator: " ")

    private static func products(memory: Int) throws -> InputProducts {
        try InputProducts(Checkpoint.open(model), text: text, window: 16, limit: 3, memory: memory, threads: 2)
    }

    @Test func theirDiagonalIsWhatAnImportanceMatrixHas() throws {
        let products = try Self.products(memory: 1 << 20)
        let collector = try ImportanceCollector(Checkpoint.open(Self.model), threads: 2)
        for piece in collector.windows(of: Self.text, size: 16, limit: 3) { collector.read(piece) }
        let matrix = collector.matrix(datasets: [], chunks: (3, 16))
        #expect(products.tokenCount == 48)
        for (name, gguf) in [("self_attn.q_proj", "attn_q"), ("mlp.down_proj", "ffn_down")] {
            let sums = try #require(products.products(of: "model.layers.1.\(name).weight"))
            let squares = try #require(matrix.entries["blk.1.\(gguf).weight"]).sums
            let columns = squares.count
            #expect(sums.count == columns * columns)
            for column in 0..<columns {
                #expect(abs(sums[column * (columns + 1)] - squares[column]) <= 1e-4 * abs(squares[column]))
                #expect(sums[column] == sums[column * columns], "it is symmetric")
            }
        }
        #expect(products.products(of: "model.embed_tokens.weight") == nil)
    }

    /// With room for the sums of one matrix the text is read for each anew.
    @Test func littleMemoryGivesTheSame() throws {
        let (large, small) = (try Self.products(memory: 1 << 20), try Self.products(memory: 1))
        for layer in 0..<2 {
            for name in ["self_attn.k_proj", "self_attn.o_proj", "mlp.up_proj", "mlp.down_proj"] {
                let name = "model.layers.\(layer).\(name).weight"
                let sums = try #require(large.products(of: name))
                #expect(sums == small.products(of: name), "\(name)")
            }
        }
    }

    @Test func shortTextsAreRefused() throws {
        let error = #expect(throws: CheckpointError.self) {
            try InputProducts(Checkpoint.open(Self.model), text: "the cat", window: 16)
        }
        #expect(error?.reason.contains("fewer tokens") == true)
    }
}
