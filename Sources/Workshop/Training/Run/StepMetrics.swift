import JSONValues

/// What a step of training gave.
package struct StepMetrics: Sendable, Hashable {
    /// The step, from 1.
    package var step: Int
    /// The epoch and how far in it the step ended.
    package var epoch: Double
    /// The mean over learned tokens.
    package var loss: Double
    package var learningRate: Double
    /// The norm of all gradients before it was limited.
    package var gradientNorm: Double
    package var tokensPerSecond: Double
    /// The mean over the learned tokens of the texts to validate with, if that was measured after the step.
    package var validationLoss: Double?

    package init(
        step: Int, epoch: Double, loss: Double, learningRate: Double, gradientNorm: Double, tokensPerSecond: Double
    ) {
        (self.step, self.epoch, self.loss) = (step, epoch, loss)
        (self.learningRate, self.gradientNorm, self.tokensPerSecond) = (learningRate, gradientNorm, tokensPerSecond)
    }

    var json: JSON {
        var members: JSON.Object = [
            "step": .integer(step), "epoch": .number(epoch), "loss": .number(loss),
            "learning_rate": .number(learningRate),
            "grad_norm": .number(gradientNorm), "tokens_per_second": .number(tokensPerSecond),
        ]
        if let validationLoss { members["eval_loss"] = .number(validationLoss) }
        return .object(members)
    }

    var values: [(name: String, value: Double)] {
        [
            ("train/loss", loss), ("train/learning_rate", learningRate), ("train/grad_norm", gradientNorm),
            ("train/tokens_per_second", tokensPerSecond), ("train/epoch", epoch),
        ] + (validationLoss.map { [("eval/loss", $0)] } ?? [])
    }
}
