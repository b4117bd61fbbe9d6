import JSONValues
import Templating

/// The metrics of tasks by lm-evaluation-harness's names: what one question gives, and what all of them give together.
package enum TaskMetrics {
    static func known(_ type: EvaluationTask.OutputType) -> [String] {
        switch type {
        case .multipleChoice: ["acc", "acc_norm", "acc_bytes", "exact_match", "brier_score", "mcc", "f1"]
        case .logLikelihood: ["perplexity", "acc"]
        case .rollingLogLikelihood: ["word_perplexity", "byte_perplexity", "bits_per_byte"]
        case .generateUntil: ["exact_match", "bleu", "chrf", "chrf++", "ter"]
        }
    }

    static func usual(_ type: EvaluationTask.OutputType) -> [String] {
        switch type {
        case .multipleChoice: ["acc", "acc_norm"]
        case .generateUntil: ["exact_match"]
        case .logLikelihood, .rollingLogLikelihood: known(type)
        }
    }

    /// What a metric keeps of one question.
    enum Observation: Sendable {
        /// A number whose mean is taken.
        case value(Double)
        /// A log-likelihood and what it is divided by.
        case likelihood(Double, weight: Double)
        /// The number of the right choice and of the chosen one.
        case labels(right: Int, chosen: Int)
        /// Squared distances of a distribution from the right choice.
        case squaredError(Double)
        /// An answer and its references.
        case texts(String, [String])
    }

    // MARK: One question

    /// What several choices' likelihoods say.
    static func observe(
        _ metric: String, likelihoods: [Likelihood], choices: [String], right: [Int]
    ) -> Observation? {
        let scores = likelihoods.map(\.logProbability)
        func first(_ lengths: [Double]) -> Int {
            // NumPy's argmax takes the first of equal ones; a choice without a character divides by zero, as there.
            let values = zip(scores, lengths).map { $0 / $1 }
            return values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
        }
        let chosen = first(scores.map { _ in 1 })
        switch metric {
        case "acc": return .value(right.contains(chosen) ? 1 : 0)
        case "acc_norm":
            return .value(right.contains(first(choices.map { Double($0.unicodeScalars.count) })) ? 1 : 0)
        case "acc_bytes": return .value(right.contains(first(choices.map { Double($0.utf8.count) })) ? 1 : 0)
        case "exact_match":
            return .value(right.contains { likelihoods.indices.contains($0) && likelihoods[$0].isGreedy } ? 1 : 0)
        case "mcc", "f1": return .labels(right: right.first ?? -100, chosen: chosen)
        case "brier_score":
            let largest = scores.max() ?? 0
            let weights = scores.map { ($0 - largest).exponential }
            let total = weights.reduce(0, +)
            return .squaredError(
                weights.enumerated().reduce(0) { sum, entry in
                    let gap = entry.element / total - (right.first == entry.offset ? 1 : 0)
                    return sum + gap * gap
                })
        default: return nil
        }
    }

    /// What a whole text's likelihood says.
    static func observe(_ metric: String, logLikelihood: Double, text: String) -> Observation? {
        switch metric {
        case "word_perplexity": .likelihood(logLikelihood, weight: Double(TextLikelihood.wordCount(text)))
        case "byte_perplexity", "bits_per_byte": .likelihood(logLikelihood, weight: Double(text.utf8.count))
        default: nil
        }
    }

    /// What a written answer says.
    static func observe(
        _ entry: EvaluationTask.MetricEntry, answer: String, references: [String], at place: String
    ) throws(EvaluationError) -> Observation? {
        guard entry.name == "exact_match" else { return .texts(answer, references) }
        var ignored: [PythonRegex] = []
        for pattern in entry.settings["regexes_to_ignore"]?.arrayValue ?? [] {
            ignored.append(try PythonRegex(pattern.stringValue ?? "", at: "\(place), regexes_to_ignore"))
        }
        func normal(_ text: String) -> Scalars {
            var text = ignored.reduce(text) { $1.removingMatches(in: $0) }
            if entry.settings["ignore_case"] == true { text = text.pythonLowercased }
            var scalars = text.scalars
            if entry.settings["ignore_punctuation"] == true { scalars.removeAll(where: \.isASCIIPunctuation) }
            if entry.settings["ignore_numbers"] == true { scalars.removeAll { ("0"..."9").contains($0) } }
            return scalars
        }
        let mine = normal(answer)
        return .value(references.contains { normal($0) == mine } ? 1 : 0)
    }

    // MARK: All questions

    /// The metric over all questions and its standard error, nil where there is none.
    static func aggregate(
        _ metric: String, _ observations: [Observation], bootstrapSamples: Int
    ) -> (value: Double, error: Double?) {
        let values = observations.compactMap { if case .value(let value) = $0 { value } else { nil as Double? } }
        let sums = observations.reduce(into: (0.0, 0.0)) { sums, observation in
            if case .likelihood(let likelihood, let weight) = observation {
                sums = (sums.0 + likelihood, sums.1 + weight)
            }
        }
        switch metric {
        case "perplexity":
            return ((-values.mean).exponential, bootstrapError(values, bootstrapSamples))
        case "word_perplexity", "byte_perplexity": return ((-sums.0 / sums.1).exponential, nil)
        case "bits_per_byte": return (-sums.0 / sums.1 / 2.0.logarithm, nil)
        case "brier_score":
            let errors = observations.compactMap {
                if case .squaredError(let value) = $0 { value } else { nil as Double? }
            }
            return (errors.mean, nil)
        case "mcc", "f1": return (labelScore(metric, observations), nil)
        case "bleu", "chrf", "chrf++", "ter": return (textScore(metric, observations), nil)
        default: return (values.mean, standardError(values))
        }
    }

    /// The standard error of a mean; nil for fewer than two values.
    package static func standardError(_ values: [Double]) -> Double? {
        guard values.count > 1 else { return nil }
        let mean = values.mean
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
        return (variance / Double(values.count)).squareRoot()
    }

    /// The deviation of the perplexity over samples, drawn as the harness draws them: a thousand from each seed.
    private static func bootstrapError(_ values: [Double], _ count: Int) -> Double? {
        guard values.count > 1 else { return nil }
        let samples = (0..<count / 1000).flatMap { seed -> [Double] in
            var generator = MersenneTwister(pythonSeed: seed)
            return (0..<1000).map { _ in
                let sum = generator.choices(values.count, of: values.count).reduce(0) { $0 + values[$1] }
                return (-sum / Double(values.count)).exponential
            }
        }
        return standardError(samples).map { $0 * Double(samples.count).squareRoot() }
    }

    private static func labelScore(_ metric: String, _ observations: [Observation]) -> Double {
        let pairs = observations.compactMap { observation -> (Int, Int)? in
            if case .labels(let right, let chosen) = observation { (right, chosen) } else { nil }
        }
        guard
            let agreement = try? LabelAgreement(
                expected: pairs.map { String($0.0) }, predicted: pairs.map { String($0.1) })
        else { return 0 }
        if metric == "mcc" { return agreement.matthewsCorrelation }
        return agreement.labels.firstIndex(of: "1").map { agreement.f1[$0] } ?? 0
    }

    private static func textScore(_ metric: String, _ observations: [Observation]) -> Double {
        let texts = observations.compactMap { observation -> (String, [String])? in
            if case .texts(let answer, let references) = observation { (answer, references) } else { nil }
        }
        guard let pairs = try? TextPairs(hypotheses: texts.map(\.0), referencesOfEach: texts.map(\.1)) else { return 0 }
        switch metric {
        case "bleu": return BLEU().corpusScore(pairs).score
        case "chrf": return ChrF().corpusScore(pairs).score
        case "chrf++": return ChrF.plusPlus.corpusScore(pairs).score
        default: return TranslationEditRate().corpusScore(pairs).score
        }
    }
}
