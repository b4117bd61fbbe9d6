import Foundation
import Tensors
import Testing

@testable import Checkpoints

@Suite struct SyntheticCheckpointTests {
    private static let shape = SyntheticShape(
        layers: 1, hiddenSize: 256, heads: 4, keyValueHeads: 2, feedForwardSize: 512, vocabularySize: 300,
        contextLength: 64)

    /// Weights of every type have the deviation that keeps activations finite, and a mean near 0.
    @Test(arguments: SyntheticCheckpoint.dataTypes)
    func deviations(type: DataType) throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/model.gguf"
        try SyntheticCheckpoint(shape: Self.shape, dataType: type).write(to: path)
        let checkpoint = try Checkpoint.open(path)
        let tensor = try #require(checkpoint.tensors["blk.0.ffn_up.weight"])
        #expect(tensor.shape == [512, 256] && tensor.dataType == type)
        let source = try #require(
            tensor.withUnsafeBytes { MatrixSource(dataType: type, rows: 512, columns: 256, bytes: $0)?.decoded() })
        let mean = source.reduce(0) { $0 + Double($1) } / Double(source.count)
        let deviation = (source.reduce(0) { $0 + Double($1 * $1) } / Double(source.count)).squareRoot()
        #expect(abs(deviation * 16 - 1) < 0.04, "deviation \(deviation)")
        #expect(abs(mean) * 16 < 0.03, "mean \(mean)")
    }

    @Test func seedsDecide() throws {
        let folder = try TemporaryFolder()
        func bytes(seed: UInt64) throws -> Data {
            let path = "\(folder.path)/model.gguf"
            try SyntheticCheckpoint(shape: Self.shape, dataType: .q4x1, seed: seed).write(to: path)
            return try Data(contentsOf: URL(filePath: path))
        }
        let (first, second, other) = (try bytes(seed: 1), try bytes(seed: 1), try bytes(seed: 2))
        #expect(first == second)
        #expect(first != other && first.count == other.count)
    }

    @Test func impossibleShapesAreRefused() throws {
        let folder = try TemporaryFolder()
        func reason(_ type: DataType = .q4x0, _ change: (inout SyntheticShape) -> Void) -> String? {
            var shape = Self.shape
            change(&shape)
            return #expect(throws: CheckpointError.self) {
                try SyntheticCheckpoint(shape: shape, dataType: type).write(to: "\(folder.path)/model.gguf")
            }?.reason
        }
        #expect(
            reason(.q4K) { $0.feedForwardSize = 544 }
                == "the feed-forward width of 544 is not whole blocks of Q4_K, which hold 256 weights")
        #expect(reason { $0.heads = 3 } == "3 heads must divide the width of 256 into even parts")
        #expect(reason { $0.keyValueHeads = 3 } == "3 key and value heads do not divide 4 heads")
        #expect(reason { $0.layers = 0 } == "layers: 0 is not from 1 to 16777216")
        #expect(
            reason { $0.vocabularySize = 259 }
                == "a vocabulary of 259 tokens is too small; the least is 260")
        #expect(reason(.nf4) { _ in } == "there are no random weights of type NF4")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
}
