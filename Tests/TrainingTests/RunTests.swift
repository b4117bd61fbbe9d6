import Files
import Inference
import JSONValues
import Testing

@testable import Training

/// A backend whose losses are given.
private struct ScriptedBackend: TrainingBackend {
    var losses: [Double] = []
    var validation: [Double] = []
    private var evaluations = 0
    private(set) var batches: [[[TrainingSequence]]] = []

    init(losses: [Double] = [], validation: [Double] = []) { (self.losses, self.validation) = (losses, validation) }

    mutating func train(step: Int, _ microBatches: [[TrainingSequence]]) -> (
        loss: Double, gradientNorm: Double, learningRate: Double
    ) {
        batches.append(microBatches)
        return (losses.isEmpty ? 1 / Double(step + 1) : losses[min(step, losses.count - 1)], 0.5, 1e-3)
    }

    mutating func loss(of batches: [[TrainingSequence]]) -> Double {
        defer { evaluations += 1 }
        return validation[min(evaluations, validation.count - 1)]
    }

    func saveCheckpoint(to folder: String, steps: Int) throws {
        try FileSystem.createFolder(folder)
        try AtomicFile.write(Array("\(steps)".utf8), to: folder + "/state")
    }

    func saveResult(to folder: String) throws {
        try FileSystem.createFolder(folder)
        try AtomicFile.write(Array("\(evaluations)".utf8), to: folder + "/result")
    }
}

@Suite struct RunTests {
    private typealias Loop = TrainingLoop<ScriptedBackend>

    private func loop(
        _ folder: TemporaryFolder, _ recipe: String, _ backend: ScriptedBackend
    ) throws -> Loop {
        let lines = (0..<10).map { #"{"text": "text number \#($0)"}"# }.joined(separator: "\n")
        let data = try folder.data(lines, type: "completion", recipe: recipe)
        let yaml =
            "base_model: x\nlearning_rate: 1\ndatasets: [{path: x, type: completion}]\n"
            + "output_dir: \(folder.path)/out\n" + recipe
        let read = try TrainingRecipe(text: yaml, path: "r.yaml")
        return TrainingLoop(read, plan: BatchPlan(data, read), backend: backend)
    }

    private func names(_ folder: TemporaryFolder) throws -> [String] {
        try FileSystem.names(in: folder.path + "/out").filter { $0 != "tensorboard" }
    }

    private func metrics(_ folder: TemporaryFolder) throws -> [JSON] {
        try FileSystem.contents(of: folder.path + "/out/metrics.jsonl").split(separator: UInt8(ascii: "\n"))
            .map { try JSON(parsing: Array($0), source: "metrics.jsonl") }
    }

    @Test func everyStepIsLogged() throws {
        let folder = try TemporaryFolder()
        var loop = try loop(folder, "num_epochs: 2\nmicro_batch_size: 5\nsave_steps: 2\nsave_total_limit: 1\n", .init())
        #expect(try loop.run(from: 0) == 4)
        #expect(try names(folder) == ["checkpoint-4", "metrics.jsonl", "result"])
        let lines = try metrics(folder)
        #expect(lines.map { $0["step"]?.intValue } == [1, 2, 3, 4])
        #expect(lines.map { $0["epoch"]?.doubleValue } == [0.5, 1, 1.5, 2])
        for key in ["loss", "learning_rate", "grad_norm", "tokens_per_second"] {
            #expect(lines.allSatisfy { $0[key]?.doubleValue != nil }, "\(key)")
        }
    }

    /// What an interrupted run wrote after its last checkpoint is taken back.
    @Test func linesAreNotRepeatedAfterAnInterruption() throws {
        let folder = try TemporaryFolder()
        let recipe = "num_epochs: 1\nmicro_batch_size: 2\n"
        var first = try loop(folder, recipe, .init())
        _ = try first.run(from: 0)
        var second = try loop(folder, recipe, .init())
        #expect(try second.run(from: 3) == 5)
        #expect(try metrics(folder).map { $0["step"]?.intValue } == [1, 2, 3, 4, 5])
    }

    @Test func aStopLeavesACheckpoint() throws {
        let folder = try TemporaryFolder()
        var loop = try loop(folder, "num_epochs: 1\nsave_strategy: 'no'\n", .init())
        var asked = 0
        let steps = try loop.run(
            from: 0,
            isCancelled: {
                asked += 1
                return asked > 3
            })
        #expect(steps == 3)
        #expect(try names(folder).contains("checkpoint-3"))
    }

    @Test func trainingStopsWhenNothingImproves() throws {
        let folder = try TemporaryFolder()
        let recipe =
            "num_epochs: 9\nval_set_size: 2\neval_steps: 1\nearly_stopping_patience: 2\nload_best_model_at_end: true\n"
        var loop = try loop(folder, recipe, .init(validation: [3, 2, 2.5, 2.4, 1]))
        var stopped = false
        let steps = try loop.run(from: 0, onEvent: { if case .stoppedEarly = $0 { stopped = true } })
        #expect(steps == 4 && stopped)
        // The result is that of the second evaluation, not the last one.
        #expect(try FileSystem.contents(of: folder.path + "/out/result") == Array("2".utf8))
        #expect(try metrics(folder).map { $0["eval_loss"]?.doubleValue } == [3, 2, 2.5, 2.4])
    }

    private func recipe(_ folder: TemporaryFolder, _ text: String = "") throws -> TrainingRecipe {
        try TrainingRecipe(
            text: "base_model: x\nlearning_rate: 1\ndatasets: [{path: x, type: completion}]\n"
                + "output_dir: \(folder.path)/out\n" + text, path: "r.yaml")
    }

    /// A checkpoint goes on with the recipe and the data that it is of, and none is lost unasked.
    @Test func foldersKeepTheirTraining() throws {
        let folder = try TemporaryFolder()
        let report = DataReport()
        let first = try recipe(folder, "seed: 1\n")
        do {
            let opened = try OutputFolder(first, identity: RunIdentity(first, data: report))
            #expect(opened.checkpoint == nil && opened.steps == 0)
            #expect(throws: TrainingError.self) { try OutputFolder(first, identity: RunIdentity(first, data: report)) }
        }
        for name in ["checkpoint-9", "checkpoint-10", "checkpoint-20.partial"] {
            try FileSystem.createFolder(folder.path + "/out/" + name)
        }
        let again = #expect(throws: TrainingError.self) {
            try OutputFolder(first, identity: RunIdentity(first, data: report))
        }
        #expect(again?.description.contains("has checkpoints of a training that got to step 10") == true)
        let resumed = try recipe(folder, "seed: 1\nauto_resume_from_checkpoints: true\n")
        do {
            let opened = try OutputFolder(resumed, identity: RunIdentity(resumed, data: report))
            #expect(opened.steps == 10 && opened.checkpoint?.hasSuffix("checkpoint-10") == true)
            #expect(!FileSystem.exists(folder.path + "/out/checkpoint-20.partial"))
        }
        let other = try recipe(folder, "seed: 2\nauto_resume_from_checkpoints: true\n")
        let error = #expect(throws: TrainingError.self) {
            try OutputFolder(other, identity: RunIdentity(other, data: report))
        }
        #expect(error?.description.contains("run.json: seed was 1 and is 2") == true)
    }

    @Test func lossesThatAreNoNumbersEndTraining() throws {
        let folder = try TemporaryFolder()
        var loop = try loop(folder, "save_steps: 1\n", .init(losses: [1, .nan]))
        let error = #expect(throws: TrainingError.self) { _ = try loop.run(from: 0) }
        #expect(error?.description.contains("step 2: the loss is nan") == true)
        #expect(try names(folder).contains("checkpoint-1"))
    }

    @Test func highLossesEndTraining() throws {
        let folder = try TemporaryFolder()
        let recipe = "loss_watchdog_threshold: 5\nloss_watchdog_patience: 2\n"
        var loop = try loop(folder, recipe, .init(losses: [9, 1, 9, 9, 9]))
        let error = #expect(throws: TrainingError.self) { _ = try loop.run(from: 0) }
        #expect(error?.description.contains("step 4: the loss was 5.0 or more for 2 steps") == true)
    }

    /// The check value of the checksum's definition, and a record as tensorboard's own writer makes it.
    @Test func eventRecordsAreThoseOfTensorBoard() throws {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
        let folder = try TemporaryFolder()
        let file = try EventFile(folder: folder.path)
        try file.add(step: 300, [("train/loss", 1.5)])
        let name = try #require(try FileSystem.names(in: folder.path).first)
        let bytes = try FileSystem.contents(of: folder.path + "/" + name)
        let value = [UInt8]([10, 10]) + Array("train/loss".utf8) + [21, 0, 0, 0xC0, 0x3F]
        let expected: [UInt8] = [16, 0xAC, 2, 42, 19, 10, 17] + value
        #expect(bytes.count > 24 && bytes.suffix(4 + expected.count).dropLast(4).elementsEqual(expected))
        #expect(Array(bytes[0..<8]) == [24, 0, 0, 0, 0, 0, 0, 0])
    }
}

