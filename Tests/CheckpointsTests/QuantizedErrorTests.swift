import Foundation
import JSONValues
import Tensors
import Testing

@testable import Checkpoints

/// Quantized weights whose tensors contradict each other or the configuration.
@Suite struct QuantizedErrorTests {
    typealias Tensors = [String: (DataType, [Int])]

    static let gptq: Tensors = [
        "qweight": (.i32, [8, 32]), "qzeros": (.i32, [2, 4]), "scales": (.f16, [2, 32]), "g_idx": (.i32, [64]),
    ]
    static let configuration: JSON = ["quant_method": "gptq", "bits": 4, "group_size": 32]

    func failure(
        _ tensors: Tensors, _ configuration: JSON?, fill: UInt8 = 0
    ) throws -> CheckpointError? {
        let folder = try TemporaryFolder()
        try SafetensorsWriter.write(
            tensors.map { name, tensor in
                let count = tensor.1.reduce(1, *) * tensor.0.blockByteCount
                return TensorSource(
                    name: "layer.\(name)", dataType: tensor.0, shape: tensor.1,
                    bytes: [UInt8](repeating: fill, count: count))
            }, to: "\(folder.path)/model.safetensors")
        var config: JSON.Object = [:]
        config["quantization_config"] = configuration
        try folder.write(JSON.object(config).text(), to: "config.json")
        let checkpoint = try Checkpoint.open(folder.path)
        do {
            _ = try checkpoint.matrix(named: "layer.weight")
            return nil
        } catch {
            return error
        }
    }

    @Test func completeWeightsAreRead() throws { #expect(try failure(Self.gptq, Self.configuration) == nil) }

    @Test func missingAndMisshapenTensorsAreNamed() throws {
        for name in ["qzeros", "scales"] {
            var tensors = Self.gptq
            tensors[name] = nil
            #expect(try failure(tensors, Self.configuration)?.location == "tensor layer.\(name)")
            tensors[name] = (.f16, [1, 1])
            #expect(try failure(tensors, Self.configuration)?.location == "tensor layer.\(name)")
            tensors[name] = (.i64, Self.gptq[name]?.1 ?? [])
            #expect(try failure(tensors, Self.configuration)?.reason == "its type is I64")
        }
        var tensors = Self.gptq
        tensors["scales"] = (.f16, [2, 16])
        #expect(try failure(tensors, Self.configuration)?.reason == "its shape is [2, 16], expected [2, 32]")
        tensors["qweight"] = (.i32, [0, 32])
        #expect(try failure(tensors, Self.configuration)?.location == "tensor layer.qweight")
    }

    @Test func groupsOutOfRangeAreErrors() throws {
        #expect(
            try failure(Self.gptq, Self.configuration, fill: 1)?.reason
                == "it names the group 16843009, but there are 2")
        #expect(
            try failure(Self.gptq, Self.configuration, fill: 255)?.reason == "it names the group -1, but there are 2")
    }

    @Test func configurationsAreChecked() throws {
        func reason(_ key: String, _ value: JSON) throws -> String? {
            var configuration = Self.configuration.objectValue ?? [:]
            configuration[key] = value
            return try failure(Self.gptq, .object(configuration))?.reason
        }
        #expect(try reason("bits", 5) == "weights of 5 bits are not read, only 2, 3, 4, 8")
        #expect(try reason("bits", 8)?.contains("expected") == true)
        #expect(try reason("group_size", 0) == "groups of 0 are impossible")
        #expect(try reason("group_size", .integer(.min)) == "groups of \(Int.min) are impossible")
        #expect(try reason("group_size", .integer(.max))?.contains("expected [1, 32]") == true)
        #expect(try reason("quant_method", "quip") == "the quantization method quip is not read")
        #expect(
            try failure(Self.gptq, nil)?.reason
                == "config.json has no quantization_config that says how it is packed")
        let aqlm: Tensors = ["codes": (.i8, [4, 4, 1]), "codebooks": (.f16, [1, 2])]
        #expect(
            try failure(aqlm, ["quant_method": "aqlm"])?.reason
                == "weights of the quantization method aqlm are not read in this form")
        let awq: JSON = ["quant_method": "awq", "version": "gemv"]
        #expect(try failure(Self.gptq, awq)?.reason == "AWQ's layout gemv is not read, only gemm")
    }

    @Test func scalesMustFitTheWeight() throws {
        let float: Tensors = ["weight": (.f8e4m3, [8, 8]), "weight_scale": (.f32, [3, 2])]
        #expect(
            try failure(float, nil)?.reason
                == "its shape [3, 2] gives no scale to tiles of [128, 128] of a weight [8, 8]")
        let tiles: JSON = ["weight_block_size": [0, 4]]
        #expect(try failure(float, tiles)?.location == "tensor layer.weight_scale")
        let pairs: Tensors = ["weight": (.f8e4m3, [8, 8]), "weight_scale": (.f32, [4, 1])]
        #expect(try failure(pairs, ["weight_block_size": [2, .integer(.max)]]) == nil)
        let integers: Tensors = ["weight": (.i8, [8, 8]), "weight_scale": (.f32, [8, 3])]
        #expect(try failure(integers, nil)?.reason == "its 8 columns are not 3 equal groups")
        let rows: Tensors = ["weight": (.i8, [8, 8]), "SCB": (.f32, [4])]
        #expect(try failure(rows, nil)?.reason == "its shape is [4], expected [8]")
        let alone: Tensors = ["weight": (.i8, [8, 8])]
        #expect(try failure(alone, nil)?.reason == "it is stored as I8, which holds no weights")
    }

    @Test func damagedStatesOfFourBitWeightsAreErrors() throws {
        let fixture = try Checkpoint.open(QuantizedTests.path("nf4-nested"))
        let key = "layer.weight.quant_state.bitsandbytes__nf4"
        for (from, to) in [
            ("\"shape\": [132, 64]", "\"shape\": [132, 66]"), ("[132, 64]", "[132, -4]"), ("[132, 64]", "[1, 2, 3]"),
            ("\"blocksize\": 32", "\"blocksize\": 00"), ("\"blocksize\": 32", "\"blocksize\": -1"),
            ("\"nested_blocksize\": 256", "\"nested_blocksize\": -25"), ("{", "["), ("nested_offset", "nested_offsex"),
            ("[132, 64]", "[\(Int.max), 1]"),
        ] {
            let folder = try TemporaryFolder()
            let state = try #require(fixture.tensors[key]).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            let changed = state.replacingOccurrences(of: from, with: to)
            #expect(changed != state)
            try SafetensorsWriter.write(
                fixture.tensors.values.map { tensor in
                    tensor.name == key
                        ? TensorSource(
                            name: key, dataType: .u8, shape: [changed.utf8.count], bytes: Array(changed.utf8))
                        : TensorSource(tensor)
                }, to: "\(folder.path)/model.safetensors")
            try folder.write("{}", to: "config.json")
            let checkpoint = try Checkpoint.open(folder.path)
            #expect(throws: CheckpointError.self, "\(to)") { try checkpoint.matrix(named: "layer.weight") }
        }
    }
}
