import Architectures
import Checkpoints
import Decoding
import Files
import Tensors

/// Trains the weights of a network, or an adapter on them, by AdamW.
package final class NetworkTrainer: TrainingBackend {
    private let recipe: TrainingRecipe
    private let loader: NetworkLoader
    private let operations: TapedOperations
    private let network: Network<TapedOperations>
    private let schedule: RateSchedule
    private let optimizer: AdamW
    private let trained: [Parameter]
    private let moments: [AdamW.Moments]
    private let adapter: AdapterModules?
    private let writer: ResultWriter

    /// The number of values that are trained.
    package var trainableCount: Int { trained.reduce(0) { $0 + $1.count } }
    /// The number of all values.
    package var parameterCount: Int { operations.parameters.parameters.reduce(0) { $0 + $1.count } }

    /// - Throws: `TrainingError` if the recipe asks for what is not here, or what is wrong with the model's files.
    package init(
        _ recipe: TrainingRecipe, model: String, texts: TextFormat, totalSteps: Int, threads: Int? = nil
    ) throws {
        try Self.check(recipe)
        self.recipe = recipe
        schedule = RateSchedule(recipe, totalSteps: totalSteps)
        optimizer = AdamW(
            beta1: Float(recipe.beta1), beta2: Float(recipe.beta2), epsilon: Float(recipe.epsilon),
            weightDecay: Float(recipe.weightDecay))
        let pool = ThreadPool(threads: threads ?? ThreadPool.machineThreads)
        loader = try NetworkLoader(Checkpoint.open(model))
        guard texts.tokenizer.vocabularySize <= loader.spec.vocabularySize else {
            throw TrainingError(
                .model, at: model,
                "the tokenizer has \(texts.tokenizer.vocabularySize) tokens, but the embedding \(loader.spec.vocabularySize) rows",
                remedy: "use the tokenizer that the model was made with")
        }
        operations = TapedOperations(pool: pool)
        network = try loader.load(operations, pool: pool)
        let parameters = operations.parameters
        if recipe.isFromScratch {
            try Self.randomize(parameters.parameters, seed: recipe.seed)
            parameters.refresh()
        }
        if let settings = recipe.adapter {
            for parameter in parameters.parameters { parameter.isTrainable = false }
            adapter = try AdapterModules(settings, operations, loader, seed: recipe.seed, path: recipe.path)
        } else {
            adapter = nil
            if !recipe.unfrozen.isEmpty { try Self.freeze(parameters.parameters, except: recipe.unfrozen, recipe.path) }
        }
        trained = parameters.parameters.filter(\.isTrainable)
        moments = trained.map { AdamW.Moments(count: $0.count) }
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
        guard [.adamW, .adamW8Bit].contains(recipe.optimizer) else {
            throw refuse("optimizer", recipe.optimizer.rawValue, "use adamw")
        }
        if recipe.noiseAlpha > 0 { throw refuse("neftune_noise_alpha", "noise on embeddings", "leave it out") }
        if recipe.adapter?.isWeightDecomposed == true { throw refuse("peft_use_dora", "DoRA", "leave it out") }
        if recipe.adapter?.start != nil { throw refuse("lora_model_dir", "going on with an adapter", "leave it out") }
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
        if recipe.recomputesActivations {
            notes.append("gradient_checkpointing: activations are kept, not computed again")
        }
        return notes
    }

    package func train(step: Int, _ microBatches: [[TrainingSequence]]) throws -> (
        loss: Double, gradientNorm: Double, learningRate: Double
    ) {
        let parameters = operations.parameters
        parameters.clearGradients()
        operations.isRecording = true
        // All micro-batches together count as one batch: the mean is over the step's learned tokens.
        let divisor = Self.weight(of: microBatches)
        var sum = 0.0
        for (index, batch) in microBatches.enumerated() {
            operations.randomSeed = UInt64(recipe.seed) << 40 ^ UInt64(step) << 12 ^ UInt64(index)
            sum += network.crossEntropy(batch.map { ($0.tokens, $0.weights) }, factor: Float(1 / divisor))
            operations.backward()
        }
        parameters.collectGradients()
        let norm = gradientNorm()
        let rate = schedule.rate(step)
        guard norm.isFinite, sum.isFinite else { return (sum / divisor, norm, rate) }
        let limit = recipe.maximumGradientNorm
        let scale = limit > 0 ? min(1, limit / (norm + 1e-6)) : 1
        for (parameter, moments) in zip(trained, moments) {
            optimizer.update(parameter, moments, step: step + 1, rate: Float(rate), gradientScale: Float(scale))
        }
        parameters.refresh()
        return (sum / divisor, norm, rate)
    }

    package func loss(of batches: [[TrainingSequence]]) throws -> Double {
        operations.isRecording = false
        defer { operations.isRecording = true }
        var sum = 0.0
        for batch in batches {
            sum += network.crossEntropy(batch.map { ($0.tokens, $0.weights) }, factor: 1)
            operations.discard()
        }
        return sum / Self.weight(of: batches)
    }

    /// The weights of all learned tokens together; 1 if there are none, as their loss is 0.
    private static func weight(of batches: [[TrainingSequence]]) -> Double {
        var sum = 0.0
        for batch in batches {
            for sequence in batch { for weight in sequence.weights.dropFirst() { sum += Double(weight) } }
        }
        return sum > 0 ? sum : 1
    }

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

    private static func freeze(
        _ parameters: [Parameter], except patterns: [String], _ path: String
    ) throws(TrainingError) {
        let expressions = try patterns.map { (pattern) throws(TrainingError) in try NamePattern(pattern, path: path) }
        for parameter in parameters {
            parameter.isTrainable = expressions.contains { $0.matches(parameter.name, wholly: false) }
        }
        guard parameters.contains(where: \.isTrainable) else {
            throw TrainingError(
                .recipe, at: "\(path), unfrozen_parameters", "match no weight of the model",
                remedy: "names are such as \(parameters.first?.name ?? "")")
        }
    }
}

