import JSONValues
import Testing

@testable import Evaluation

/// Numbers of ranx, pytrec_eval, scikit-learn, scipy and Python's random (scripts/make_ranking_fixtures.py), to 1e-9.
struct RankingTests {
    let fixture: JSON

    init() throws { fixture = try Fixtures.json("ranking.json") }

    @Test func retrievalIsTrecEvalsAndRanxs() throws {
        var (judgments, run) = ([String: [String: Int]](), [String: [String: Double]]())
        for (query, grades) in fixture["judgments"]?.objectValue ?? [:] {
            for (document, grade) in grades.objectValue ?? [:] {
                judgments[query, default: [:]][document] = grade.intValue
            }
        }
        for (query, scores) in fixture["run"]?.objectValue ?? [:] {
            for (document, score) in scores.objectValue ?? [:] {
                run[query, default: [:]][document] = score.doubleValue
            }
        }
        let all = try RetrievalMetrics(judgments: judgments, run: run)
        let trec: [(String, RetrievalMetrics.Metric)] = [
            ("ndcg", .ndcg(nil)), ("ndcg_cut_5", .ndcg(5)), ("ndcg_cut_10", .ndcg(10)),
            ("recip_rank", .reciprocalRank(nil)), ("recall_5", .recall(5)), ("recall_10", .recall(10)),
            ("map", .averagePrecision(nil)), ("map_cut_10", .averagePrecision(10)), ("P_5", .precision(5)),
            ("success_5", .hit(5)),
        ]
        for (name, metric) in trec {
            #expect(all.mean(metric).isClose(to: fixture["trec"]?[name]?.doubleValue, within: 1e-9), "\(name)")
        }
        let untied = judgments.filter { Int($0.key.dropFirst()).map { $0 % 4 != 0 } ?? false }
        let some = try RetrievalMetrics(judgments: untied, run: run)
        let ranx: [(String, RetrievalMetrics.Metric)] = [
            ("ndcg", .ndcg(nil)), ("ndcg@5", .ndcg(5)), ("mrr", .reciprocalRank(nil)), ("recall@5", .recall(5)),
            ("map", .averagePrecision(nil)), ("map@10", .averagePrecision(10)), ("precision@5", .precision(5)),
            ("hit_rate@5", .hit(5)),
        ]
        for (name, metric) in ranx {
            #expect(some.mean(metric).isClose(to: fixture["ranx"]?[name]?.doubleValue, within: 1e-9), "\(name)")
        }
    }

    @Test func equalScoresAreRankedByOneRule() throws {
        let scores = ["a", "b", "c", "d", "e"].map { ($0, 0.5) }
        let values = try [scores, scores.reversed()].map { scores in
            let metrics = try RetrievalMetrics(
                judgments: ["q": ["a": 1]], run: ["q": Dictionary(uniqueKeysWithValues: scores)])
            return [metrics.mean(.reciprocalRank(nil)), metrics.mean(.ndcg(nil)), metrics.mean(.averagePrecision(nil))]
        }
        #expect(values[0] == values[1])
        #expect(values[0][0] == 0.2)
        #expect(throws: EvaluationError.self) { try RetrievalMetrics(judgments: ["q": ["a": 0]], run: [:]) }
    }

    @Test func labelsAreScikitLearns() throws {
        let agreement = try LabelAgreement(
            expected: fixture["labels"]?.texts ?? [], predicted: fixture["guesses"]?.texts ?? [])
        for (name, value) in [
            ("accuracy", agreement.accuracy), ("macro_f1", agreement.macroF1), ("weighted_f1", agreement.weightedF1),
            ("mcc", agreement.matthewsCorrelation), ("kappa", agreement.cohensKappa),
        ] {
            #expect(value.isClose(to: fixture[name]?.doubleValue, within: 1e-9), "\(name)")
        }
        let measure = agreement.vMeasure
        for (value, expected) in zip(
            [measure.homogeneity, measure.completeness, measure.score], fixture["v"]?.numbers ?? [])
        {
            #expect(value.isClose(to: expected, within: 1e-9))
        }
        #expect(throws: EvaluationError.self) { try LabelAgreement(expected: ["a"], predicted: []) }
    }

    @Test func correlationsAreScipys() throws {
        let (scores, others) = (fixture["scores"]?.numbers ?? [], fixture["others"]?.numbers ?? [])
        #expect(try Correlation.pearson(scores, others).isClose(to: fixture["pearson"]?.doubleValue, within: 1e-9))
        #expect(try Correlation.spearman(scores, others).isClose(to: fixture["spearman"]?.doubleValue, within: 1e-9))
        #expect(throws: EvaluationError.self) { try Correlation.pearson([1, 1], [2, 3]) }
    }

    @Test func passAtKIsUnbiasedAndRefusesTooFewSamples() throws {
        for row in fixture["pass"]?.arrayValue ?? [] {
            let numbers = row.numbers
            let value = try PassAtK.estimate(samples: Int(numbers[0]), correct: Int(numbers[1]), k: Int(numbers[2]))
            #expect(value.isClose(to: numbers[3], within: 1e-9), "\(numbers)")
        }
        let error = #expect(throws: EvaluationError.self) { try PassAtK.estimate(samples: 2, correct: 0, k: 5) }
        #expect(error?.kind == .parameter)
    }

