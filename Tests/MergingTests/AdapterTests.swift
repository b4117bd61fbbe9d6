import Checkpoints
import Files
import Foundation
import Tensors
import Testing

@testable import Merging

/// Adapters are merged as PEFT does, and extracted as well as a product can be.
@Suite struct AdapterTests {
    /// Opens a file of weights beside a configuration, which a folder must have.
    static func weights(_ file: String) throws -> Checkpoint {
        let folder = try TemporaryFolder()
        try FileSystem.linkOrCopy(file, to: "\(folder.path)/model.safetensors")
        try AtomicFile.write(Array("{}".utf8), to: "\(folder.path)/config.json")
        return try Checkpoint.open(folder.path)
    }

    private func run(_ configuration: MergeConfiguration, to output: String) throws -> Checkpoint {
        try Merger(configuration).write(to: output)
        return try Checkpoint.open(output)
    }

    /// Products are summed in another order than PyTorch's: within 1e-6.
    @Test func `a merged adapter equals PEFT's`() throws {
        let folder = try TemporaryFolder()
        let result = try run(
            .merging(adapter: Fixtures.model("adapter"), into: Fixtures.model("base")), to: "\(folder.path)/out")
        let wanted = try Self.weights("\(Fixtures.folder)/cases/adapter.safetensors")
        #expect(Set(result.tensors.keys) == Set(wanted.tensors.keys))
        for name in wanted.tensors.keys {
            let distances = zip(try result.values(name), try wanted.values(name)).map { abs($0 - $1) }
            #expect(distances.max() ?? 1 < 1e-6, "\(name)")
        }
        let yaml = try String(contentsOfFile: "\(folder.path)/out/mergekit_config.yml", encoding: .utf8)
        #expect(try MergeConfiguration(text: yaml, path: "").models.first?.adapter == Fixtures.model("adapter"))
    }

    @Test func `an adapter of a head that is tied to the embedding leaves the embedding as it is`() throws {
        let folder = try TemporaryFolder()
        let adapter = "\(folder.path)/adapter"
        try FileSystem.createFolder(adapter)
        let settings = #"{"peft_type": "LORA", "r": 1, "lora_alpha": 2, "target_modules": ["lm_head"]}"#
        try AtomicFile.write(Array(settings.utf8), to: "\(adapter)/adapter_config.json")
        func tensor(_ name: String, _ shape: [Int], _ value: Float) -> TensorSource {
            let values = [Float](repeating: value, count: shape.reduce(1, *))
            return TensorSource(name: name, dataType: .f32, shape: shape, bytes: values.withUnsafeBytes { Array($0) })
        }
        try SafetensorsWriter.write(
            [
                tensor("base_model.model.lm_head.lora_A.weight", [1, 16], 0.5),
                tensor("base_model.model.lm_head.lora_B.weight", [24, 1], 3),
            ], to: "\(adapter)/adapter_model.safetensors")
        let result = try run(.merging(adapter: adapter, into: Fixtures.model("tied")), to: "\(folder.path)/out")
        let embedding = try Checkpoint.open(Fixtures.model("tied")).values("model.embed_tokens.weight")
        #expect(try result.values("model.embed_tokens.weight") == embedding)
        let head = try result.values("lm_head.weight")
        #expect(zip(head, embedding).allSatisfy { abs($0 - $1 - 3) < 1e-5 })
        let config = try #require(try ModuleFolder("\(folder.path)/out").json("config.json"))
        #expect(config["tie_word_embeddings"] == false)
    }

    @Test func `an extracted adapter has as much of each change as the best one`() throws {
        let folder = try TemporaryFolder()
        var options = AdapterExtractor.Options()
        options.rank = 4
        let report = try AdapterExtractor(base: Fixtures.model("base"), tuned: Fixtures.model("b"), options: options)
            .write(to: "\(folder.path)/adapter")
        let data = try Data(contentsOf: URL(filePath: "\(Fixtures.folder)/cases/shares.json"))
        let shares = try JSONDecoder().decode([String: Double].self, from: data)
        #expect(Set(report.modules.map(\.weight)) == Set(shares.keys))
        for module in report.modules {
            #expect(abs(module.share - (shares[module.weight] ?? 0)) < 1e-5, "\(module.weight)")
        }
        #expect(report.whole.count == 5)
    }

    @Test func `the full rank gives the tuned model back`() throws {
        let folder = try TemporaryFolder()
        var options = AdapterExtractor.Options()
        options.rank = 16
        _ = try AdapterExtractor(base: Fixtures.model("base"), tuned: Fixtures.model("b"), options: options)
            .write(to: "\(folder.path)/adapter")
        let result = try run(
            .merging(adapter: "\(folder.path)/adapter", into: Fixtures.model("base")), to: "\(folder.path)/out")
        let tuned = try Checkpoint.open(Fixtures.model("b"))
        for name in tuned.tensors.keys {
            let distances = zip(try result.values(name), try tuned.values(name)).map { abs($0 - $1) }
            #expect(distances.max() ?? 1 < 2e-6, "\(name)")
        }
        #expect(throws: MergeError.self) {
            try AdapterExtractor(base: Fixtures.model("a"), tuned: Fixtures.model("a")).write(to: "\(folder.path)/none")
        }
    }

    /// A matrix much larger than its rank goes through random directions; what is lost against the exact decomposition of all
    /// its directions is below a thousandth.
    @Test func `random directions find what matters`() throws {
        let (rows, columns, rank) = (120, 90, 8)
        let random = CountedRandom(seed: 3, tensor: "matrix", input: 0)
        var matrix = [Float](repeating: 0, count: rows * columns)
        for part in 0..<60 {
            // Singular values fall slowly, which is the hard case.
            let size = Float(1 / Double(part + 1).squareRoot())
            for row in 0..<rows {
                let left = Float(random.uniform(part * 1000 + row) - 0.5) * size
                for column in 0..<columns {
                    matrix[row * columns + column] += left * Float(random.uniform(500_000 + part * 1000 + column) - 0.5)
                }
            }
        }
        let pool = ThreadPool(threads: 2)
        let found = LowRankProduct(matrix, rows: rows, columns: columns, rank: rank, seed: 1, pool: pool)
        let exact = LowRankProduct(matrix, rows: rows, columns: columns, rank: columns, seed: 1, pool: pool)
        let total = exact.values.reduce(0) { $0 + $1 * $1 }
        let best = exact.values.prefix(rank).reduce(0) { $0 + $1 * $1 } / total
        #expect(abs(exact.share - 1) < 1e-5)
        #expect(found.share > best - 1e-3 && found.share < best + 1e-5, "\(found.share) of \(best)")
    }
}
