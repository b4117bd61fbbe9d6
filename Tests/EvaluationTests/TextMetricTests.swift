import JSONValues
import Testing

@testable import Evaluation

/// The references' own scores (scripts/make_metric_fixtures.py) on odd texts, to 1e-6.
struct TextMetricTests {
    struct Segment {
        var hypothesis: String
        var references: [String]
        var scores: JSON
    }

    static func segments() throws -> [Segment] {
        try (Fixtures.json("text_metrics.json")["segments"]?.arrayValue ?? []).map {
            Segment(
                hypothesis: $0["hypothesis"]?.stringValue ?? "", references: $0["references"]?.texts ?? [],
                scores: $0["scores"] ?? .null)
        }
    }

    static var bleus: [String: BLEU] {
        func make(_ change: (inout BLEU) -> Void) -> BLEU {
            var bleu = BLEU()
            change(&bleu)
            return bleu
        }
        return [
            "bleu": BLEU(), "bleu-eff": make { $0.usesEffectiveOrder = true },
            "bleu-char": make { $0.tokenizer = .character }, "bleu-intl": make { $0.tokenizer = .international },
            "bleu-none": make { $0.tokenizer = .none }, "bleu-zh": make { $0.tokenizer = .chinese },
            "bleu-lc": make { $0.lowercases = true }, "bleu-floor": make { $0.smoothing = .floor(0.1) },
            "bleu-addk": make { $0.smoothing = .addK(1) }, "bleu-nosmooth": make { $0.smoothing = .none },
        ]
    }

    static var chrFs: [String: ChrF] {
        var (spaced, epsilon) = (ChrF(), ChrF())
        (spaced.lowercases, spaced.keepsSpace, epsilon.smoothsWithEpsilon) = (true, true, true)
        return ["chrf": ChrF(), "chrf++": .plusPlus, "chrf-lc-space": spaced, "chrf-eps": epsilon]
    }

    static var editRates: [String: TranslationEditRate] {
        var (normal, bare, asian, cased) = (
            TranslationEditRate(), TranslationEditRate(), TranslationEditRate(), TranslationEditRate()
        )
        (normal.normalizes, bare.removesPunctuation, cased.keepsCase) = (true, true, true)
        (asian.normalizes, asian.removesPunctuation, asian.knowsAsianScripts) = (true, true, true)
        return [
            "ter": TranslationEditRate(), "ter-norm": normal, "ter-nopunct": bare, "ter-asian": asian,
            "ter-case": cased,
        ]
    }