@Suite struct RecipeTemplateTests {
    @Test(arguments: RecipeTemplate.allCases) func recipesToBeginWithAreRead(template: RecipeTemplate) throws {
        let recipe = try TrainingRecipe(text: template.text, path: "recipe.yaml")
        #expect(recipe.notes.isEmpty)
        #expect(recipe.isFromScratch == (template == .pretrain))
        #expect((recipe.adapter != nil) == (template == .lora))
        #expect(recipe.resumption == .newest)
    }

    /// A folder of a small model and its stories: the tokenizer reads them back, and the model is one.
    @Test func tinyStoriesAreWhole() throws {
        let folder = try TemporaryFolder()
        var story = TinyStory()
        (story.stories, story.hiddenSize, story.layers) = (50, 32, 2)
        try story.write(to: folder.path)
        let recipe = try TrainingRecipe(path: folder.path + "/recipe.yaml")
        let texts = try TextFormat(recipe, model: folder.path + "/model")
        let text = String(
            decoding: try FileSystem.contents(of: folder.path + "/stories.txt"), as: UTF8.self)
        let first = try #require(text.split(separator: "\n").first.map(String.init))
        let tokens = texts.tokenizer.encode(first)
        #expect(texts.tokenizer.decode(tokens) == first)
        #expect(tokens.count < first.utf8.count / 3)
        #expect(first.hasSuffix(".") || first.hasSuffix("!\"") || first.hasSuffix("!"))
        let data = try TrainingData(recipe, texts: texts)
        #expect(data.report.records == 50)
        let model = try LanguageModel.load(folder.path + "/model")
        #expect(model.vocabularySize == texts.tokenizer.vocabularySize)
    }
}
