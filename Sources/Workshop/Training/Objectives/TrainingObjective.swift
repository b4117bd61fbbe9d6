import Architectures
import Tensors

/// What a training makes smaller: a loss over batches of texts, and its gradient.
protocol TrainingObjective {
    /// What the losses of batches are divided by for their mean.
    func weight(of batches: [[TrainingSequence]]) -> Double

    /// The sum of a batch's losses; while operations are recorded, the gradient of `factor` times it is led to the parameters.
    func loss(of batch: [TrainingSequence], factor: Double, _ network: Network<TapedOperations>) -> Double
}

/// Each token is predicted from those before it.
struct NextTokenObjective: TrainingObjective {
    /// The strength of noise on embeddings.
    let noise: Float

    func weight(of batches: [[TrainingSequence]]) -> Double {
        var sum = 0.0
        for batch in batches {
            for sequence in batch { for weight in sequence.weights.dropFirst() { sum += Double(weight) } }
        }
        return sum
    }

    func loss(of batch: [TrainingSequence], factor: Double, _ network: Network<TapedOperations>) -> Double {
        let sum = network.crossEntropy(
            batch.map { ($0.tokens, $0.weights) }, factor: Float(factor), noise: noise)
        if network.operations.isRecording { network.operations.backward() } else { network.operations.discard() }
        return sum
    }
}
