import Checkpoints
import Files
import Foundation
import Inference
import JSONValues
import Testing

@testable import Merging

/// Averages, points between models, pruned models, mixtures and searches.
@Suite struct MakingTests {
    private func run(_ configuration: MergeConfiguration, to output: String) throws -> Checkpoint {
        try Merger(configuration).write(to: output)
        return try Checkpoint.open(output)
    }

    private let name = "model.layers.0.mlp.up_proj.weight"

    @Test func `an average with a decay is the moving average`() throws {
        let folder = try TemporaryFolder()
        let paths = ["a", "b", "c"].map(Fixtures.model)
        let values = try paths.map { try Checkpoint.open($0).values(name) }
        var moving = values[0]
        for next in values.dropFirst() { moving = zip(moving, next).map { 0.8 * $0 + 0.2 * $1 } }
        let result = try run(.average(of: paths, decay: 0.8), to: "\(folder.path)/ema").values(name)
        #expect(zip(result, moving).allSatisfy { abs($0 - $1) < 1e-6 })
        let plain = try run(.average(of: paths), to: "\(folder.path)/mean").values(name)
        #expect(
            zip(plain.indices, plain).allSatisfy { index, value in
                abs(value - (values[0][index] + values[1][index] + values[2][index]) / 3) < 1e-6
            })
        let yaml = try String(contentsOfFile: "\(folder.path)/ema/mergekit_config.yml", encoding: .utf8)
        #expect(try MergeConfiguration(text: yaml, path: "").models.map(\.model) == paths)
    }

    @Test func `the ends of an interpolation are the models`() throws {
        let folder = try TemporaryFolder()
        for (alpha, end) in [(0.0, "base"), (1.0, "b")] {
            let result = try run(
                .interpolation(base: Fixtures.model("base"), tuned: Fixtures.model("b"), alpha: alpha),
                to: "\(folder.path)/\(end)")
            #expect(result.digest == (try Checkpoint.open(Fixtures.model(end)).digest))
        }
    }

    @Test func `pruning by share takes the smallest weights of each matrix, by groups those of each group`() throws {
        let folder = try TemporaryFolder()
        let counts = try WeightPruner(Fixtures.model("a"), pattern: .share(0.25)).write(to: "\(folder.path)/share")
        let original = try Checkpoint.open(Fixtures.model("a"))
        let pruned = try Checkpoint.open("\(folder.path)/share")
        let (before, after) = (try original.values(name), try pruned.values(name))
        let limit = before.map(abs).sorted()[before.count / 4]
        #expect(zip(before, after).allSatisfy { $1 == (abs($0) < limit ? 0 : $0) })
        #expect(counts.weights == 2 * (2 * 256 + 2 * 128 + 3 * 384))
        #expect(counts.zeros * 4 == counts.weights)
        #expect(try pruned.values("lm_head.weight") == original.values("lm_head.weight"))
        _ = try WeightPruner(Fixtures.model("a"), pattern: .groups(kept: 2, of: 4)).write(to: "\(folder.path)/groups")
        let groups = try Checkpoint.open("\(folder.path)/groups").values(name)
        for start in stride(from: 0, to: groups.count, by: 4) {
            let kept = (start..<start + 4).filter { groups[$0] != 0 }
            let largest = (start..<start + 4).sorted { abs(before[$0]) > abs(before[$1]) }.prefix(2)
            #expect(Set(kept) == Set(largest))
        }
        #expect(throws: MergeError.self) { try WeightPruner(Fixtures.model("a"), pattern: .groups(kept: 2, of: 7)) }
        #expect(
            ["0.5", "2:4", "4:2", "x", "1.5"].map { WeightPruner.Pattern($0) != nil } == [
                true, true, false, false, false,
            ])
    }

    @Test func `layers that turn states the least are left out`() throws {
        // Three layers: the second turns by a right angle, the others hardly.
        let states: [[[Float]]] = [[[1, 0], [1, 0.1], [0.1, -1], [0.12, -1]]]
        let distances = try #require(LayerDistances(states, dropping: 1))
        #expect(distances.block == 2..<3)
        #expect(abs(distances.distances[1] - 0.5) < 1e-6)
        #expect(LayerDistances(states, dropping: 3) == nil)
        let folder = try TemporaryFolder()
        let result = try run(.dropping(0..<1, of: 2, from: Fixtures.model("a")), to: "\(folder.path)/out")
        let second = try Checkpoint.open(Fixtures.model("a")).values("model.layers.1.mlp.up_proj.weight")
        #expect(try result.values(name) == second)
        #expect(result.tensors.count == 12)
    }

    static let mixture = """
        base_model: base
        gate_mode: cheap_embed
        experts:
        - source_model: a
          positive_prompts: ["the cat sees", "a dog runs"]
          negative_prompts: ["red tree"]
        - source_model: b
          positive_prompts: ["blue river", "green house on"]
          residual_scale: 0.5
        """

    @Test func `a mixture has the experts' networks and routers as mergekit makes them`() throws {
        let folder = try TemporaryFolder()
        let routers = try AdapterTests.weights("\(Fixtures.folder)/cases/routers.safetensors")
        let configuration = try ExpertConfiguration(text: Self.mixture, path: "moe.yml")
        try ExpertMixture(configuration, resolve: { Fixtures.model($0) }).write(to: "\(folder.path)/out")
        let result = try Checkpoint.open("\(folder.path)/out")
        let wanted = try routers.values("cheap_embed")
        for layer in 0..<2 {
            let router = try result.values("model.layers.\(layer).block_sparse_moe.gate.weight")
            #expect(zip(router, wanted[(layer * 32)...]).allSatisfy { abs($0 - $1) < 1e-6 })
        }
        let experts = "model.layers.0.block_sparse_moe.experts"
        let (a, b) = (try Checkpoint.open(Fixtures.model("a")), try Checkpoint.open(Fixtures.model("b")))
        #expect(try result.values("\(experts).0.w3.weight") == a.values(name))
        #expect(try result.values("\(experts).0.w1.weight") == a.values("model.layers.0.mlp.gate_proj.weight"))
        #expect(
            try result.values("\(experts).1.w2.weight")
                == b.values("model.layers.0.mlp.down_proj.weight").map { $0 / 2 })
        let config = try #require(try ModuleFolder("\(folder.path)/out").json("config.json"))
        #expect(config["architectures"]?[0] == "MixtralForCausalLM")
        #expect(config["num_local_experts"] == 2)
    }

    /// States come from products in another order than PyTorch's: within 1e-3 of unit vectors.
    @Test func `a router can be made of the states of prompts`() throws {
        let folder = try TemporaryFolder()
        let wanted = try AdapterTests.weights("\(Fixtures.folder)/cases/routers.safetensors").values("hidden")
        let text = Self.mixture.replacing("cheap_embed", with: "hidden")
        let mixture = try ExpertMixture(
            ExpertConfiguration(text: text, path: "moe.yml"), resolve: { Fixtures.model($0) })
        let model = try LayerStates(Checkpoint.open(mixture.basePath), threads: 1)
        try mixture.write(to: "\(folder.path)/out") { prompt, isMean in
            try model.states(of: mixture.beginToken + prompt, at: isMean ? .mean : .last, addsSpecialTokens: false)
        }
        let result = try Checkpoint.open("\(folder.path)/out")
        for layer in 0..<2 {
            let router = try result.values("model.layers.\(layer).block_sparse_moe.gate.weight")
            #expect(zip(router, wanted[(layer * 32)...]).allSatisfy { abs($0 - $1) < 1e-3 })
        }
        #expect(throws: MergeError.self) { try mixture.write(to: "\(folder.path)/none") }
    }

    @Test func `flaws of mixtures are told`() {
        for (change, reason) in [
            ("gate_mode: cheap", "there is no gate_mode cheap"), ("experts_per_token: 3", "there are 2 experts"),
            ("shared_experts: [{source_model: a}]", "shared experts are not made"),
            ("architecture: \"\"", "mixtures of the architecture \"\" are not made"),
            ("architecture: mix", "mixtures of the architecture \"mix\" are not made"),
            ("archtecture: x", "is architecture"),
        ] {
            let text = Self.mixture.replacing("gate_mode: cheap_embed", with: change)
            let error = #expect(throws: MergeError.self) { try ExpertConfiguration(text: text, path: "moe.yml") }
            #expect(error?.description.contains(reason) == true, "\(error as Any)")
        }
        let same = Self.mixture.replacing("blue river\", \"green house on", with: "the cat sees\", \"a dog runs")
            .replacing("  negative_prompts: [\"red tree\"]\n", with: "")
        #expect(throws: MergeError.self) { try ExpertConfiguration(text: same, path: "moe.yml") }
    }

    @Test func `mixtures are only made of models that they can be made of`() throws {
        let folder = try TemporaryFolder()
        func refused(_ change: (String) -> String, config: (inout JSON.Object) -> Void) throws -> MergeError? {
            let path = "\(folder.path)/changed"
            try? FileSystem.remove(path)
            try FileManager.default.copyItem(atPath: Fixtures.model("base"), toPath: path)
            var object = try #require(try ModuleFolder(path).json("config.json")?.objectValue)
            config(&object)
            try AtomicFile.write(Array(JSON.object(object).text().utf8), to: "\(path)/config.json")
            let configuration = try ExpertConfiguration(text: change(Self.mixture), path: "moe.yml")
            return #expect(throws: MergeError.self) {
                try ExpertMixture(configuration, resolve: { $0 == "base" ? path : Fixtures.model($0) })
            }
        }
        let biased = try refused({ $0 }, config: { $0["mlp_bias"] = true })
        #expect(biased?.reason.contains("without biases") == true)
        let other = try refused({ $0 + "\narchitecture: qwen3" }, config: { _ in })
        #expect(other?.location == "key architecture", "\(other as Any)")
    }

    /// Aliases of aliases stand for a billion values here.
    @Test func `a configuration that aliases blow up is refused`() throws {
        var lines = ["x0: &x0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
        for level in 1..<9 {
            let alias = Array(repeating: "*x\(level - 1)", count: 10).joined(separator: ", ")
            lines.append("x\(level): &x\(level) [\(alias)]")
        }
        let node = try ConfigurationNode(yaml: lines.joined(separator: "\n"), path: "config.yml")
        let error = #expect(throws: MergeError.self) { try node.json() }
        #expect(error?.reason.contains("aliases") == true)
    }

    @Test func `evolution finds the lowest point of a bent valley`() {
        var strategy = EvolutionStrategy(mean: [-1, 2, 1], step: 0.5, seed: 4)
        func score(_ x: [Double]) -> Double {
            100 * (x[1] - x[0] * x[0]) * (x[1] - x[0] * x[0]) + (1 - x[0]) * (1 - x[0]) + 10 * x[2] * x[2]
        }
        for _ in 0..<300 {
            let draws = strategy.draws()
            strategy.learn(draws, scores: draws.map(score))
        }
        #expect(score(strategy.mean) < 1e-6, "\(strategy.mean)")
    }

    @Test func `a search moves the numbers of a configuration towards the best`() async throws {
        let yaml = """
            merge_method: ties
            base_model: base
            models:
            - model: a
              parameters: {weight: [0.1, {value: 0.3}], density: 0.9}
            - model: b
              parameters: {weight: [0.1, 0.2], normalize: true}
            """.replacing("[0.1, {value: 0.3}]", with: "[{filter: mlp, value: 0.1}, {value: 0.3}]")
        var search = try MergeSearch(text: yaml, path: "config.yml", seed: 2)
        #expect(search.geneCount == 5)
        for _ in 0..<60 {
            try await search.advance { configuration in
                guard case .whole(.models(let models)) = configuration.target else { return .nan }
                let a = models[0].parameters["weight"]
                let values = [a?.value(for: "mlp", depth: 0) ?? 0, a?.value(for: "x", depth: 0) ?? 0]
                let density = models[0].parameters["density"]?.value(for: "", depth: 0) ?? 0
                #expect((0.01...1).contains(density))
                return (values[0] - 0.7) * (values[0] - 0.7) + (values[1] + 0.4) * (values[1] + 0.4)
            }
        }
        #expect(search.best?.score ?? 1 < 1e-3)
        #expect(throws: MergeError.self) {
            try MergeSearch(text: "merge_method: passthrough\nmodels: [{model: a}]", path: "config.yml")
        }
    }
}
