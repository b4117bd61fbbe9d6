import Checkpoints
import Files
import Foundation
import JSONValues
import Tensors
import Testing

@testable import Conversion

/// Models that contradict themselves, or that the other format cannot hold, end in errors that name what is in the way.
@Suite final class ConversionFaultTests {
    private let place = FileManager.default.temporaryDirectory.appending(path: "faults-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: place) }

    /// What converting a changed file to a folder throws.
    private func failure(_ name: String, _ change: (inout GGUFContents) -> Void) throws -> CheckpointError? {
        var contents = try GGUFConversion.contents(of: GGUFConversionTests.folder(name))
        change(&contents)
        contents.metadata["huggingface.config"] = nil
        _ = try ModelQuantizer(#require(QuantizationMix("F32"))).write(contents, to: "\(place)/a.gguf")
        return #expect(throws: CheckpointError.self) {
            try HuggingFaceConversion.contents(of: Checkpoint.open("\(place)/a.gguf"), dataType: .f32)
        }
    }

    @Test(arguments: [2, 5, 4096]) func expertsMustBeAsManyAsTheirMatrices(count: UInt32) throws {
        let error = try failure("mixtral") { $0.metadata["llama.expert_count"] = .uint32(count) }
        #expect(error?.location?.hasPrefix("tensor blk.0.ffn_") == true, "\(error as Any)")
    }

    @Test(arguments: [
        ("attention.head_count", GGUFValue.uint32(0)), ("attention.head_count", .int32(-4)),
        ("attention.head_count_kv", .uint32(0)), ("block_count", .int32(-1)), ("block_count", .uint32(.max)),
        ("expert_count", .int32(-1)), ("expert_count", .uint32(.max)), ("attention.key_length", .uint32(0)),
        ("embedding_length", .int64(.min)), ("attention.head_count", .int64(.max)),
    ])
    func impossibleCountsAreRefused(key: String, value: GGUFValue) throws {
        let error = try failure("mixtral") { $0.metadata["llama.\(key)"] = value }
        #expect(error?.location == "key llama.\(key)", "\(error as Any)")
    }

    @Test func rowsThatAreNoHeadsAreRefused() throws {
        let error = try failure("llama") { $0.metadata["llama.attention.head_count"] = .uint32(3) }
        #expect(error?.reason.contains("no 3 heads of two halves") == true, "\(error as Any)")
        let config = try folder("llama") { $0["num_attention_heads"] = 3 }
        let other = #expect(throws: CheckpointError.self) { try GGUFConversion.contents(of: Checkpoint.open(config)) }
        #expect(other?.reason.contains("no 3 heads of two halves") == true, "\(other as Any)")
    }

    @Test func tensorsThatOtherBlocksHaveAreMissed() throws {
        let error = try failure("llama") { $0.tensors.removeAll { $0.name == "blk.1.ffn_up.weight" } }
        #expect(error?.location == "tensor blk.1.ffn_up.weight")
    }

    /// A copy of a family's folder with another configuration.
    private func folder(_ name: String, _ change: (inout JSON.Object) -> Void) throws -> String {
        let path = "\(place)/\(name)"
        try FileManager.default.copyItem(atPath: "\(GGUFConversionTests.fixtures)/families/\(name)", toPath: path)
        var config = try #require(try ModuleFolder(path).json("config.json")?.objectValue)
        change(&config)
        try AtomicFile.write(Array(JSON.object(config).text().utf8), to: "\(path)/config.json")
        return path
    }

    @Test(arguments: [("num_hidden_layers", -1), ("num_hidden_layers", .max), ("num_attention_heads", 0)])
    func impossibleConfigurationsAreRefused(key: String, value: Int) throws {
        let path = try folder("llama") { $0[key] = .integer(value) }
        let error = #expect(throws: CheckpointError.self) { try GGUFConversion.contents(of: Checkpoint.open(path)) }
        #expect(error?.location == "key \(key)", "\(error as Any)")
    }

    /// An index that lists more than there is.
    @Test func listedTensorsMustBeThere() throws {
        let path = try folder("llama") { _ in }
        try FileManager.default.moveItem(atPath: "\(path)/model.safetensors", toPath: "\(path)/a.safetensors")
        try AtomicFile.write(
            Array(#"{"weight_map": {"model.layers.1.mlp.up_proj.bias": "a.safetensors"}}"#.utf8),
            to: "\(path)/model.safetensors.index.json")
        let checkpoint = try Checkpoint.open(path)
        #expect(checkpoint.missingTensors == ["model.layers.1.mlp.up_proj.bias"])
        for convert in [
            { _ = try GGUFConversion.contents(of: checkpoint) },
            { _ = try FolderQuantizer(checkpoint, kind: .int8) },
        ] {
            let error = #expect(throws: CheckpointError.self) { try convert() }
            #expect(error?.location == "tensor model.layers.1.mlp.up_proj.bias")
        }
    }

    @Test(arguments: ["1e300", "-1e300", "1e9999"]) func samplingNumbersAreHeld(number: String) throws {
        let path = try folder("llama") { _ in }
        try AtomicFile.write(Array("{\"top_k\": \(number)}".utf8), to: "\(path)/generation_config.json")
        let metadata = try? GGUFConversion.contents(of: Checkpoint.open(path)).metadata
        if let value = metadata?["general.sampling.top_k"] {
            #expect(value == .int32(number.hasPrefix("-") ? .min : .max))
        }
    }
}
