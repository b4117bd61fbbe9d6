import Foundation
import JSONValues
import Tensors
import Testing

@testable import Checkpoints

/// Weights of quantized folders against what the reference decodes them to.
@Suite struct QuantizedTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        let name: String
        let type: DataType
        /// The root mean square of the error, relative to that of the weights.
        let tolerance: Float

        init(_ name: String, _ type: DataType, _ tolerance: Float = 1e-7) {
            (self.name, self.type, self.tolerance) = (name, type, tolerance)
        }

        var testDescription: String { name }
    }

    /// Codes with scales are exact but for the last bit of f32; f16 has 11 bits; NF4's and FP4's levels are looked up on
    /// a grid of 256 points.
    static let samples = [
        Sample("gptq-2", .codes4), Sample("gptq-3", .codes4), Sample("gptq-4", .codes4), Sample("gptq-8", .codes8),
        Sample("gptq-4-symmetric", .q4x0, 0), Sample("gptq-8-symmetric", .integers8, 0),
        Sample("gptq-4-bf16", .codes4), Sample("gptq-4-second", .codes4), Sample("gptq-4-whole-rows", .codes4),
        Sample("gptq-4-act-order", .f16, 3e-4), Sample("gptq-3-act-order", .f16, 3e-4),
        Sample("gptq-4-odd", .f16, 3e-4), Sample("awq", .codes4), Sample("awq-odd", .f16, 3e-4),
        Sample("nf4", .nf4, 4e-3), Sample("nf4-nested", .nf4, 4e-3), Sample("fp4", .fp4, 4e-3),
        Sample("nf4-odd", .f16, 3e-4), Sample("int8", .integers8, 3e-4), Sample("int8-odd", .f16, 3e-4),
        Sample("fp8-tensor", .f16, 3e-4), Sample("fp8-one", .f16, 3e-4), Sample("fp8-rows", .f16, 3e-4),
        Sample("fp8-vector", .f16, 3e-4), Sample("fp8-tiny", .f32), Sample("fp8-blocks", .f16, 3e-4),
        Sample("integers", .integers8),
        Sample("integers-groups", .integers8), Sample("packed-4", .codes4), Sample("packed-8", .integers8),
    ]

    static let expected = Result { try Fixtures.json("weights/quantized/expected.json") }

    static func path(_ name: String) -> String { Fixtures.path("weights/quantized/\(name)") }

    @Test(arguments: samples, [1, 2]) func equalsReference(_ sample: Sample, threads: Int) throws {
        let checkpoint = try Checkpoint.open(Self.path(sample.name))
        let pool = threads > 1 ? ThreadPool(threads: threads) : nil
        let matrix = try #require(try checkpoint.matrix(named: "layer.weight", pool: pool))
        let expected = try #require(try Self.expected.get()[sample.name])
        #expect(matrix.source.dataType == sample.type)
        #expect(matrix.isConverted)
        #expect(try matrix.tensors.sorted() == expected["tensors"]?.array().map { try $0.string() })
        #expect(try [matrix.source.rows, matrix.source.columns] == expected["shape"]?.array().map { try $0.int() })
        let values = try Fixtures.bytes("weights/quantized/\(sample.name)/expected.bin").withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
        let decoded = matrix.source.decoded()
        try #require(decoded.count == values.count)
        let error = zip(decoded, values).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let size = values.reduce(Float(0)) { $0 + $1 * $1 }
        #expect((error / size).squareRoot() <= sample.tolerance)
    }

    @Test func plainTensorsAreAsStored() throws {
        let checkpoint = try Checkpoint.open(Self.path("awq"))
        let bias = try #require(try checkpoint.matrix(named: "layer.bias"))
        #expect(bias.source.rows == 1 && bias.source.decoded() == [1, 1])
        #expect(!bias.isConverted && bias.tensors == ["layer.bias"])
        #expect(try checkpoint.matrix(named: "other.weight") == nil)
        #expect(throws: CheckpointError.self) { try checkpoint.matrix(named: "layer.qweight") }
    }

    /// Experts in one tensor are rows of rows.
    @Test func stackedTensorsAreRows() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<24).flatMap { withUnsafeBytes(of: Float($0)) { Array($0) } }
        try SafetensorsWriter.write(
            [TensorSource(name: "experts", dataType: .f32, shape: [3, 2, 4], bytes: bytes)],
            to: "\(folder.path)/model.safetensors")
        try folder.write("{}", to: "config.json")
        let matrix = try #require(try Checkpoint.open(folder.path).matrix(named: "experts"))
        #expect(matrix.source.rows == 6 && matrix.source.columns == 4)
        #expect(matrix.source.rows([2..<4]).decoded() == (8..<16).map(Float.init))
    }
}
