import Files
import Foundation
import Inference
import JSONValues
import Testing

@testable import Training

/// Training of sentence encoders against sentence-transformers', taken down by scripts/make_pair_fixtures.py.
@Suite struct PairTests {
    static let models = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "InferenceTests/Fixtures/embedding").path

    private struct Setup {
        let trainer: NetworkTrainer
        let plan: BatchPlan
    }

    private func setup(
        _ folder: TemporaryFolder, _ records: [[String]], model: String, _ keys: String
    ) throws -> Setup {
        let lines = records.map { texts in
            let members = zip(["anchor", "positive", "negative"], texts).map { ($0, JSON.string($1)) }
            return JSON.object(JSON.Object(uniqueKeysWithValues: members)).text()
        }
        try folder.write(lines.joined(separator: "\n"), to: "pairs.jsonl")
        let recipe = try TrainingRecipe(
            text: """
                base_model: x
                datasets: [{path: pairs.jsonl, type: pairs}]
                learning_rate: 1e-3
                lr_scheduler: constant
                warmup_steps: 0
                max_steps: 20
                weight_decay: 0.01
                micro_batch_size: 4
                shuffle: false
                output_dir: \(folder.path)/out
                \(keys)
                """, path: folder.path + "/recipe.yaml")
        let path = "\(Self.models)/\(model)"
        let texts = try TextFormat(recipe, model: path)
        let plan = BatchPlan(try TrainingData(recipe, texts: texts), recipe)
        return Setup(
            trainer: try NetworkTrainer(recipe, model: path, texts: texts, totalSteps: 20, threads: 2), plan: plan)
    }

    private func fixture(_ name: String) throws -> JSON {
        let path = try #require(Bundle.module.resourcePath) + "/Fixtures/pairs/\(name).json"
        return try JSON(parsing: FileSystem.contents(of: path), source: path)
    }

    private func records(_ fixture: JSON) throws -> [[String]] {
        try #require(fixture["records"]?.arrayValue).map { $0.arrayValue?.compactMap(\.stringValue) ?? [] }
    }

    @Test(arguments: ["mean-negatives", "cls-negatives", "mean-triplet"]) func twentySteps(name: String) throws {
        let (fixture, folder) = (try fixture(name), try TemporaryFolder())
        let loss = try #require(fixture["loss"]?.stringValue)
        let setup = try setup(
            folder, records(fixture), model: #require(fixture["model"]?.stringValue), "embedding_loss: \(loss)")
        let losses = try OptimizerTests.numbers(fixture["losses"])
        let norms = try OptimizerTests.numbers(fixture["norms"])
        for step in 0..<20 {
            let outcome = try setup.trainer.train(step: step, setup.plan.microBatches(step: step))
            #expect(abs(outcome.loss - losses[step]) < 1e-4 * losses[step], "step \(step)")
            #expect(abs(outcome.gradientNorm - norms[step]) < 1e-3 * norms[step], "step \(step)")
        }
        let tensors = try #require(fixture["tensors"]?.objectValue)
        // What is added to all keys alike changes no attention: its gradient is rounding, and Adam's steps are of its sign.
        for parameter in setup.trainer.trained where !parameter.name.hasSuffix("key.bias") {
            let expected = try OptimizerTests.numbers(tensors[parameter.name])
            let squares = parameter.values.reduce(0.0) { $0 + Double($1) * Double($1) }
            #expect(abs(squares.squareRoot() - expected[0]) < 1e-4 * expected[0], "\(parameter.name)")
        }
    }

    /// What is written is a sentence encoder that gives the same loss, pooling and all.
    @Test func theResultIsASentenceEncoder() throws {
        let (fixture, folder) = (try fixture("mean-negatives"), try TemporaryFolder())
        let setup = try setup(folder, records(fixture), model: "bert-mean", "")
        for step in 0..<4 { _ = try setup.trainer.train(step: step, setup.plan.microBatches(step: step)) }
        try setup.trainer.saveResult(to: folder.path + "/out")
        let encoder = try SentenceEncoder.load(folder.path + "/out")
        let texts = try records(fixture).prefix(4)
        func vectors(_ index: Int) throws -> [[Float]] {
            try encoder.embed(texts.map { .text($0[index]) }, options: EmbeddingOptions()).map(\.vector)
        }
        let (anchors, others) = (try vectors(0), try vectors(1) + vectors(2))
        var sum = 0.0
        for (index, anchor) in anchors.enumerated() {
            let scores = others.map { other in 20 * zip(anchor, other).reduce(0.0) { $0 + Double($1.0 * $1.1) } }
            sum += log(scores.reduce(0) { $0 + exp($1) }) - scores[index]
        }
        let loss = try setup.trainer.loss(of: [setup.plan.microBatches(step: 0)[0]])
        #expect(abs(sum / 4 - loss) < 1e-4 * loss)
    }

    /// The same text under two anchors is no wrong answer for either (sentence-transformers#3189).
    @Test func theSameTextIsNoNegative() throws {
        let texts = ["a dog", "a fox", "red and blue"]
        let folder = try TemporaryFolder()
        func loss(_ records: [[String]]) throws -> Double {
            let setup = try setup(folder, records, model: "bert-mean", "")
            return try setup.trainer.loss(of: [setup.plan.microBatches(step: 0)[0]])
        }
        let twice = try loss([[texts[0], texts[1]], [texts[2], texts[1]]])
        #expect(abs(twice) < 1e-9)
        #expect(try loss([[texts[0], texts[1]], [texts[2], texts[0]]]) > 1e-3)
    }

    @Test func whatPairsCannotBeIsRefused() throws {
        let folder = try TemporaryFolder()
        for (keys, reason) in [
            ("embedding_loss: triplet", "has no text that is not like"), ("sample_packing: true", "not for pairs"),
            ("adapter: lora", "not for encoders"), ("embedding_margin: 3", "another embedding_loss"),
        ] {
            let error = #expect(throws: TrainingError.self, "\(keys)") {
                _ = try setup(folder, [["a dog", "a fox"]], model: "bert-mean", keys)
            }
            #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        }
        let error = #expect(throws: TrainingError.self) { _ = try setup(folder, [["a dog"]], model: "bert-mean", "") }
        #expect(error?.description.contains("has no field \"positive\"") == true)
        #expect(throws: TrainingError.self) {
            _ = try setup(folder, [["a dog", "a fox"]], model: "bert-every", "")
        }
    }
}
