/// What computes steps for a training loop.
package protocol TrainingBackend {
    /// Updates the weights by the micro-batches of one step, counted from 0; returns the mean loss over learned tokens, the norm
    /// of the gradients before it was limited, and the learning rate.
    mutating func train(step: Int, _ microBatches: [[TrainingSequence]]) throws -> (
        loss: Double, gradientNorm: Double, learningRate: Double
    )

    /// The mean loss over the learned tokens of all batches.
    mutating func loss(of batches: [[TrainingSequence]]) throws -> Double

    /// Writes all that is needed to go on after `steps` steps into a folder that it makes.
    mutating func saveCheckpoint(to folder: String, steps: Int) throws

    /// Writes the model, or the adapter, for use.
    mutating func saveResult(to folder: String) throws
}
