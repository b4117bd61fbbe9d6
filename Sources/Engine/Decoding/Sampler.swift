import Platform
import Tensors

/// Chooses tokens from logits as its parameters say.
package struct Sampler: Sendable {
    /// The parameters.
    package let parameters: SamplingParameters
    var generator: SeededGenerator
    private let bias: LogitBias?
    private let penalties: [SamplingStep: any LogitProcessor]
    private var mirostat: MirostatState?
    private var adaptive: AdaptiveState?

    /// Makes a sampler; without a seed in the parameters it draws a fresh one.
    ///
    /// - Parameter isBreaker: the tokens at which DRY's repetitions begin anew.
    package init(_ parameters: SamplingParameters, isBreaker: @escaping @Sendable (Int32) -> Bool = { _ in false }) {
        self.parameters = parameters
        generator = SeededGenerator(seed: parameters.seed ?? UInt64.random(in: .min ... .max))
        bias = parameters.logitBias.isEmpty ? nil : LogitBias(bias: parameters.logitBias)
        var penalties: [SamplingStep: any LogitProcessor] = [:]
        penalties[.penalties] = RepetitionPenalties(parameters)
        penalties[.dry] = RepetitionGuard(parameters, isBreaker: isBreaker)
        self.penalties = penalties
        mirostat = parameters.mirostat.map(MirostatState.init)
        adaptive = AdaptiveState(parameters)
    }

    /// Chooses the next token.
    ///
    /// - Parameters:
    ///   - logits: one per token of the vocabulary; biases and penalties are applied in place.
    ///   - history: the text so far, for the penalties.
    ///   - proposal: a token that another sampler has drawn, which is taken as often as the distribution of this one's allows.
    package mutating func sample(
        _ logits: UnsafeMutableBufferPointer<Float>, history: [Int32], proposal: Proposal? = nil
    ) -> Int32 {
        let choices = choices(logits, history)
        let token = choices.draw(&generator, proposal)
        learn(token, of: choices)
        return token
    }

    /// What is learned from a token that was drawn.
    mutating func learn(_ token: Int32, of choices: Choices) {
        mirostat?.accept(token, of: choices.candidates)
        adaptive?.accept(token, of: choices.unchanged)
    }

    /// What may be drawn; biases and penalties are applied to the logits in place.
    mutating func choices(_ logits: UnsafeMutableBufferPointer<Float>, _ history: [Int32]) -> Choices {
        if let bias { Self.apply(bias, logits, history) }
        var steps = activeSteps[...]
        // With nothing left out yet they see every logit.
        while let step = steps.first, step == .penalties || step == .dry {
            if let processor = penalties[step] { Self.apply(processor, logits, history) }
            steps.removeFirst()
        }
        let count = logits.count
        let logits = UnsafeBufferPointer(logits)
        guard parameters.temperature > 0 || parameters.temperatureRange > 0 else {
            return Choices(certain: Int32(Logits.argmax(logits)))
        }
        if let mirostat {
            var candidates = CandidateSelection.all(logits)
            take(.temperature, &candidates, [])
            mirostat.restrict(&candidates, vocabularySize: count)
            return Choices(candidates)
        }
        if let adaptive {
            let candidates = candidates(logits, steps, history)
            var choices = Choices(adaptive.transformed(candidates).sorted(by: Candidate.precedes))
            choices.unchanged = candidates
            return choices
        }
        guard isPlain(steps) else { return Choices(candidates(logits, steps, history)) }
        return Choices(
            plainCandidates(logits, Set(steps)), temperature: steps.contains(.temperature) ? parameters.temperature : 1)
    }

    // MARK: Steps

    /// The steps that do something. Mirostat is in place of all of them.
    var activeSteps: [SamplingStep] {
        guard mirostat == nil else { return [] }
        return parameters.steps.filter { step in
            switch step {
            case .penalties, .dry: penalties[step] != nil
            case .topNSigma: parameters.topNSigma > 0
            case .topK: parameters.topK > 0
            case .typical: parameters.typicalP < 1
            case .topP: parameters.topP < 1
            case .minP: parameters.minP > 0
            case .xtc: parameters.xtcProbability > 0 && parameters.xtcThreshold <= 0.5
            case .temperature: parameters.temperature != 1 || parameters.temperatureRange > 0
            }
        }
    }

    /// Whether only top-k, typical, top-p, min-p and a fixed temperature are left, in this order, which needs no sorting of the
    /// whole vocabulary.
    private func isPlain(_ steps: ArraySlice<SamplingStep>) -> Bool {
        let plain: [SamplingStep] = [.topK, .typical, .topP, .minP, .temperature]
        return parameters.temperatureRange <= 0 && plain.filter(steps.contains).elementsEqual(steps)
    }

    private static func apply(
        _ processor: any LogitProcessor, _ logits: UnsafeMutableBufferPointer<Float>, _ history: [Int32]
    ) {
        for (id, change) in processor.changes(history) where logits.indices.contains(Int(id)) {
            logits[Int(id)] = change.applied(to: logits[Int(id)])
        }
    }

    /// The tokens that top-k, typical, top-p and min-p leave, best first.
    private func plainCandidates(_ logits: UnsafeBufferPointer<Float>, _ steps: Set<SamplingStep>) -> [Candidate] {
        var candidates: [Candidate]
        var hasNucleus = false
        if steps.contains(.topK), parameters.topK < logits.count {
            candidates = CandidateSelection.best(parameters.topK, of: logits)
        } else if !steps.contains(.typical), steps.contains(.topP) {
            candidates = CandidateSelection.nucleus(parameters.topP, of: logits)
            hasNucleus = true
        } else if !steps.contains(.typical), steps.contains(.minP) {
            candidates = CandidateSelection.above(logits[Logits.argmax(logits)] + logf(parameters.minP), of: logits)
        } else {
            candidates = CandidateSelection.all(logits)
        }
        if steps.contains(.typical) { Truncation.typical(parameters.typicalP, &candidates) }
        if steps.contains(.topP), !hasNucleus { Truncation.topP(parameters.topP, &candidates) }
        if steps.contains(.minP) { Truncation.minP(parameters.minP, &candidates) }
        return candidates
    }

    /// What any steps in any order leave, best first, with the logits that they are drawn by.
    mutating func candidates(
        _ logits: UnsafeBufferPointer<Float>, _ steps: ArraySlice<SamplingStep>, _ history: [Int32]
    ) -> [Candidate] {
        var steps = steps
        var candidates: [Candidate]
        if steps.first == .topK {
            candidates = CandidateSelection.best(min(parameters.topK, logits.count), of: logits)
            steps.removeFirst()
        } else if steps.first == .topNSigma {
            let reach = parameters.topNSigma * Truncation.standardDeviation(logits)
            candidates = CandidateSelection.above(logits[Logits.argmax(logits)] - reach, of: logits)
            steps.removeFirst()
        } else {
            candidates = CandidateSelection.all(logits)
        }
        for step in steps { take(step, &candidates, history) }
        return candidates
    }

    private mutating func take(_ step: SamplingStep, _ candidates: inout [Candidate], _ history: [Int32]) {
        switch step {
        case .penalties, .dry:
            let changes = penalties[step]?.changes(history) ?? [:]
            for index in candidates.indices {
                guard let change = changes[candidates[index].id] else { continue }
                candidates[index].logit = change.applied(to: candidates[index].logit)
            }
            candidates.sort(by: Candidate.precedes)
        case .topNSigma: Truncation.topNSigma(parameters.topNSigma, &candidates)
        case .topK: candidates.removeLast(max(0, candidates.count - parameters.topK))
        case .typical: Truncation.typical(parameters.typicalP, &candidates)
        case .topP: Truncation.topP(parameters.topP, &candidates)
        case .minP: Truncation.minP(parameters.minP, &candidates)
        case .xtc:
            guard Float(generator.nextUnit()) < parameters.xtcProbability else { return }
            Truncation.excludeTopChoices(parameters.xtcThreshold, &candidates)
        case .temperature:
            Truncation.temper(
                parameters.temperature, range: parameters.temperatureRange, exponent: parameters.temperatureExponent,
                &candidates)
        }
    }
}

extension Sampler {
    /// The entropy of what may come next, in nats; `logTotal` is the logarithm of the sum of the logits' exponentials.
    package static func entropy(of logits: UnsafeBufferPointer<Float>, logTotal: Float) -> Float {
        var sum = 0.0
        // What is 50 nats below the sum adds less than a float can tell.
        for logit in logits where logit - logTotal > -50 { sum -= Double(expf(logit - logTotal) * (logit - logTotal)) }
        return Float(max(0, sum))
    }

    /// The `count` most likely tokens of one position with their log-probabilities, best first.
    package static func mostLikely(
        _ count: Int, of logits: UnsafeBufferPointer<Float>
    ) -> [(id: Int32, logProbability: Float)] {
        guard count > 0 else { return [] }
        let total = Logits.logSumExp(logits)
        return CandidateSelection.best(count, of: logits).map { ($0.id, $0.logit - total) }
    }
}
