import JSONValues
import OrderedCollections
import Tensors
import Testing

@testable import Checkpoints

/// Adapters that PEFT saved: what they add equals what PEFT adds when it merges them.
@Suite struct LowRankAdapterTests {
    static func path(_ name: String) -> String { Fixtures.path("weights/adapters/\(name)") }

    /// scale * B * A as the model stores the weight, row after row, and its shape.
    func product(_ module: LowRankAdapter.Module) throws -> (values: [Float], shape: [Int]) {
        let (a, b) = (try module.a.matrix(), try module.b.matrix())
        let (aValues, bValues) = (a.decoded(), b.decoded())
        let product = (0..<b.rows).flatMap { row in
            (0..<a.columns).map { column in
                (0..<module.rank).reduce(Float(0)) {
                    $0 + bValues[row * module.rank + $1] * aValues[$1 * a.columns + column]
                } * module.scale
            }
        }
        guard module.isTransposed else { return (product, [b.rows, a.columns]) }
        let transposed = (0..<a.columns).flatMap { column in (0..<b.rows).map { product[$0 * a.columns + column] } }
        return (transposed, [a.columns, b.rows])
    }

    @Test(arguments: ["plain", "stabilized", "patterns", "saved", "embedding", "gpt2", "binary"])
    func addsWhatPEFTAdds(_ name: String) throws {
        #expect(LowRankAdapter.isAdapter(Self.path(name)))
        let adapter = try LowRankAdapter(path: Self.path(name))
        let expected = try #require(try Fixtures.json("weights/adapters/expected.json")[name]?.objectValue)
        #expect(Set(adapter.modules.keys).union(adapter.replacements.keys) == Set(expected.keys))
        for (weight, module) in adapter.modules {
            let (values, shape) = try product(module)
            let delta = try #require(expected[weight])
            #expect(try shape == delta["shape"]?.array().map { try $0.int() })
            let row = try #require(delta["row"]).array().map { Float(try #require($0.doubleValue)) }
            #expect(zip(values, row).allSatisfy { abs($0 - $1) < 1e-6 }, "\(weight)")
            let sum = values.reduce(0) { $0 + Double($1) }
            #expect(abs(sum - (delta["sum"]?.doubleValue ?? .nan)) < 1e-4, "\(weight)")
        }
        for (tensor, stored) in adapter.replacements {
            #expect(try stored.shape == expected[tensor]?["shape"]?.array().map { try $0.int() })
        }
    }

    func failure(
        _ configuration: JSON.Object, _ tensors: OrderedDictionary<String, [Int]>
    ) throws -> CheckpointError? {
        let folder = try TemporaryFolder()
        var object: JSON.Object = ["peft_type": "LORA", "r": 2, "lora_alpha": 4]
        object.merge(configuration) { $1 }
        try folder.write(JSON.object(object).text(), to: "adapter_config.json")
        try SafetensorsWriter.write(
            tensors.map { name, shape in
                TensorSource(
                    name: name, dataType: .f32, shape: shape,
                    bytes: [UInt8](repeating: 0, count: 4 * shape.reduce(1, *)))
            }, to: "\(folder.path)/adapter_model.safetensors")
        do {
            _ = try LowRankAdapter(path: folder.path)
            return nil
        } catch {
            return error
        }
    }

    @Test func whatIsNoPlainLowRankAdapterIsRefusedByName() throws {
        let error = #expect(throws: CheckpointError.self) { try LowRankAdapter(path: Self.path("dora")) }
        #expect(error?.reason == "DoRA is not read, only LoRA")
        #expect(error?.location == "key use_dora")
        #expect(
            try failure(["peft_type": "IA3"], [:])?.reason == "adapters of the type IA3 are not read, only LORA")
        #expect(try failure(["layer_replication": [[0, 1]]], [:])?.location == "key layer_replication")
        #expect(try failure(["r": 0], [:])?.location == "key r")
        #expect(try failure(["r": -1], [:])?.location == "key r")
        #expect(throws: CheckpointError.self) { try LowRankAdapter(path: Fixtures.path("single")) }
    }

    @Test func tensorsMustFitEachOtherAndTheConfiguration() throws {
        let (a, b) = ("base_model.model.q.lora_A.weight", "base_model.model.q.lora_B.weight")
        #expect(try failure([:], [a: [2, 8], b: [4, 2]]) == nil)
        #expect(try failure([:], [a: [2, 8]])?.reason == "lora_B.weight is missing")
        #expect(try failure([:], [b: [4, 2]])?.reason == "lora_A.weight is missing")
        #expect(
            try failure([:], [a: [2, 8], b: [4, 3]])?.reason
                == "its shape [2, 8] and [4, 3] of its partner are no product")
        #expect(
            try failure([:], [a: [3, 8], b: [4, 3]])?.reason == "its rank is 3, but adapter_config.json says 2")
        #expect(try failure(["rank_pattern": ["q": 3]], [a: [3, 8], b: [4, 3]]) == nil)
        #expect(
            try failure(["rank_pattern": ["(": 3]], [a: [3, 8], b: [4, 3]])?.reason
                == "(: 3 is not a regular expression and a number")
        #expect(try failure(["alpha_pattern": ["q": "x"]], [a: [2, 8], b: [4, 2]])?.location == "key alpha_pattern")
        #expect(try failure([:], ["other.weight": [1]])?.reason == "its name does not begin with base_model.model.")
        #expect(
            try failure([:], ["base_model.model.q.lora_magnitude_vector.weight": [1]])?.reason
                == "this part of an adapter is not read")
        #expect(
            try failure([:], ["base_model.model.q.token_adapter.trainable_tokens_delta": [1]])?.reason
                == "this part of an adapter is not read")
        #expect(try failure([:], [:])?.reason == "there are no tensors of an adapter in it")
    }
}
