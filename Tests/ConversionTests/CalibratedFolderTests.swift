import Checkpoints
import Files
import Foundation
import JSONValues
import Tensors
import Testing

@testable import Conversion

/// GPTQ's and AWQ's folders are the model again, within what 4 bits round.
@Suite final class CalibratedFolderTests {
    private let place = FileManager.default.temporaryDirectory.appending(path: "calibrated-\(UUID().uuidString)").path
    private static let width = 64

    init() throws { try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: place) }

    private func folder(modelType: String = "llama") throws -> Checkpoint {
        var state: UInt64 = 3
        func tensor(_ name: String, _ shape: [Int]) -> TensorSource {
            let numbers = (0..<shape.reduce(1, *)).map { _ -> Float in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Float(state >> 40) / Float(1 << 24) - 0.5 + (shape.count == 1 ? 1 : 0)
            }
            return TensorSource(name: name, dataType: .f32, shape: shape, bytes: numbers.withUnsafeBytes { Array($0) })
        }
        let prefix = "model.layers.0"
        let matrices = ["self_attn.q_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.down_proj"]
        try SafetensorsWriter.write(
            [
                tensor("model.embed_tokens.weight", [16, Self.width]),
                tensor("\(prefix).input_layernorm.weight", [Self.width]),
                tensor("\(prefix).post_attention_layernorm.weight", [Self.width]),
                tensor("\(prefix).self_attn.k_proj.weight", [32, Self.width]),
                tensor("\(prefix).mlp.up_proj.weight", [Self.width, Self.width]),
                tensor("\(prefix).mlp.up_proj.bias", [Self.width]),
            ] + matrices.map { tensor("\(prefix).\($0).weight", [Self.width, Self.width]) },
            to: "\(place)/model.safetensors")
        try AtomicFile.write(Array(#"{"model_type": "\#(modelType)"}"#.utf8), to: "\(place)/config.json")
        return try Checkpoint.open(place)
    }

    /// Every eighth column has inputs twenty times as large as the others'.
    private static let products: FolderQuantizer.InputProducts = { _ in
        var products = [Float](repeating: 0, count: width * width)
        for column in 0..<width { products[column * (width + 1)] = column % 8 == 5 ? 400 : 1 }
        return products
    }

    private static func matrix(_ checkpoint: Checkpoint, _ name: String) throws -> [Float] {
        try #require(try checkpoint.matrix(named: "model.layers.0.\(name).weight", pool: nil)).source.decoded()
    }

    /// The length of a difference by that of the first.
    private static func distance(_ a: [Float], _ b: [Float]) -> Float {
        let squares = zip(a, b).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return (squares / a.reduce(0) { $0 + $1 * $1 }).squareRoot()
    }

    private static func product(_ a: [Float], _ b: [Float]) -> [Float] {
        (0..<width * width).map { index in
            (0..<width).reduce(0) { $0 + a[index / width * width + $1] * b[$1 * width + index % width] }
        }
    }

    @Test func roundedByGPTQ() throws {
        let original = try folder()
        let report = try FolderQuantizer(original, kind: .gptq, products: Self.products).write(to: "\(place)/out")
        #expect(report.matrices == 7 && report.groupSize == 64)
        let written = try Checkpoint.open("\(place)/out")
        for name in ["self_attn.q_proj", "self_attn.k_proj", "mlp.down_proj"] {
            let (before, after) = (try Self.matrix(original, name), try Self.matrix(written, name))
            #expect(Self.distance(before, after) < 0.1, "\(name)")
        }
        guard case .huggingFace(let files) = written.metadata else { return }
        #expect(files.quantization?["quant_method"] == "gptq" && files.quantization?["group_size"] == 64)
    }

    @Test func roundedByAWQ() throws {
        let original = try folder()
        _ = try FolderQuantizer(original, kind: .awq, products: Self.products).write(to: "\(place)/out")
        let written = try Checkpoint.open("\(place)/out")
        func norm(_ checkpoint: Checkpoint, _ name: String) throws -> [Float] {
            TensorRows(try #require(checkpoint.tensors["model.layers.0.\(name).weight"])).numbers()
        }
        // What the norm's weights are divided by, the matrix' columns are multiplied with.
        func scaled(_ checkpoint: Checkpoint, _ name: String, _ normName: String) throws -> [Float] {
            let (weights, norm) = (try Self.matrix(checkpoint, name), try norm(checkpoint, normName))
            return weights.indices.map { weights[$0] * norm[$0 % Self.width] }
        }
        for name in ["q_proj", "k_proj"] {
            let before = try scaled(original, "self_attn.\(name)", "input_layernorm")
            #expect(Self.distance(before, try scaled(written, "self_attn.\(name)", "input_layernorm")) < 0.1)
        }
        let (before, after) = (try norm(original, "input_layernorm"), try norm(written, "input_layernorm"))
        #expect(after[5] / before[5] < 0.9 * after[6] / before[6], "columns with large inputs are rounded more finely")
        // What rows of one are divided by, the columns of the next are multiplied with.
        for (first, second, normName) in [
            ("self_attn.v_proj", "self_attn.o_proj", "input_layernorm"),
            ("mlp.up_proj", "mlp.down_proj", "post_attention_layernorm"),
        ] {
            let pairs = try [original, written].map {
                Self.product(try Self.matrix($0, second), try scaled($0, first, normName))
            }
            #expect(Self.distance(pairs[0], pairs[1]) < 0.15, "\(first)")
        }
        // The bias goes with its rows.
        let name = "model.layers.0.mlp.up_proj.bias"
        let bias = try [original, written].map { TensorRows(try #require($0.tensors[name])).numbers() }
        #expect(bias[1][5] / bias[0][5] < 0.9 * bias[1][6] / bias[0][6])
    }

    @Test func whatCannotBeCalibratedIsRefused() throws {
        let gemma = try folder(modelType: "gemma")
        let error = #expect(throws: CheckpointError.self) {
            try FolderQuantizer(gemma, kind: .awq, products: Self.products).write(to: "\(place)/out")
        }
        #expect(error?.location == "key model_type")
        let without = #expect(throws: CheckpointError.self) {
            try FolderQuantizer(gemma, kind: .gptq).write(to: "\(place)/out")
        }
        #expect(without?.reason.contains("text") == true)
        #expect(!FileManager.default.fileExists(atPath: "\(place)/out"))
        // A matrix that the text never reached is rounded all the same.
        _ = try FolderQuantizer(gemma, kind: .gptq, products: { _ in nil }).write(to: "\(place)/out")
    }
}
