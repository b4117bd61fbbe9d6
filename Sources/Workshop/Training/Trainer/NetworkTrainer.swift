import Architectures
import Checkpoints
import Decoding
import Files
import Tensors

/// Trains the weights of a network, or an adapter on them.
package final class NetworkTrainer: TrainingBackend {
    private let recipe: TrainingRecipe
    private let loader: NetworkLoader
    private let operations: TapedOperations
    private let network: Network<TapedOperations>
    private let objective: any TrainingObjective
    private let schedule: RateSchedule
    private let optimizer: Optimizer
    let trained: [Parameter]
    private let selection: WeightSelection?
    private let adapter: AdapterModules?
    private let writer: ResultWriter

    /// The number of values that are trained.
    package var trainableCount: Int { trained.reduce(0) { $0 + $1.count } }
    /// The number of all values.
    package var parameterCount: Int {
        operations.parameters.parameters.reduce(0) { $0 + $1.count } + operations.storedCounts.values.reduce(0, +)
    }

    /// - Throws: `TrainingError` if the recipe asks for what is not here, or what is wrong with the model's files.
    package init(
        _ recipe: TrainingRecipe, model: String, texts: TextFormat, totalSteps: Int, threads: Int? = nil
    ) throws {
        try Self.check(recipe)
        self.recipe = recipe
        schedule = RateSchedule(recipe, totalSteps: totalSteps)
        let pool = ThreadPool(threads: threads ?? ThreadPool.machineThreads)
        objective = try Self.objective(recipe, model: model)
        loader = try NetworkLoader(Checkpoint.open(model), givesLogits: !recipe.trainsOnPairs)
        guard texts.tokenizer.vocabularySize <= loader.spec.vocabularySize else {
            throw TrainingError(
                .model, at: model,
                "the tokenizer has \(texts.tokenizer.vocabularySize) tokens, but the embedding \(loader.spec.vocabularySize) rows",
                remedy: "use the tokenizer that the model was made with")
        }
        operations = TapedOperations(pool: pool, keepsStored: recipe.adapter?.keepsStored ?? false)
        operations.recomputes = recipe.recomputesActivations
        network = try loader.load(operations, pool: pool)
        let parameters = operations.parameters
        if recipe.isFromScratch {
            try Self.randomize(parameters.parameters, seed: recipe.seed)
            parameters.refresh()
        }
        if let settings = recipe.adapter {
            for parameter in parameters.parameters { parameter.isTrainable = false }
            adapter = try AdapterModules(settings, operations, loader, seed: recipe.seed, path: recipe.path)
            selection = nil
        } else {
            adapter = nil
            selection = try WeightSelection(recipe.unfrozen, of: parameters.parameters, path: recipe.path)
        }
        trained = parameters.parameters.filter(\.isTrainable)
        let hidden = Self.hiddenMatrices(operations)
        optimizer = Optimizer(recipe, trained, operations) { $0.name.contains(".lora_") || hidden.contains($0.name) }
        writer = ResultWriter(
            recipe: recipe, model: model, checkpoint: loader.checkpoint,
            sharesEmbedding: loader.spec.output?.sharesEmbedding ?? false, template: texts.givenTemplate)
        if adapter == nil { try writer.checkBase(parameters.parameters) }
    }

    /// Refuses what the recipe asks for that is not here.
    package static func check(_ recipe: TrainingRecipe) throws(TrainingError) {
        func refuse(_ key: String, _ value: String, _ remedy: String) -> TrainingError {
            TrainingError(.recipe, at: "\(recipe.path), \(key)", "\(value) is not here yet", remedy: remedy)
        }
        if recipe.adapter?.isWeightDecomposed == true { throw refuse("peft_use_dora", "DoRA", "leave it out") }
        if let dataset = recipe.datasets.first(where: { $0.form == .preference }) {
            throw TrainingError(
                .recipe, at: "\(recipe.path), line \(dataset.line)", "preferences are not trained on yet",
                remedy: "train on the better answers as chat_template")
        }
    }

    /// What the recipe asks for that is done in another way.
    package static func notes(_ recipe: TrainingRecipe) -> [String] {
        var notes: [String] = []
        if recipe.precision == .bfloat16 { notes.append("precision: computed in float32, as bfloat16 is not here yet") }
        if recipe.optimizer == .adamW8Bit {
            notes.append("optimizer: adamw with states of 32 bits is used in its place")
        }
        return notes
    }

    package func train(step: Int, _ microBatches: [[TrainingSequence]]) throws -> (
        loss: Double, gradientNorm: Double, learningRate: Double
    ) {
        let parameters = operations.parameters
        parameters.clearGradients()
        operations.isRecording = true
        // All micro-batches together count as one batch: the mean is over all that the step learns.
        let divisor = Self.divisor(objective.weight(of: microBatches))
        var sum = 0.0
        for (index, batch) in microBatches.enumerated() {
            operations.randomSeed = UInt64(recipe.seed) << 40 ^ UInt64(step) << 12 ^ UInt64(index)
            sum += objective.loss(of: batch, factor: 1 / divisor, network)
        }
        parameters.collectGradients()
        selection?.clearGradients()
        let norm = gradientNorm()
        let rate = schedule.rate(step)
        guard norm.isFinite, sum.isFinite else { return (sum / divisor, norm, rate) }
        let limit = recipe.maximumGradientNorm
        let scale = limit > 0 ? min(1, limit / (norm + 1e-6)) : 1
        optimizer.update(number: step + 1, rate: Float(rate), gradientScale: Float(scale))
        selection?.restore()
        parameters.refresh()
        return (sum / divisor, norm, rate)
    }

    package func loss(of batches: [[TrainingSequence]]) throws -> Double {
        operations.isRecording = false
        defer { operations.isRecording = true }
        var sum = 0.0
        for batch in batches { sum += objective.loss(of: batch, factor: 1, network) }
        return sum / Self.divisor(objective.weight(of: batches))
    }

    private static func objective(_ recipe: TrainingRecipe, model: String) throws -> any TrainingObjective {
        guard recipe.trainsOnPairs else { return NextTokenObjective(noise: Float(recipe.noiseAlpha)) }
        return try SentenceObjective(recipe.sentenceLoss, model: model)
    }

    /// 1 if there is nothing to learn, as the loss is 0 then.
    private static func divisor(_ weight: Double) -> Double { weight > 0 ? weight : 1 }

    private func gradientNorm() -> Double {
        var sum = 0.0
        for parameter in trained {
            // Sums of their own for each tensor, in the order of its values: the same on every machine.
            var squares = 0.0
            for value in parameter.gradient { squares += Double(value) * Double(value) }
            sum += squares
        }
        return sum.squareRoot()
    }

    /// Matrices are normal with a deviation of 0.02; scales of norms are 1, and biases 0.
    private static func randomize(_ parameters: [Parameter], seed: Int) throws(TrainingError) {
        var generator = SeededGenerator(seed: UInt64(seed))
        for parameter in parameters {
            let isMatrix = parameter.shape.count > 1
            guard isMatrix || ["norm", "ln_", "bias"].contains(where: { parameter.name.contains($0) }) else {
                throw TrainingError(
                    .model, at: "tensor \(parameter.name)", "how it begins is not known",
                    remedy: "leave out reinit_weights")
            }
            let values = parameter.values
            let constant: Float = parameter.name.hasSuffix("bias") ? 0 : 1
            for index in values.indices {
                values[index] = isMatrix ? 0.02 * Float(generator.nextNormal()) : constant
            }
        }
    }

    /// The names of the blocks' matrices: embeddings and outputs have no number in theirs.
    private static func hiddenMatrices(_ operations: TapedOperations) -> Set<String> {
        let pieces = operations.matrices.flatMap { $0.origin?.weight?.pieces ?? [] }
        return Set(pieces.filter { $0.shape.count > 1 && $0.tensor.contains(where: \.isNumber) }.map(\.tensor))
    }
}

extension NetworkTrainer {
    package func saveCheckpoint(to folder: String, steps: Int) throws {
        try FileSystem.createFolder(folder)
        try SafetensorsWriter.write(
            optimizer.tensors, metadata: ["steps": String(steps)], to: folder + "/state.safetensors")
    }

    /// Takes over the weights of a checkpoint and what the optimizer kept.
    ///
    /// - Throws: `TrainingError` naming the tensor that is missing or has another shape.
    package func load(_ folder: String) throws {
        try optimizer.load(folder + "/state.safetensors")
        operations.parameters.refresh()
    }

    package func saveResult(to folder: String) throws {
        try FileSystem.createFolder(folder)
        if let adapter {
            try adapter.write(to: folder, baseModel: recipe.baseModel)
        } else {
            try writer.write(operations.parameters, to: folder)
        }
    }
}
