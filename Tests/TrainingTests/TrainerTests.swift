import Architectures
import Checkpoints
import Files
import Inference
import Tensors
import Testing

@testable import Training

@Suite struct TrainerTests {
    /// A folder with a small random model, its tokenizer, stories and a recipe.
    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        var story = TinyStory()
        (story.stories, story.hiddenSize, story.layers, story.vocabularySize) = (12, 32, 2, 400)
        try story.write(to: folder.path)
        return folder
    }

    private func recipe(_ folder: TemporaryFolder, _ extra: String = "", model: String = "model") throws
        -> TrainingRecipe
    {
        let text = """
            base_model: \(model)
            learning_rate: 1e-2
            warmup_steps: 0
            micro_batch_size: 2
            sequence_len: 64
            datasets: [{path: stories.txt, type: completion}]
            output_dir: \(folder.path)/out
            \(extra)
            """
        return try TrainingRecipe(text: text, path: folder.path + "/recipe.yaml")
    }

    private struct Setup {
        var trainer: NetworkTrainer
        var plan: BatchPlan
    }

    private func training(
        _ folder: TemporaryFolder, _ recipe: TrainingRecipe, model: String = "model", texts: String = "model"
    ) throws -> Setup {
        let format = try TextFormat(recipe, model: folder.path + "/" + texts)
        let plan = BatchPlan(try TrainingData(recipe, texts: format), recipe)
        let trainer = try NetworkTrainer(
            recipe, model: folder.path + "/" + model, texts: format, totalSteps: 20, threads: 2)
        return Setup(trainer: trainer, plan: plan)
    }

    private func steps(_ training: Setup, _ range: Range<Int>) throws -> [Double] {
        try range.map { try training.trainer.train(step: $0, training.plan.microBatches(step: $0)).loss }
    }

    private func bytes(_ folder: TemporaryFolder, _ name: String) throws -> [UInt8] {
        try FileSystem.contents(of: folder.path + "/" + name)
    }

    @Test func lossesFallAndAnInterruptionChangesNothing() throws {
        let folder = try folder()
        let recipe = try recipe(folder)
        let whole = try training(folder, recipe)
        let losses = try steps(whole, 0..<12)
        #expect(losses[11] < losses[0] - 0.5, "\(losses)")
        try whole.trainer.saveResult(to: folder.path + "/whole")
        let first = try training(folder, recipe)
        _ = try steps(first, 0..<5)
        try first.trainer.saveCheckpoint(to: folder.path + "/checkpoint-5", steps: 5)
        let second = try training(folder, recipe)
        try second.trainer.load(folder.path + "/checkpoint-5")
        #expect(try steps(second, 5..<12) == Array(losses[5...]))
        try second.trainer.saveResult(to: folder.path + "/second")
        #expect(try bytes(folder, "whole/model.safetensors") == bytes(folder, "second/model.safetensors"))
        // What was written is a model that gives the same losses.
        let written = try training(folder, recipe, model: "whole")
        let batches = whole.plan.microBatches(step: 0)
        #expect(try written.trainer.loss(of: batches) == whole.trainer.loss(of: batches))
        _ = try LanguageModel.load(folder.path + "/whole")
    }

    /// One batch or several micro-batches: the mean is over the step's tokens (torchtune#1875).
    @Test func accumulationIsALargerBatch() throws {
        let folder = try folder()
        let recipe = try recipe(folder)
        let (one, many) = (try training(folder, recipe), try training(folder, recipe))
        let batch = one.plan.microBatches(step: 0).flatMap { $0 } + one.plan.microBatches(step: 1).flatMap { $0 }
        let first = try one.trainer.train(step: 0, [batch])
        let second = try many.trainer.train(step: 0, batch.map { [$0] })
        #expect(abs(first.loss - second.loss) < 1e-5)
        #expect(abs(first.gradientNorm - second.gradientNorm) < 1e-5 * first.gradientNorm)
    }

    /// The adapter that is written gives the losses of the one that was trained, on folders and on GGUF files, whose queries
    /// and keys lie in another order.
    @Test(arguments: ["model", "model.gguf"]) func adaptersAreWrittenAsTheyWereTrained(model: String) throws {
        let folder = try folder()
        if model.hasSuffix(".gguf") {
            var shape = try #require(SyntheticShape.known.first?.shape)
            (shape.layers, shape.hiddenSize, shape.heads, shape.keyValueHeads) = (2, 64, 4, 2)
            (shape.feedForwardSize, shape.vocabularySize, shape.contextLength) = (96, 512, 128)
            let type = try #require(SyntheticCheckpoint.dataTypes.first { $0.name == "F16" })
            try SyntheticCheckpoint(shape: shape, dataType: type, seed: 1).write(to: folder.path + "/" + model)
        }
        let recipe = try recipe(folder, "adapter: lora\nlora_r: 4\nlora_target_linear: true", model: model)
        let training = try training(folder, recipe, model: model)
        let batches = training.plan.microBatches(step: 0)
        let before = try training.trainer.loss(of: batches)
        for step in 0..<6 { _ = try training.trainer.train(step: step, batches) }
        let after = try training.trainer.loss(of: batches)
        #expect(after < before - 0.05, "\(before) -> \(after)")
        try training.trainer.saveResult(to: folder.path + "/adapter")
        let pool = ThreadPool(threads: 2)
        let operations = TapedOperations(pool: pool)
        let loader = try NetworkLoader(
            Checkpoint.open(folder.path + "/" + model), adapter: LowRankAdapter(path: folder.path + "/adapter"))
        let network = try loader.load(operations, pool: pool)
        let texts = batches.flatMap { $0 }.map { ($0.tokens, $0.weights) }
        let sum = network.crossEntropy(texts, factor: 1)
        operations.discard()
        let count = texts.reduce(0) { $0 + $1.1.dropFirst().count { $0 != 0 } }
        #expect(abs(sum / Double(count) - after) < 1e-4)
        try goesOn(folder, model: model, batches, loss: after)
    }

    /// Another training begins where the adapter that was written ended, and only with the recipe that it was made by.
    private func goesOn(
        _ folder: TemporaryFolder, model: String, _ batches: [[TrainingSequence]], loss: Double
    ) throws {
        let begin = "adapter: lora\nlora_target_linear: true\nlora_model_dir: adapter"
        let again = try training(folder, recipe(folder, begin + "\nlora_r: 4", model: model), model: model)
        #expect(try abs(again.trainer.loss(of: batches) - loss) < 1e-6)
        for (other, place) in [
            ("lora_r: 8", "lora_model_dir"), ("lora_r: 4\nlora_alpha: 7", "lora_model_dir"),
            ("lora_r: 4\nlora_target_linear: false\nlora_target_modules: [q_proj]", "lora_model_dir"),
        ] {
            let text = begin.replacing(
                "lora_target_linear: true\n", with: other.contains("linear") ? "" : "lora_target_linear: true\n")
            let error = #expect(throws: TrainingError.self, "\(other)") {
                _ = try training(folder, recipe(folder, text + "\n" + other, model: model), model: model)
            }
            #expect(error?.place.contains(place) == true)
        }
    }

    /// A quantized base is the same network whether its weights are decoded once or wherever they are needed.
    @Test(arguments: ["Q4_0", "Q8_0", "BF16"]) func quantizedBasesStayAsTheyAre(type: String) throws {
        let folder = try folder()
        var shape = try #require(SyntheticShape.known.first?.shape)
        (shape.layers, shape.hiddenSize, shape.heads, shape.keyValueHeads) = (2, 64, 4, 2)
        (shape.feedForwardSize, shape.vocabularySize, shape.contextLength) = (96, 512, 128)
        let dataType = try #require(SyntheticCheckpoint.dataTypes.first { $0.name == type })
        try SyntheticCheckpoint(shape: shape, dataType: dataType, seed: 1).write(to: folder.path + "/base.gguf")
        let keys = "lora_r: 4\nlora_target_linear: true\nlora_dropout: 0.1\nadapter:"
        let (whole, kept) = (
            try training(folder, recipe(folder, keys + " lora", model: "base.gguf"), model: "base.gguf"),
            try training(
                folder, recipe(folder, keys + " qlora\ngradient_checkpointing: true", model: "base.gguf"),
                model: "base.gguf")
        )
        #expect(whole.trainer.parameterCount == kept.trainer.parameterCount)
        for (first, second) in zip(try steps(whole, 0..<4), try steps(kept, 0..<4)) {
            #expect(abs(first - second) < 1e-5 * first)
        }
    }

    @Test func weightsAreFrozenByName() throws {
        let folder = try folder()
        let recipe = try recipe(folder, #"unfrozen_parameters: ["^model.layers.1.mlp", norm]"#)
        let training = try training(folder, recipe)
        #expect(training.trainer.trainableCount == 3 * 32 * 64 + 5 * 32)
        #expect(throws: TrainingError.self) {
            _ = try self.training(folder, self.recipe(folder, "unfrozen_parameters: [nothing]"))
        }
    }

    @Test func whatIsNotHereIsRefused() throws {
        let folder = try folder()
        for extra in ["adapter: lora\nlora_target_modules: [none]", "adapter: lora\npeft_use_dora: true"] {
            #expect(throws: TrainingError.self, "\(extra)") { _ = try training(folder, recipe(folder, extra)) }
        }
    }

    private static let rates: [(String, [Double])] = [
        (
            "cosine",
            [
                0, 0.25, 0.5, 0.75, 1, 0.990393, 0.96194, 0.915735, 0.853553, 0.777785, 0.691342, 0.597545, 0.5,
                0.402455,
                0.308658, 0.222215, 0.146447, 0.084265, 0.03806, 0.009607,
            ]
        ),
        (
            "linear",
            [
                0, 0.25, 0.5, 0.75, 1, 0.9375, 0.875, 0.8125, 0.75, 0.6875, 0.625, 0.5625, 0.5, 0.4375, 0.375, 0.3125,
                0.25,
                0.1875, 0.125, 0.0625,
            ]
        ),
        (
            "cosine_with_restarts",
            [
                0, 0.25, 0.5, 0.75, 1, 0.96194, 0.853553, 0.691342, 0.5, 0.308658, 0.146447, 0.03806, 1, 0.96194,
                0.853553,
                0.691342, 0.5, 0.308658, 0.146447, 0.03806,
            ]
        ),
    ]

    /// Rates of transformers' schedules with 4 steps of warmup of 20, one update later: the first one is not for nothing.
    @Test func ratesAreThoseOfTransformers() throws {
        for (name, expected) in Self.rates {
            let recipe = try TrainingRecipe(
                text: "base_model: x\nlearning_rate: 1\ndatasets: [{path: x, type: completion}]\nwarmup_steps: 4\n"
                    + "lr_scheduler: \(name)\nlr_scheduler_kwargs: {num_cycles: 2}\n", path: "r.yaml")
            let schedule = RateSchedule(recipe, totalSteps: 20)
            for (step, rate) in expected.enumerated().dropFirst(4) {
                #expect(abs(schedule.rate(step) - rate) < 1e-5, "\(name), step \(step)")
            }
            #expect((0..<4).map(schedule.rate) == [0.25, 0.5, 0.75, 1])
        }
    }
}
