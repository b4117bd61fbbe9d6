import Checkpoints
import Files
import Foundation
import Tensors
import Testing

@testable import Merging

/// Models that do not fit are refused before anything is written, and what fails while writing leaves nothing behind.
@Suite struct MergeErrorTests {
    static let flaws: [(yaml: String, reason: String)] = [
        ("merge_method: slerp\nmodels: [{model: a}, {model: b}]\nparameters: {t: 0.5}", "slerp needs a base_model"),
        ("merge_method: slerp\nbase_model: a\nmodels: [{model: a}, {model: b}]", "slerp needs the parameter t"),
        ("merge_method: linear\nmodels: [{model: a}, {model: b}]", "linear needs the parameter weight for a"),
        (
            "merge_method: slerp\nbase_model: a\nmodels: [{model: b}, {model: c}]\nparameters: {t: 0}",
            "slerp merges exactly 2 models, not 3"
        ),
        ("merge_method: linear\nmodels: [{model: a}, {model: a}]\nparameters: {weight: 1}", "a is there twice"),
        (
            "merge_method: linear\nmodels:\n- {model: a, parameters: {weight: 1}}\n- {model: b, parameters: {weight: -1}}",
            "the weights sum to zero"
        ),
        (
            "merge_method: passthrough\nslices:\n- sources: [{model: a, layer_range: [1, 3]}]",
            "reaches past the 2 layers of a"
        ),
        ("merge_method: linear\nmodules:\n  vision: {models: [{model: a}]}", "the models have no module vision"),
        (
            "merge_method: linear\nmodels: [{model: a}, {model: words}]\nparameters: {weight: 1}",
            "the vocabularies differ"
        ),
        ("merge_method: linear\nmodels: [{model: a}, {model: nowhere}]\nparameters: {weight: 1}", "nowhere"),
        (
            "merge_method: linear\nmodels: [{model: a}, {model: b}]\nparameters: {weight: 1}\nchat_template: nope",
            "there is no template nope"
        ),
        (
            "merge_method: della\nbase_model: base\nmodels: [{model: a}]\nparameters: {weight: 1, density: 0.9}",
            "is not between 0 and 1"
        ),
    ]

    @Test(arguments: flaws.indices)
    func `flaws leave nothing behind`(index: Int) throws {
        let folder = try TemporaryFolder()
        let flaw = Self.flaws[index]
        let error = #expect(throws: (any Error).self, "\(flaw.yaml)") {
            try merge(flaw.yaml, to: "\(folder.path)/out")
        }
        #expect(error.map { "\($0)".contains(flaw.reason) } == true, "\(error as Any)")
        #expect(try FileSystem.names(in: folder.path) == [])
    }

    /// A copy of a model with some tensors changed; nil removes one.
    private func copy(
        _ name: String, in folder: TemporaryFolder, changing change: (StoredTensor) -> TensorSource?
    ) throws -> String {
        let path = "\(folder.path)/changed"
        try FileSystem.createFolder(path)
        for file in ["config.json", "tokenizer.json"] {
            try FileSystem.linkOrCopy("\(Fixtures.model(name))/\(file)", to: "\(path)/\(file)")
        }
        let tensors = try Checkpoint.open(Fixtures.model(name)).tensors.values
        try SafetensorsWriter.write(tensors.compactMap(change), toFolder: path)
        return path
    }

    private let linear = "merge_method: linear\nmodels: [{model: a}, {model: changed}]\nparameters: {weight: 1}"

    @Test func `values that are no numbers are found with tensor and place`() throws {
        let folder = try TemporaryFolder()
        let changed = try copy("b", in: folder) { tensor in
            guard tensor.name == "model.layers.1.mlp.up_proj.weight" else { return TensorSource(tensor) }
            var bytes = tensor.withUnsafeBytes { Array($0) }
            bytes.replaceSubrange(20..<24, with: [0, 0, 0xC0, 0x7F])
            return TensorSource(name: tensor.name, dataType: .f32, shape: tensor.shape, bytes: bytes)
        }
        let error = #expect(throws: CheckpointError.self) {
            try merge(linear, to: "\(folder.path)/out", models: ["changed": changed])
        }
        #expect(error?.location == "tensor model.layers.1.mlp.up_proj.weight")
        #expect(error?.reason == "element 5 is not a number")
        #expect(try FileSystem.names(in: folder.path) == ["changed"])
    }

    @Test func `other shapes are told with both, missing tensors by name`() throws {
        let folder = try TemporaryFolder()
        let changed = try copy("b", in: folder) { tensor in
            guard tensor.name == "model.norm.weight" else { return TensorSource(tensor) }
            return TensorSource(
                name: tensor.name, dataType: .f32, shape: [4, 4], bytes: tensor.withUnsafeBytes { Array($0) })
        }
        let shape = #expect(throws: MergeError.self) {
            try merge(linear, to: "\(folder.path)/out", models: ["changed": changed])
        }
        #expect(shape?.description.contains("its shape is [4, 4], that of \(Fixtures.model("a")) is [16]") == true)
        try FileSystem.remove(changed)
        let lacking = try copy("b", in: folder) { $0.name == "model.norm.weight" ? nil : TensorSource($0) }
        let missing = #expect(throws: MergeError.self) {
            try merge(linear, to: "\(folder.path)/out", models: ["changed": lacking])
        }
        #expect(missing?.location == "tensor model.norm.weight")
        #expect(try FileSystem.names(in: folder.path) == ["changed"])
    }

    @Test func `every fault of the disk leaves nothing, or the whole result`() async throws {
        let folder = try TemporaryFolder()
        let output = "\(folder.path)/out"
        let yaml = "merge_method: passthrough\nmodels: [{model: a}]"
        var options = Merger.Options()
        options.resolve = { Fixtures.model($0) }
        let merger = try Merger(MergeConfiguration(text: yaml, path: "config.yml"), options: options)
        try await FaultPlan.sweep(prepare: { try FileSystem.remove(output) }) {
            try merger.write(to: output)
        } check: { fault, step, error in
            let names = try FileSystem.names(in: folder.path)
            #expect(names == (error == nil ? ["out"] : []), "\(fault as Any) at \(step as Any)")
            if error == nil { #expect(try Checkpoint.open(output).tensors.count == 21) }
        }
    }
}
