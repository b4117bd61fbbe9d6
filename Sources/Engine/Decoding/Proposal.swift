import Platform
import Tensors

/// A token that was drawn from another distribution than the one that counts, as by a smaller model.
package struct Proposal: Sendable, Hashable {
    /// The token.
    package let id: Int32
    /// How probable each token was; tokens behind the last one were impossible.
    private let probabilities: [Float]

    init(_ id: Int32, of choices: Choices) {
        self.id = id
        var probabilities = [Float](repeating: 0, count: Int(choices.candidates.lazy.map(\.id).max() ?? 0) + 1)
        for (candidate, probability) in zip(choices.candidates, choices.probabilities) {
            probabilities[Int(candidate.id)] = Float(probability)
        }
        self.probabilities = probabilities
    }

    /// How probable a token was.
    func probability(of id: Int32) -> Double {
        probabilities.indices.contains(Int(id)) ? Double(probabilities[Int(id)]) : 0
    }
}

extension Sampler {
    /// A sampler for proposals to this one, which has learned what it has.
    ///
    /// With a seed it draws the same random numbers, so that a model that thinks alike proposes what this one will draw: proposals
    /// then are compared with what is drawn, and the seed's text stays what it is without them. Otherwise its numbers must have
    /// nothing to do with this one's, which decide whether a proposal is taken.
    package func proposing() -> Sampler {
        var sampler = self
        if !isRepeatable { sampler.generator = SeededGenerator(seed: UInt64.random(in: .min ... .max)) }
        return sampler
    }

    /// Whether the same text is to come again: its tokens are drawn as if nothing had been proposed.
    package var isRepeatable: Bool { parameters.seed != nil }

    /// Draws a token to propose.
    package mutating func propose(_ logits: UnsafeMutableBufferPointer<Float>, history: [Int32]) -> Proposal {
        let choices = choices(logits, history)
        let token = choices.draw(&generator)
        learn(token, of: choices)
        return Proposal(token, of: choices)
    }

    /// The probability of the likeliest token.
    package static func confidence(_ logits: UnsafeBufferPointer<Float>) -> Float {
        expf(logits[Logits.argmax(logits)] - Logits.logSumExp(logits))
    }
}
