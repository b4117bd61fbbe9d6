import Architectures
import Files
import Foundation
import JSONValues
import Tensors
import Testing
import Tokenization

@testable import Training

/// Whole trainings against PyTorch's, transformers' and lion-pytorch's, taken down by scripts/make_optimizer_fixtures.py.
@Suite struct OptimizerTests {
    static let names = ["adamw", "sgd", "lion", "adafactor", "muon"]

    static let llama = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "ArchitecturesTests/Fixtures/families/llama").path

    /// A trainer of the tiny Llama, whose data are numbers: its tokenizer is none that matters.
    static func trainer(_ folder: TemporaryFolder, _ keys: String, threads: Int = 2) throws -> NetworkTrainer {
        try FileSystem.createFolder(folder.path + "/tokenizer")
        try folder.write(
            #"{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "<end>": 2}, "merges": []}, "added_tokens": [{"id": 2, "content": "<end>", "special": true}]}"#,
            to: "tokenizer/tokenizer.json")
        let recipe = try TrainingRecipe(
            text:
                "base_model: x\ndatasets: [{path: x, type: completion}]\nlr_scheduler: constant\nwarmup_steps: 0\n\(keys)\n",
            path: folder.path + "/recipe.yaml")
        let texts = TextFormat(
            tokenizer: try Tokenizer(folder: folder.path + "/tokenizer"), template: nil, endOfText: 2)
        return try NetworkTrainer(recipe, model: llama, texts: texts, totalSteps: 20, threads: threads)
    }

    static func fixture(_ name: String) throws -> JSON {
        let path = try #require(Bundle.module.resourcePath) + "/Fixtures/optimizers/\(name).json"
        return try JSON(parsing: FileSystem.contents(of: path), source: path)
    }

    static func numbers(_ json: JSON?) throws -> [Double] { try #require(json?.arrayValue).compactMap(\.doubleValue) }

    /// The micro-batches of a step, as the script cuts them.
    static func batches(_ tokens: [Int32], step: Int) -> [[TrainingSequence]] {
        let pieces = stride(from: 0, through: tokens.count - 9, by: 9).map {
            TrainingSequence(tokens: Array(tokens[$0..<$0 + 9]), weights: [Float](repeating: 1, count: 9))
        }
        let chosen = (0..<4).map { pieces[(4 * step + $0) % pieces.count] }
        return [Array(chosen[..<2]), Array(chosen[2...])]
    }

    static func recipe(_ name: String, _ fixture: JSON) throws -> String {
        let (rate, decay) = (try #require(fixture["rate"]?.doubleValue), try #require(fixture["decay"]?.doubleValue))
        return "optimizer: \(name)\nlearning_rate: \(rate)\nweight_decay: \(decay)\n"
    }

    @Test(arguments: names) func twentySteps(name: String) throws {
        try steps(name, Self.recipe(name, Self.fixture(name)))
    }

    /// PEFT's adapters, also on weights that stay as the file holds them while what blocks compute is computed again.
    @Test(arguments: ["lora", "rslora"], ["lora", "qlora\ngradient_checkpointing: true"])
    func twentyStepsOfAdapters(name: String, kind: String) throws {
        let start = try #require(Bundle.module.resourcePath) + "/Fixtures/adapters/\(name)"
        let adapter = """
            adapter: \(kind)
            lora_model_dir: \(start)
            lora_r: 2
            lora_alpha: 4
            lora_target_modules: [q_proj, v_proj, gate_proj, down_proj]
            peft_use_rslora: \(name == "rslora")
            """
        try steps(name, Self.recipe("adamw", Self.fixture(name)) + adapter)
    }

    private func steps(_ name: String, _ keys: String) throws {
        let (fixture, folder) = (try Self.fixture(name), try TemporaryFolder())
        let trainer = try Self.trainer(folder, keys)
        let (losses, norms) = (try Self.numbers(fixture["losses"]), try Self.numbers(fixture["norms"]))
        let tokens = try Self.numbers(fixture["tokens"]).map { Int32($0) }
        for step in 0..<20 {
            let outcome = try trainer.train(step: step, Self.batches(tokens, step: step))
            #expect(abs(outcome.loss - losses[step]) < 1e-4 * losses[step], "step \(step)")
            #expect(abs(outcome.gradientNorm - norms[step]) < 1e-3 * norms[step], "step \(step)")
        }
        let tensors = try #require(fixture["tensors"]?.objectValue)
        #expect(tensors.count == trainer.trained.count)
        for parameter in trainer.trained {
            let expected = try Self.numbers(tensors[parameter.name])
            var (squares, waves) = (0.0, 0.0)
            for (index, value) in parameter.values.enumerated() {
                squares += Double(value) * Double(value)
                waves += Double(value) * cos(Double(index))
            }
            let tolerance = 1e-4 * expected[0]
            #expect(abs(squares.squareRoot() - expected[0]) < tolerance, "\(parameter.name)")
            #expect(abs(waves - expected[1]) < tolerance, "\(parameter.name)")
        }
    }

    /// An interrupted training goes on with the same numbers, whatever the number of threads.
    @Test(arguments: names) func resuming(name: String) throws {
        let (fixture, folder) = (try Self.fixture(name), try TemporaryFolder())
        let tokens = try Self.numbers(fixture["tokens"]).map { Int32($0) }
        let (first, second) = (
            try Self.trainer(folder, Self.recipe(name, fixture)),
            try Self.trainer(folder, Self.recipe(name, fixture), threads: 1)
        )
        for step in 0..<3 { _ = try first.train(step: step, Self.batches(tokens, step: step)) }
        try first.saveCheckpoint(to: folder.path + "/checkpoint-3", steps: 3)
        try second.load(folder.path + "/checkpoint-3")
        for step in 3..<6 {
            let batches = Self.batches(tokens, step: step)
            #expect(try first.train(step: step, batches).loss == second.train(step: step, batches).loss)
        }
        for (one, other) in zip(first.trained, second.trained) {
            #expect(one.values.elementsEqual(other.values), "\(one.name)")
        }
    }

    /// A checkpoint of another optimizer is refused by the tensor that is missing.
    @Test func anotherOptimizersCheckpointIsRefused() throws {
        let folder = try TemporaryFolder()
        try Self.trainer(folder, "optimizer: sgd\nlearning_rate: 1").saveCheckpoint(to: folder.path + "/c", steps: 1)
        let other = try Self.trainer(folder, "optimizer: lion\nlearning_rate: 1")
        let error = #expect(throws: TrainingError.self) { try other.load(folder.path + "/c") }
        #expect(error?.place.contains("tensor first.") == true)
    }

    /// Noise on embeddings depends on the step alone, and there is none when a model is measured.
    @Test func noiseIsOfTrainingAlone() throws {
        let (fixture, folder) = (try Self.fixture("sgd"), try TemporaryFolder())
        let batches = Self.batches(try Self.numbers(fixture["tokens"]).map { Int32($0) }, step: 0)
        let keys = "learning_rate: 1e-9\nneftune_noise_alpha:"
        let (without, noisy, again) = (
            try Self.trainer(folder, keys + " 0"), try Self.trainer(folder, keys + " 5"),
            try Self.trainer(folder, keys + " 5", threads: 1)
        )
        #expect(try noisy.loss(of: batches) == without.loss(of: batches))
        let (quiet, first) = (try without.train(step: 0, batches).loss, try noisy.train(step: 0, batches).loss)
        #expect(try first == again.train(step: 0, batches).loss && first != quiet)
        #expect(try noisy.train(step: 1, batches).loss != first)
    }

    /// Rows behind a pattern are the only ones that change, decay and all.
    @Test func rowsOfAPatternAreTrained() throws {
        let (fixture, folder) = (try Self.fixture("sgd"), try TemporaryFolder())
        let batches = Self.batches(try Self.numbers(fixture["tokens"]).map { Int32($0) }, step: 0)
        let pattern = #"unfrozen_parameters: ["^model.embed_tokens.weight$[40:]", "layers.0.*norm"]"#
        let trainer = try Self.trainer(folder, "learning_rate: 0.1\nweight_decay: 0.5\n" + pattern)
        let table = try #require(trainer.trained.first { $0.name.hasSuffix("embed_tokens.weight") })
        #expect(trainer.trained.count == 3)
        let (before, width) = (Array(table.values), table.shape[1])
        _ = try trainer.train(step: 0, batches)
        #expect(Array(table.values.prefix(40 * width)) == Array(before.prefix(40 * width)))
        #expect(zip(table.values, before).dropFirst(40 * width).allSatisfy { $0 != $1 })
        #expect(throws: TrainingError.self) {
            _ = try Self.trainer(folder, "learning_rate: 1\nunfrozen_parameters: [\"embed_tokens.weight[9:4000]\"]")
        }
    }
}

/// What noise does to a batch of texts (NEFTune, Jain et al. 2023).
@Suite struct EmbeddingNoiseTests {
    /// The bound is each text's own, whatever lies beside it (transformers#34659).
    @Test func itsSizeIsOfEachText() {
        let operations = TapedOperations(pool: ThreadPool(threads: 2))
        var rows = operations.constant([Float](repeating: 0, count: 64 * 8), width: 8)
        operations.addNoise(5, to: &rows, texts: [0..<4, 4..<64])
        let values = operations.read(rows)
        for (range, length) in [(0..<4 * 8, 4), (4 * 8..<64 * 8, 60)] {
            let (largest, bound) = (values[range].map(abs).max() ?? 0, 5 / Float(length * 8).squareRoot())
            #expect(largest <= bound && largest > 0.8 * bound)
            #expect(abs(values[range].reduce(0, +)) < 0.35 * bound * Float(range.count))
        }
    }
}
