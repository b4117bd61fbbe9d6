/// Decides from losses whether training goes on, and which checkpoint is the best.
struct RunWatch: Sendable {
    /// Evaluations without improvement after which training stops; nil for never.
    let patience: Int?
    /// A loss from which on a step counts as failed, and after how many of them in a row training stops.
    let lossLimit: Double?
    let lossPatience: Int
    private(set) var best: (step: Int, loss: Double)?
    private(set) var evaluationsSinceBest = 0
    private var failedSteps = 0

    init(_ recipe: TrainingRecipe) {
        (patience, lossLimit, lossPatience) = (recipe.patience, recipe.lossLimit, recipe.lossPatience)
    }

    /// Takes a step's loss.
    ///
    /// - Throws: `TrainingError` if it is no number, or was too high for too long.
    mutating func step(_ metrics: StepMetrics) throws(TrainingError) {
        guard metrics.loss.isFinite, metrics.gradientNorm.isFinite else {
            throw TrainingError(
                .numbers, at: "step \(metrics.step)",
                "the loss is \(metrics.loss) and the norm of the gradients \(metrics.gradientNorm)",
                remedy:
                    "lower learning_rate, lengthen warmup_steps, or set precision: float32; the last checkpoint is intact"
            )
        }
        guard let lossLimit else { return }
        failedSteps = metrics.loss >= lossLimit ? failedSteps + 1 : 0
        if failedSteps >= lossPatience {
            throw TrainingError(
                .numbers, at: "step \(metrics.step)",
                "the loss was \(lossLimit) or more for \(failedSteps) steps (loss_watchdog_threshold)",
                remedy: "lower learning_rate, or look at the data with swiftlet train --preview")
        }
    }

    /// Takes a loss on the texts to validate with; returns whether it is the best so far.
    mutating func evaluation(step: Int, loss: Double) -> Bool {
        guard best.map({ loss < $0.loss }) ?? true else {
            evaluationsSinceBest += 1
            return false
        }
        (best, evaluationsSinceBest) = ((step, loss), 0)
        return true
    }

    /// Whether there was no improvement for too long.
    var isExhausted: Bool { patience.map { evaluationsSinceBest >= $0 } ?? false }
}
