import Platform
import Training

/// Trains by a recipe, and tells how it goes.
struct TrainingRun: Sendable {
    let recipe: TrainingRecipe
    let texts: TextFormat
    /// The model's file or folder.
    let model: String
    let threads: Int?

    func run() async throws {
        let data = try read()
        for line in data.report.lines { Console.note(line) }
        let folder = try OutputFolder(recipe, identity: RunIdentity(recipe, data: data.report))
        if let checkpoint = folder.checkpoint { Console.note("going on from \(checkpoint)") }
        try await Interruption.catching { try train(data, folder) }
    }

    private func read() throws -> TrainingData {
        let isTerminal = Console.isTerminal(STDERR_FILENO)
        defer { if isTerminal { Console.draw("\r\u{1B}[K", on: STDERR_FILENO) } }
        return try TrainingData(recipe, texts: texts) { records in
            if isTerminal { Console.draw("\r\(records) records\u{1B}[K", on: STDERR_FILENO) }
        }
    }

    private func train(_ data: TrainingData, _ folder: OutputFolder) throws {
        let plan = BatchPlan(data, recipe)
        let backend = try NetworkTrainer(
            recipe, model: model, texts: texts, totalSteps: plan.totalSteps, threads: threads)
        if let checkpoint = folder.checkpoint { try backend.load(checkpoint) }
        Console.note(
            "\(backend.trainableCount) of \(backend.parameterCount) parameters are trained; \(plan.totalSteps) steps, "
                + "\(plan.stepsPerEpoch) an epoch")
        var loop = TrainingLoop(recipe, plan: plan, backend: backend)
        let progress = TrainingProgress(loggingSteps: recipe.loggingSteps)
        let steps = try loop.run(from: folder.steps, isCancelled: { Task.isCancelled }) { event in
            switch event {
            case .step(let metrics, let total, let left): progress.show(metrics, total: total, secondsLeft: left)
            case .evaluation(let step, let loss, let isBest):
                progress.note(
                    "step \(step): loss \(Quantities.decimals(loss, 4)) on the texts to validate with\(isBest ? ", the least so far" : "")"
                )
            case .saved(let path): progress.note("wrote \(path)")
            case .stoppedEarly(let step, let evaluations):
                progress.note("stopped at step \(step): \(evaluations) evaluations without improvement")
            }
        }
        progress.finish()
        if steps < plan.totalSteps, Task.isCancelled {
            Console.note("ended at step \(steps); --resume goes on from there")
        }
    }
}