    @Test func sentenceScoresAreSacrebleus() throws {
        for segment in try Self.segments() {
            func check(_ name: String, _ score: Double) {
                let expected = segment.scores[name]?.doubleValue
                #expect(
                    score.isClose(to: expected),
                    "\(name): \(score), not \(expected ?? -1), of \(segment.hypothesis) / \(segment.references)")
            }
            for (name, bleu) in Self.bleus {
                check(name, bleu.sentenceScore(segment.hypothesis, references: segment.references).score)
            }
            for (name, metric) in Self.chrFs {
                check(name, metric.sentenceScore(segment.hypothesis, references: segment.references).score)
            }
            for (name, metric) in Self.editRates {
                check(name, metric.sentenceScore(segment.hypothesis, references: segment.references).score)
            }
        }
    }

    @Test func corpusScoresAndSignaturesAreSacrebleus() throws {
        let corpus = try #require(Fixtures.json("text_metrics.json")["corpus"])
        let pairs = try TextPairs(
            hypotheses: corpus["hypotheses"]?.texts ?? [],
            references: corpus["references"]?.arrayValue?.map(\.texts) ?? [])
        var results: [String: MetricResult] = [:]
        for (name, metric) in Self.bleus { results[name] = metric.corpusScore(pairs) }
        for (name, metric) in Self.chrFs { results[name] = metric.corpusScore(pairs) }
        for (name, metric) in Self.editRates { results[name] = metric.corpusScore(pairs) }
        for (name, expected) in corpus["scores"]?.objectValue ?? [:] {
            let result = try #require(results[name])
            #expect(result.score.isClose(to: expected[0]?.doubleValue), "\(name): \(result.score)")
            #expect(result.signature == expected[1]?.stringValue)
            #expect(result.name == expected[2]?.stringValue)
        }
        var rouge = ROUGE(.lcs)
        rouge.stems = false
        let result = rouge.corpusScore(pairs, seed: 5)
        for (bound, row) in zip(["low", "mid", "high"], corpus["rougeL-bootstrap"]?.arrayValue ?? []) {
            for (key, value) in zip(["precision", "recall", "fmeasure"], row.numbers) {
                let mine = result.parts["\(key)_interval"]?[bound]?.doubleValue
                #expect(mine?.isClose(to: value) == true, "\(key) \(bound): \(mine ?? -1), not \(value)")
            }
        }
        let distinct = try Diversity.distinct(pairs.hypotheses, order: 2)
        #expect(distinct.score.isClose(to: corpus["distinct-2"]?.doubleValue))
        let entropy = try Diversity.entropy(pairs.hypotheses, order: 2)
        #expect(entropy.score.isClose(to: corpus["entropy-2"]?.doubleValue))
        let selfBLEU = try Diversity.selfBLEU(Array(pairs.hypotheses.prefix(40)))
        #expect(selfBLEU.score.isClose(to: corpus["self-bleu"]?.doubleValue))
    }

    @Test func rougeScoresAreRougeScores() throws {
        for segment in try Self.segments() {
            let texts = ([segment.hypothesis] + segment.references).map {
                $0.split(separator: " . ", omittingEmptySubsequences: false).joined(separator: " .\n")
            }
            for kind in [ROUGE.Kind.nGrams(1), .nGrams(2), .lcs, .summaryLCS] {
                for stems in [false, true] {
                    var rouge = ROUGE(kind)
                    rouge.stems = stems
                    let score = rouge.score(texts[0], references: Array(texts.dropFirst()))
                    let expected = segment.scores[kind.name + (stems ? "-stem" : "")]?.numbers ?? []
                    let mine = [score.precision, score.recall, score.fMeasure]
                    #expect(
                        expected.count == 3 && zip(mine, expected).allSatisfy { $0.isClose(to: $1) },
                        "\(kind.name) \(stems): \(mine), not \(expected), of \(texts)")
                }
            }
        }
    }

    @Test func stemsAreNltks() throws {
        for row in try Fixtures.json("text_metrics.json")["stems"]?.arrayValue ?? [] {
            let (word, stem) = (row.texts[0], row.texts[1])
            #expect(String(PorterStemmer.stem(word.scalars)).utf8.elementsEqual(stem.utf8), "\(word)")
        }
    }

    @Test func meteorIsNltks() throws {
        let wordNet = try WordNet(folder: Fixtures.path("wordnet"))
        for segment in try Self.segments() {
            for (name, meteor) in [("meteor", METEOR()), ("meteor-wordnet", METEOR(wordNet: wordNet))] {
                let score = meteor.score(segment.hypothesis, references: segment.references)
                let expected = segment.scores[name]?.doubleValue
                #expect(
                    score.isClose(to: expected),
                    "\(name): \(score), not \(expected ?? -1), of \(segment.hypothesis) / \(segment.references)")
            }
        }
    }

    @Test func answersAreMatchedAsInSQuAD() throws {
        for segment in try Self.segments() {
            let exact = AnswerMatch.exactMatch(segment.hypothesis, references: segment.references)
            #expect(exact == segment.scores["exact_match"]?.doubleValue, "\(segment)")
            let f1 = AnswerMatch.f1(segment.hypothesis, references: segment.references)
            #expect(f1.isClose(to: segment.scores["f1"]?.doubleValue), "\(segment)")
        }
    }

    @Test func errorRatesAreJiwers() throws {
        for segment in try Self.segments() where segment.scores["wer"] != nil {
            let pairs = try TextPairs(hypotheses: [segment.hypothesis], references: [[segment.references[0]]])
            for unit in [ErrorRate.Unit.words, .characters] {
                let result = ErrorRate(unit).corpusScore(pairs)
                let counts = ["hits", "substitutions", "insertions", "deletions"].map {
                    result.parts[$0]?.doubleValue ?? -1
                }
                #expect(counts == segment.scores[unit == .words ? "wer" : "cer"]?.numbers, "\(unit) \(segment)")
                guard unit == .words else { continue }
                let measures =
                    [result.score]
                    + ["match_error_rate", "information_preserved", "information_lost"].map {
                        result.parts[$0]?.doubleValue ?? -1
                    }
                let expected = segment.scores["wer-measures"]?.numbers ?? []
                #expect(zip(measures, expected).allSatisfy { $0.isClose(to: $1) }, "\(measures) \(expected)")
            }
        }
    }

    @Test func nothingInCommonIsZero() {
        #expect(BLEU().sentenceScore("yes", references: ["no"]).score == 0)
    }

    @Test func summariesNeedSentences() throws {
        let pairs = try TextPairs(hypotheses: ["A b. C d."], references: [["C d. A b."]])
        var rouge = ROUGE(.summaryLCS)
        #expect(!rouge.splitsAny(pairs))
        #expect(rouge.scores(pairs) == ROUGE(.lcs).scores(pairs))
        rouge.split = .sentences
        #expect(rouge.splitsAny(pairs))
        #expect(rouge.scores(pairs)[0].fMeasure == 1)
    }

    @Test func mismatchedAndEmptyListsAreErrors() {
        let mismatch = #expect(throws: EvaluationError.self) {
            try TextPairs(hypotheses: ["a", "b"], references: [["a", "b"], ["a"]])
        }
        #expect(mismatch?.kind == .countMismatch)
        #expect(mismatch?.description.contains("1 texts for 2 hypotheses") == true)
        for references in [[], [["", " "]]] as [[[String]]] {
            let error = #expect(throws: EvaluationError.self) {
                try TextPairs(hypotheses: ["a", "b"], references: references)
            }
            #expect(error?.kind == .empty)
        }
        #expect(throws: EvaluationError.self) { try Diversity.selfBLEU(["alone"]) }
        #expect(throws: EvaluationError.self) { try Diversity.distinct([], order: 1) }
    }

    @Test func entitiesAreNamesAndNumbers() throws {
        #expect(
            EntityOverlap.entities(
                "Yesterday Ann Lee moved to New York, in 2024-05-01, with 1,200.5 books. Later she left.")
                == ["yesterday ann lee", "new york", "2024-05-01", "1,200.5"])
        let pairs = try TextPairs(
            hypotheses: ["He met Ann in Paris", "nothing here"], references: [["She saw Ann in Rome", "nor here"]])
        let result = EntityOverlap.score(pairs)
        #expect(result.score == 0.5)
        #expect(result.parts["without_entities"] == 1)
    }
}
