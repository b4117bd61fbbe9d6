import Platform

/// The learning rate of each step.
struct RateSchedule {
    private let recipe: TrainingRecipe
    private let totalSteps: Int
    private let warmupSteps: Int

    init(_ recipe: TrainingRecipe, totalSteps: Int) {
        (self.recipe, self.totalSteps) = (recipe, totalSteps)
        switch recipe.warmup {
        case .steps(let steps): warmupSteps = steps
        case .ratio(let ratio): warmupSteps = Int((Double(totalSteps) * ratio).rounded(.up))
        }
    }

    /// The rate of the update after `step` others.
    func rate(_ step: Int) -> Double {
        if step < warmupSteps { return recipe.learningRate * Double(step + 1) / Double(warmupSteps) }
        let done = Double(step - warmupSteps) / Double(max(totalSteps - warmupSteps, 1))
        let least = recipe.minimumRateRatio
        return recipe.learningRate * (least + (1 - least) * share(min(done, 1)))
    }

    private func share(_ done: Double) -> Double {
        switch recipe.schedule {
        case .constant: 1
        case .linear: 1 - done
        case .cosine: (1 + cos(Double.pi * done)) / 2
        case .restarts: (1 + cos(Double.pi * (done * Double(recipe.cycles)).truncatingRemainder(dividingBy: 1))) / 2
        case .warmupStableDecay:
            recipe.decayShare > 0 ? min(1, (1 - done) / recipe.decayShare) : 1
        }
    }
}
