package import Files
import JSONValues

/// What must not change while a training goes on: kept in `run.json` beside its checkpoints.
package struct RunIdentity: Sendable, Hashable {
    private static let name = "run.json"
    private let members: JSON.Object

    package init(_ recipe: TrainingRecipe, data: DataReport) {
        members = [
            "base_model": .string(recipe.baseModel), "reinit_weights": .bool(recipe.isFromScratch),
            "datasets": .array(recipe.datasets.map { .string($0.path) }), "texts": .integer(data.sequences),
            "tokens": .integer(data.tokens), "learned_tokens": .integer(data.learnedTokens),
            "val_set_size": .number(recipe.validationSize), "seed": .integer(recipe.seed),
            "shuffle": .bool(recipe.isShuffled), "sequence_len": .integer(recipe.sequenceLength),
            "sample_packing": .bool(recipe.isPacked), "micro_batch_size": .integer(recipe.microBatchSize),
            "gradient_accumulation_steps": .integer(recipe.accumulationSteps),
            "optimizer": .string(recipe.optimizer.rawValue), "precision": .string(recipe.precision.rawValue),
            "adapter": recipe.adapter.map { _ in "lora" } ?? .null,
            "lora_r": recipe.adapter.map { .integer($0.rank) } ?? .null,
            "lora_alpha": recipe.adapter.map { .number($0.alpha) } ?? .null,
            "embedding_loss": recipe.trainsOnPairs ? .string("\(recipe.sentenceLoss)") : .null,
            "lora_model_dir": recipe.adapter?.start.map { .string($0) } ?? .null,
            "unfrozen_parameters": recipe.unfrozen.isEmpty ? .null : .array(recipe.unfrozen.map { .string($0) }),
            "neftune_noise_alpha": recipe.noiseAlpha > 0 ? .number(recipe.noiseAlpha) : .null,
            "lora_target_modules": .array(recipe.adapter.map { $0.targets.map { .string($0) } } ?? []),
        ]
    }

    package func write(to folder: String) throws(FileError) {
        try FileSystem.createFolder(folder)
        try AtomicFile.write(Array((JSON.object(members).text(.pretty) + "\n").utf8), to: "\(folder)/\(Self.name)")
    }

    /// Compares with what `folder` says of the training that its checkpoints are of.
    ///
    /// - Throws: `TrainingError` naming the first key that differs.
    package func check(_ folder: String) throws {
        let path = "\(folder)/\(Self.name)"
        guard FileSystem.isFile(path) else {
            throw TrainingError(
                .checkpoint, at: path, "is missing, which says what the checkpoints beside it are of",
                remedy: "choose another output_dir, or remove this one")
        }
        let kept = try JSON(parsing: FileSystem.contents(of: path), source: path)
        for (key, value) in members where !Self.isSame(kept[key] ?? .null, value) {
            throw TrainingError(
                .checkpoint, at: path, "\(key) was \((kept[key] ?? .null).text()) and is \(value.text())",
                remedy: "a training goes on as it began: restore \(key), or choose another output_dir")
        }
    }

    private static func isSame(_ first: JSON, _ second: JSON) -> Bool {
        first == second || (first.doubleValue != nil && first.doubleValue == second.doubleValue)
    }
}