extension NetworkTrainer {
    package func saveCheckpoint(to folder: String, steps: Int) throws {
        try FileSystem.createFolder(folder)
        var tensors: [TensorSource] = []
        for (parameter, moments) in zip(trained, moments) {
            for (kind, values) in [
                ("value", UnsafeBufferPointer(parameter.values)), ("first", UnsafeBufferPointer(moments.first)),
                ("second", UnsafeBufferPointer(moments.second)),
            ] {
                tensors.append(
                    TensorSource(
                        name: "\(kind).\(parameter.name)", dataType: .f32, shape: parameter.shape,
                        bytes: Array(UnsafeRawBufferPointer(values))))
            }
        }
        try SafetensorsWriter.write(tensors, metadata: ["steps": String(steps)], to: folder + "/state.safetensors")
    }

    /// Takes over the weights and moments of a checkpoint.
    ///
    /// - Throws: `TrainingError` naming the tensor that is missing or has another shape.
    package func load(_ folder: String) throws {
        let path = folder + "/state.safetensors"
        let stored = try Checkpoint.tensors(inSafetensors: path)
        for (parameter, moments) in zip(trained, moments) {
            for (kind, values) in [("value", parameter.values), ("first", moments.first), ("second", moments.second)] {
                let name = "\(kind).\(parameter.name)"
                guard let tensor = stored[name], tensor.shape == parameter.shape, tensor.dataType == .f32 else {
                    throw TrainingError(
                        .checkpoint, at: "\(path), tensor \(name)",
                        stored[name] == nil ? "is missing" : "has another shape than the model's",
                        remedy: "the checkpoint is of another training: choose another output_dir")
                }
                tensor.withUnsafeBytes { UnsafeMutableRawBufferPointer(values).copyMemory(from: $0) }
            }
        }
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
