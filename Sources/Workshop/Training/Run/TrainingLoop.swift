import Files
import Platform

/// Runs the steps of a training: batches, metrics, evaluations, checkpoints, and when to stop.
package struct TrainingLoop<Backend: TrainingBackend> {
    /// What happened, for those who watch.
    package enum Event: Sendable, Hashable {
        case step(StepMetrics, total: Int, secondsLeft: Double)
        case evaluation(step: Int, loss: Double, isBest: Bool)
        case saved(String)
        case stoppedEarly(step: Int, evaluations: Int)
    }

    private let recipe: TrainingRecipe
    private let plan: BatchPlan
    private var backend: Backend
    private let folders: CheckpointFolders
    private var watch: RunWatch
    private let seconds: () -> Double

    /// - Parameter seconds: the time that passes.
    package init(
        _ recipe: TrainingRecipe, plan: BatchPlan, backend: Backend, seconds: @escaping () -> Double = Stopwatch.now
    ) {
        (self.recipe, self.plan, self.backend, self.seconds) = (recipe, plan, backend, seconds)
        folders = CheckpointFolders(folder: recipe.outputFolder)
        watch = RunWatch(recipe)
    }

    /// Trains from `firstStep` on, which is the number of steps that are done.
    ///
    /// - Parameter isCancelled: asked before each step; if it says yes, a checkpoint is written and training ends.
    /// - Returns: the steps that are done in the end.
    package mutating func run(
        from firstStep: Int, isCancelled: () -> Bool = { false }, onEvent: (Event) -> Void = { _ in }
    ) throws -> Int {
        for (step, loss) in try MetricsLog.evaluations(folder: recipe.outputFolder, upTo: firstStep) {
            _ = watch.evaluation(step: step, loss: loss)
        }
        let log = try MetricsLog(folder: recipe.outputFolder, after: firstStep, writesEvents: recipe.writesTensorBoard)
        let start = seconds()
        var step = firstStep
        var saved = firstStep
        while step < plan.totalSteps, !isCancelled() {
            let batches = plan.microBatches(step: step)
            let began = seconds()
            let result = try backend.train(step: step, batches)
            let ended = seconds()
            step += 1
            let tokens = batches.reduce(0) { $0 + $1.reduce(0) { $0 + $1.tokens.count } }
            var metrics = StepMetrics(
                step: step, epoch: plan.epoch(ofStep: step), loss: result.loss, learningRate: result.learningRate,
                gradientNorm: result.gradientNorm, tokensPerSecond: Double(tokens) / max(ended - began, 1e-9))
            try watch.step(metrics)
            if isDue(recipe.evaluation, step) { metrics.validationLoss = try evaluate(step, onEvent) }
            try log.add(metrics)
            let left = (seconds() - start) / Double(step - firstStep) * Double(plan.totalSteps - step)
            onEvent(.step(metrics, total: plan.totalSteps, secondsLeft: left))
            if isDue(recipe.saving, step) {
                try save(step, onEvent)
                saved = step
            }
            if watch.isExhausted {
                onEvent(.stoppedEarly(step: step, evaluations: watch.evaluationsSinceBest))
                break
            }
        }
        if saved != step, recipe.saving != .never || step < plan.totalSteps { try save(step, onEvent) }
        try finish(step, onEvent)
        return step
    }

    /// Whether something that happens at intervals happens after this step; the last step counts as the end of one.
    private func isDue(_ interval: TrainingRecipe.Interval, _ step: Int) -> Bool {
        switch interval {
        case .never: false
        case .steps(let count): step % count == 0
        case .perEpoch(let count):
            step == plan.totalSteps
                || Int(plan.epoch(ofStep: step) * Double(count) + 1e-9)
                    > Int(plan.epoch(ofStep: step - 1) * Double(count) + 1e-9)
        }
    }

    private mutating func evaluate(_ step: Int, _ onEvent: (Event) -> Void) throws -> Double {
        let loss = try backend.loss(of: plan.validationBatches)
        let isBest = watch.evaluation(step: step, loss: loss)
        if isBest, recipe.keepsBest { try backend.saveResult(to: recipe.outputFolder + "/best") }
        onEvent(.evaluation(step: step, loss: loss, isBest: isBest))
        return loss
    }

    private mutating func save(_ step: Int, _ onEvent: (Event) -> Void) throws {
        let path = folders.path(step: step)
        // It has its name once it is whole: whoever looks for the newest one finds no other.
        try FileSystem.remove(path + ".partial")
        try backend.saveCheckpoint(to: path + ".partial", steps: step)
        try FileSystem.remove(path)
        try FileSystem.move(path + ".partial", to: path)
        try folders.prune(to: recipe.saveLimit)
        onEvent(.saved(path))
    }

    private mutating func finish(_ step: Int, _ onEvent: (Event) -> Void) throws {
        try backend.saveResult(to: recipe.outputFolder)
        // What is used is the best one; the last one is in its checkpoint.
        if recipe.keepsBest, let best = watch.best, best.step != step { try folders.takeBest() }
        onEvent(.saved(recipe.outputFolder))
    }
}

/// A clock that never goes back.
package enum Stopwatch {
    /// Seconds since some moment.
    package static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
