import Checkpoints
import Files
import Foundation
import JSONValues
import Testing

@testable import Merging

/// Results are mergekit's own.
@Suite struct ReferenceTests {
    @Test(arguments: Fixtures.hashes.keys.sorted())
    func `tensors equal mergekit's bit for bit`(name: String) throws {
        let folder = try TemporaryFolder()
        let yaml = try String(contentsOfFile: Fixtures.case(name), encoding: .utf8)
        let result = try merge(yaml, to: "\(folder.path)/out", allowsDifferences: true)
        #expect(result.digest == Fixtures.hashes[name])
    }

    /// Where coefficients follow from sums over whole tensors, which PyTorch makes in single precision and in an order of its
    /// own, results are within 2e-6 of the tensor's largest value: a few units in the last place.
    @Test(arguments: [
        "slerp", "slerp_near", "nuslerp", "nuslerp_rows", "nuslerp_columns", "multislerp", "multislerp_base", "karcher",
        "model_stock", "model_stock_rows", "sce", "sce_all", "arcee_fusion",
    ])
    func `tensors are near to mergekit's`(name: String) throws {
        let folder = try TemporaryFolder()
        let yaml = try String(contentsOfFile: Fixtures.case(name), encoding: .utf8)
        let result = try merge(yaml, to: "\(folder.path)/out", allowsDifferences: true)
        let wanted = try weights("\(Fixtures.folder)/cases/\(name).safetensors")
        #expect(Set(result.tensors.keys) == Set(wanted.tensors.keys))
        for name in wanted.tensors.keys {
            let (a, b) = (try result.values(name), try wanted.values(name))
            #expect(result.tensors[name]?.shape == wanted.tensors[name]?.shape)
            let largest = b.map(abs).max() ?? 0
            let distance = zip(a, b).map { abs($0 - $1) }.max() ?? 0
            #expect(distance <= 2e-6 * largest, "\(name): \(distance) of \(largest)")
        }
    }

    /// Opens a file of weights beside a configuration, which a folder must have.
    private func weights(_ file: String) throws -> Checkpoint {
        let folder = try TemporaryFolder()
        try FileSystem.linkOrCopy(file, to: "\(folder.path)/model.safetensors")
        try AtomicFile.write(Array("{}".utf8), to: "\(folder.path)/config.json")
        return try Checkpoint.open(folder.path)
    }

    @Test func `the number of threads and of shards changes nothing`() throws {
        let folder = try TemporaryFolder()
        let yaml = try String(contentsOfFile: Fixtures.case("ties"), encoding: .utf8)
        let one = try merge(yaml, to: "\(folder.path)/one", threads: 1)
        let many = try merge(yaml, to: "\(folder.path)/many", threads: 2, shardBytes: 4000)
        #expect(one.digest == many.digest)
        #expect(FileSystem.isFile("\(folder.path)/many/model.safetensors.index.json"))
        #expect(try FileSystem.names(in: folder.path) == ["many", "one"])
    }

    @Test func `configuration, tokenizer and card come along`() throws {
        let folder = try TemporaryFolder()
        let yaml = try String(contentsOfFile: Fixtures.case("passthrough"), encoding: .utf8)
        _ = try merge(yaml, to: "\(folder.path)/out")
        let config = try #require(try ModuleFolder("\(folder.path)/out").json("config.json"))
        #expect(config["num_hidden_layers"] == 4)
        #expect(config["torch_dtype"] == "float32")
        for name in ["tokenizer.json", "tokenizer_config.json", "generation_config.json"] {
            #expect(
                try FileSystem.contents(of: "\(folder.path)/out/\(name)")
                    == FileSystem.contents(of: "\(Fixtures.model("a"))/\(name)"))
        }
        #expect(try FileSystem.contents(of: "\(folder.path)/out/mergekit_config.yml") == Array(yaml.utf8))
        let card = try String(contentsOfFile: "\(folder.path)/out/README.md", encoding: .utf8)
        #expect(card.contains("```yaml\n" + yaml))
    }
}
