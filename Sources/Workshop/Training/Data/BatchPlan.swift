/// Which sequences make each step of the optimizer: a function of recipe, data and step alone, so that training goes on after
/// an interruption with the very batches that it would have had.
package final class BatchPlan {
    private let data: TrainingData
    private let recipe: TrainingRecipe
    /// The rows of the epoch that was asked for last.
    private var current: (epoch: Int, rows: [[Int32]])?
    /// The first step of each epoch so far, and what follows the last of them.
    private var firstSteps = [0]
    /// The number of steps of the whole training.
    package private(set) var totalSteps = 0

    package init(_ data: TrainingData, _ recipe: TrainingRecipe) {
        (self.data, self.recipe) = (data, recipe)
        if let steps = recipe.maximumSteps {
            totalSteps = steps
        } else {
            let whole = Int(recipe.epochs.rounded(.down))
            let part = recipe.epochs - Double(whole)
            totalSteps = firstStep(of: whole)
            if part > 0 { totalSteps += Int((Double(stepCount(epoch: whole)) * part).rounded(.up)) }
        }
    }

    /// The steps of the first epoch.
    package var stepsPerEpoch: Int { stepCount(epoch: 0) }

    /// The epoch of a step, from 0, and how far in it the step begins, as a number such as 1.25.
    package func epoch(ofStep step: Int) -> Double {
        let epoch = wholeEpoch(of: step)
        let first = firstStep(of: epoch)
        return Double(epoch) + Double(step - first) / Double(max(firstStep(of: epoch + 1) - first, 1))
    }

    /// The micro-batches of a step, counted from 0.
    package func microBatches(step: Int) -> [[TrainingSequence]] {
        let epoch = wholeEpoch(of: step)
        let rows = rows(epoch: epoch)
        let start = (step - firstStep(of: epoch)) * recipe.rowsPerStep
        let end = min(start + recipe.rowsPerStep, rows.count)
        return stride(from: start, to: end, by: recipe.microBatchSize).map { first in
            rows[first..<min(first + recipe.microBatchSize, end)].flatMap { $0 }.map(data.sequence)
        }
    }

    /// The batches to validate with.
    package var validationBatches: [[TrainingSequence]] {
        let count = data.validationCount
        return stride(from: 0, to: count, by: recipe.microBatchSize).map { first in
            (first..<min(first + recipe.microBatchSize, count)).map(data.validationSequence)
        }
    }

    private func wholeEpoch(of step: Int) -> Int {
        var epoch = max((firstSteps.lastIndex { $0 <= step } ?? 0), 0)
        while firstStep(of: epoch + 1) <= step { epoch += 1 }
        return epoch
    }

    private func firstStep(of epoch: Int) -> Int {
        while firstSteps.count <= epoch {
            firstSteps.append(firstSteps[firstSteps.count - 1] + stepCount(epoch: firstSteps.count - 1))
        }
        return firstSteps[epoch]
    }

    /// The last step of an epoch takes what is left, so that no text is missed.
    private func stepCount(epoch: Int) -> Int {
        // Without packing every epoch has as many rows as texts.
        if !recipe.isPacked, epoch > 0, let known = firstSteps.dropFirst().first { return known }
        return max((rows(epoch: epoch).count + recipe.rowsPerStep - 1) / recipe.rowsPerStep, 1)
    }

    private func rows(epoch: Int) -> [[Int32]] {
        if let current, current.epoch == epoch { return current.rows }
        let entries = EpochOrder.entries(data.shares, epoch: epoch, seed: recipe.seed, isShuffled: recipe.isShuffled)
        let rows =
            recipe.isPacked
            ? Packing.rows(entries, capacity: recipe.sequenceLength, length: data.length) : entries.map { [$0] }
        current = (epoch, rows)
        return rows
    }
}