    @Test func ratingsAreFiniteAndOfGreatestLikelihood() throws {
        let battles = (fixture["battles"]?.arrayValue ?? []).compactMap { row in
            Battle.Outcome(rawValue: row.texts[2]).map { Battle(row.texts[0], row.texts[1], $0) }
        }
        let (elo, terry) = (Arena.elo(battles), try Arena.bradleyTerry(battles))
        #expect(elo.count == 5 && terry.count == 5)
        for (name, rating) in elo { #expect(rating.isClose(to: fixture["elo"]?[name]?.doubleValue, within: 1e-9)) }
        for (name, rating) in terry {
            #expect(rating.isClose(to: fixture["bradley_terry"]?[name]?.doubleValue, within: 0.01), "\(name) \(rating)")
        }
        let intervals = try Arena.intervals(battles, samples: 20)
        for (name, interval) in intervals {
            #expect(interval.low <= interval.middle && interval.middle <= interval.high && interval.high.isFinite)
            #expect(interval.low < (terry[name] ?? 0) + 200 && interval.high > (terry[name] ?? 0) - 200)
        }
        #expect(throws: EvaluationError.self) { try Arena.bradleyTerry(battles, prior: 0) }
    }

    @Test func calibrationIsMeasured() throws {
        let probabilities = fixture["probabilities"]?.numbers ?? []
        let outcomes = (fixture["outcomes"]?.numbers ?? []).map { $0 == 1 }
        let brier = try Calibration.brierScore(probabilities: probabilities, outcomes: outcomes)
        #expect(brier.isClose(to: fixture["brier"]?.doubleValue, within: 1e-9))
        // Two bins: |0.2 - 0.5| * 2/4 and |0.9 - 1| * 2/4.
        let error = try Calibration.expectedError(
            confidences: [0.1, 0.3, 0.9, 0.9], outcomes: [true, false, true, true], bins: 2)
        #expect(error.isClose(to: 0.2, within: 1e-12))
        #expect(try Calibration.brierScore(distributions: [[0.5, 0.5]], labels: [1]) == 0.5)
        #expect(throws: EvaluationError.self) { try Calibration.expectedError(confidences: [1.5], outcomes: [true]) }
    }

    @Test func drawsArePythonsAndNumPys() throws {
        let draws = try #require(fixture["draws"])
        for row in draws["sample"]?.arrayValue ?? [] {
            var generator = MersenneTwister(pythonSeed: row[0]?.intValue ?? 0)
            let drawn = generator.sample(row[2]?.intValue ?? 0, of: row[1]?.intValue ?? 0)
            #expect(drawn.map(Double.init) == row[3]?.numbers, "\(row)")
        }
        var generator = MersenneTwister(pythonSeed: 1234)
        #expect([generator.uniform()] == draws["random"]?.numbers)
        generator = MersenneTwister(pythonSeed: 9)
        #expect(generator.choices(20, of: 17).map(Double.init) == draws["choices"]?.numbers)
        generator = MersenneTwister(pythonSeed: 5)
        var list = Array(0..<30)
        generator.shuffle(&list)
        #expect(list.map(Double.init) == draws["shuffle"]?.numbers)
        generator = MersenneTwister(numpySeed: 11)
        #expect(generator.numpyChoices(40, of: 37).map(Double.init) == draws["numpy"]?.numbers)
    }

    @Test func likelihoodsBecomePerplexities() throws {
        let likelihood = TextLikelihood(logLikelihood: -20, tokens: 5, text: " two words")
        #expect(likelihood.words == 3 && likelihood.bytes == 10)
        #expect(likelihood.tokenPerplexity.isClose(to: 54.598150033144236, within: 1e-9))
        #expect(likelihood.bytePerplexity.isClose(to: 7.38905609893065, within: 1e-9))
        #expect(likelihood.bitsPerByte.isClose(to: 2.8853900817779268, within: 1e-9))
        #expect(
            ["": 1, " ": 2, "a": 1, "a b": 2, " a ": 3].allSatisfy { TextLikelihood.wordCount($0.key) == $0.value })
        let windows = try ScoringWindow.strided(tokens: 10, window: 4, stride: 2)
        #expect(windows.flatMap { Array($0.scored) } == Array(1..<10))
        #expect(throws: EvaluationError.self) { try ScoringWindow.strided(tokens: 10, window: 4, stride: 5) }
    }

    @Test func nearTokensScoreHigh() {
        let texts: [[Float]] = [[1, 0], [0, 2], [3, 3]]
        let same = VectorSimilarity.bertScore(texts, texts, weights: [0, 1, 1], referenceWeights: [0, 1, 1])
        #expect(abs(same.f1 - 1) < 1e-6)
        let other = VectorSimilarity.bertScore([[1, 0]], [[0, 1], [1, 1]], weights: [1], referenceWeights: [1, 1])
        #expect(other.precision.isClose(to: 0.70710678, within: 1e-6))
        #expect(other.recall.isClose(to: 0.35355339, within: 1e-6))
    }

    @Test func textsWithoutTokensScoreNothing() throws {
        var options = TextMetric.Options()
        #expect(throws: EvaluationError.self) {
            try TextMetric.bertScore.result(hypotheses: ["a"], references: [["a"]], options: options)
        }
        // A word is a unit vector of its length; marks stand around texts.
        options.encoder = { texts in
            texts.map { text in
                let words = text.split(separator: " ").map { $0.count == 1 ? [1, 0] : [0, 1] as [Float] }
                return BERTScore.Text(
                    states: [[1, 1]] + words + [[1, 1]], weights: [0] + words.map { _ in 1 } + [0])
            }
        }
        let result = try TextMetric.bertScore.result(
            hypotheses: ["a bb", "", "a"], references: [["a", "a", "bb"], ["a bb", "", "b "]], options: options)
        // The best reference counts.
        let f1 = result.parts["f1"]?.arrayValue?.compactMap(\.doubleValue) ?? []
        #expect(f1.count == 3 && abs(f1[0] - 1) < 1e-6 && f1[1] == 0 && abs(f1[2] - 1) < 1e-6)
        #expect(result.signature == "encoder:encoder|idf:no")
    }
}
