import Checkpoints
import Files
import Foundation
import JSONValues
import Tensors
import Testing

@testable import Conversion

/// Folders with quantized matrices are read again within what each kind rounds.
@Suite final class FolderQuantizerTests {
    private let place = FileManager.default.temporaryDirectory.appending(path: "folders-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: place) }

    private static func numbers(_ count: Int) -> [Float] {
        // A sum of uniform numbers is near to normal.
        var state: UInt64 = 7
        func next() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) / Float(1 << 24) - 0.5
        }
        return (0..<count).map { _ in 0.05 * (next() + next() + next() + next()) }
    }

    private func folder(columns: Int = 128, modelType: String = "llama") throws -> Checkpoint {
        func tensor(_ name: String, _ shape: [Int]) -> TensorSource {
            let numbers = Self.numbers(shape.reduce(1, *))
            return TensorSource(name: name, dataType: .f32, shape: shape, bytes: numbers.withUnsafeBytes { Array($0) })
        }
        try SafetensorsWriter.write(
            [
                tensor("model.embed_tokens.weight", [16, columns]), tensor("model.norm.weight", [columns]),
                tensor("model.layers.0.self_attn.q_proj.weight", [24, columns]),
                tensor("model.layers.0.mlp.gate.weight", [4, columns]),
                tensor("model.layers.0.input_layernorm.weight", [columns]), tensor("lm_head.weight", [16, columns]),
            ], to: "\(place)/model.safetensors")
        try AtomicFile.write(Array(#"{"model_type": "\#(modelType)"}"#.utf8), to: "\(place)/config.json")
        try AtomicFile.write(Array("{}".utf8), to: "\(place)/tokenizer.json")
        return try Checkpoint.open(place)
    }

    /// A matrix as it is computed with.
    private static func matrix(_ checkpoint: Checkpoint, _ name: String) throws -> [Float] {
        try #require(try checkpoint.matrix(named: name, pool: nil)).source.decoded()
    }

    @Test(arguments: [(FolderQuantizer.Kind.fp8, 0.03), (.int8, 0.01), (.int4, 0.13), (.nf4, 0.11)])
    func matricesComeBack(kind: FolderQuantizer.Kind, tolerance: Double) throws {
        let original = try folder()
        let report = try FolderQuantizer(original, kind: kind).write(to: "\(place)/out")
        #expect(report.matrices == 1 && report.others == 5 && report.groupSize == (kind == .int4 ? 128 : nil))
        #expect(report.byteCount < original.byteCount)
        let written = try Checkpoint.open("\(place)/out")
        let name = "model.layers.0.self_attn.q_proj.weight"
        let (values, back) = (try Self.matrix(original, name), try Self.matrix(written, name))
        let squares = zip(values, back).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
        let reference = values.reduce(0.0) { $0 + Double($1 * $1) }
        #expect((squares / reference).squareRoot() < tolerance)
        for name in ["lm_head.weight", "model.layers.0.mlp.gate.weight", "model.embed_tokens.weight"] {
            #expect(try Self.matrix(written, name) == Self.matrix(original, name), "\(name)")
        }
        guard case .huggingFace(let files) = written.metadata else { return }
        let method = kind == .nf4 ? "bitsandbytes" : "compressed-tensors"
        #expect(files.quantization?["quant_method"]?.stringValue == method)
        #expect(ModuleFolder("\(place)/out").contains("tokenizer.json"))
    }

    /// What stays as it was is listed by whole names, so that no loader takes it for quantized, nor the reverse.
    @Test(arguments: FolderQuantizer.Kind.allCases.filter { !$0.isCalibrated })
    func unquantizedMatricesAreListed(kind: FolderQuantizer.Kind) throws {
        _ = try FolderQuantizer(folder(), kind: kind).write(to: "\(place)/out")
        guard case .huggingFace(let files) = try Checkpoint.open("\(place)/out").metadata else { return }
        let list = files.quantization?["ignore"] ?? files.quantization?["llm_int8_skip_modules"]
        let names = Set(try #require(list?.arrayValue).compactMap(\.stringValue))
        #expect(names == ["lm_head", "model.embed_tokens", "model.layers.0.mlp.gate"])
    }

    /// Scales of such small weights would be zero; weights so large that their rows overflow are none.
    @Test(arguments: FolderQuantizer.Kind.allCases.filter { !$0.isCalibrated }, [-146, -129, 127])
    func extremeWeightsStayNumbers(kind: FolderQuantizer.Kind, exponent: Int) throws {
        let size = Float(sign: .plus, exponent: exponent, significand: 1)
        let numbers = Self.numbers(24 * 128).map { $0 > 0 ? size : -size / 2 }
        let name = "model.layers.0.self_attn.q_proj.weight"
        try SafetensorsWriter.write(
            [TensorSource(name: name, dataType: .f32, shape: [24, 128], bytes: numbers.withUnsafeBytes { Array($0) })],
            to: "\(place)/model.safetensors")
        try AtomicFile.write(Array(#"{"model_type": "llama"}"#.utf8), to: "\(place)/config.json")
        _ = try FolderQuantizer(Checkpoint.open(place), kind: kind).write(to: "\(place)/out")
        let written = try Checkpoint.open("\(place)/out")
        for tensor in written.tensors.values where tensor.dataType == .f32 && tensor.name.contains("scale") {
            #expect(TensorRows(tensor).numbers().allSatisfy { $0.isFinite && $0 > 0 }, "\(tensor.name)")
        }
        #expect(try Self.matrix(written, name).allSatisfy { !$0.isNaN })
    }

    @Test func oddFilesAreTold() throws {
        let gguf = try GGUFConversion.contents(of: GGUFConversionTests.folder("llama"))
        _ = try ModelQuantizer(#require(QuantizationMix("F32"))).write(gguf, to: "\(place)/a.gguf")
        let report = try FolderQuantizer(Checkpoint.open("\(place)/a.gguf"), kind: .int8).write(to: "\(place)/out")
        #expect(report.notes == ["the file has no tokenizer, so the folder has none"])
    }

    @Test func eightBitFloatsAreTheNearest() {
        let cases: [(Float, UInt8)] = [
            (0, 0), (1, 0x38), (448, 0x7E), (1000, 0x7E), (-1.5, 0xBC), (0x1p-9, 1), (0x1p-10, 0), (0x1.8p-9, 2),
            (0x1p-6, 8), (1.0625, 0x38), (1.1875, 0x3A),
        ]
        for (value, bits) in cases { #expect(EightBitFloat.bits(rounding: value) == bits, "\(value)") }
    }

    /// bitsandbytes' map has 256 levels from near -1 to 1, 0 among them.
    @Test func scalesHaveTheLevelsOfTheReference() {
        let levels = NormalFloats.scaleLevels
        #expect(levels.count == 256 && levels.first == -0.99296875 && levels.last == 1 && levels.contains(0))
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let narrow = try folder(columns: 40)
        for kind in [FolderQuantizer.Kind.int4, .nf4] {
            #expect(throws: CheckpointError.self) { try FolderQuantizer(narrow, kind: kind).write(to: "\(place)/out") }
        }
        #expect(!FileManager.default.fileExists(atPath: "\(place)/out"))
        let other = try folder(modelType: "gpt2")
        let error = #expect(throws: CheckpointError.self) { try FolderQuantizer(other, kind: .int8) }
        #expect(error?.location == "key model_type")
    }
}
