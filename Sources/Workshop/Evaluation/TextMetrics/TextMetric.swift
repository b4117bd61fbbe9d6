import JSONValues

/// The text metrics by the names that the command takes.
public enum TextMetric: String, Sendable, Hashable, CaseIterable {
    case bleu, chrf, ter, rouge1, rouge2, rougeL, rougeLsum, rouge, meteor, f1, distinct, entropy, wer, cer
    case bertScore = "bertscore"
    case chrfPlusPlus = "chrf++"
    case exactMatch = "exact_match"
    case selfBLEU = "self_bleu"
    case entityOverlap = "entity_overlap"

    /// What can be set; each concerns the metrics that know it.
    public struct Options: Sendable {
        /// How BLEU splits texts.
        public var tokenizer = BLEUTokenizer.mteval13a
        /// What stands in for BLEU's orders without a match.
        public var smoothing = BLEU.Smoothing.exponential
        /// Whether BLEU leaves out orders that texts are too short for.
        public var usesEffectiveOrder = false
        /// Whether BLEU and chrF ignore case.
        public var lowercases = false
        /// Whether ROUGE stems words.
        public var stems = false
        /// How ROUGE-Lsum finds sentences.
        public var split = ROUGE.SentenceSplit.lines
        /// TER's settings.
        public var editRate = TranslationEditRate()
        /// The order of n-grams of distinct-n and entropy.
        public var order = 2
        /// METEOR's synonyms.
        public var wordNet: WordNet?
        /// What BERTScore sees texts with.
        public var encoder: BERTScore.Encoder?
        /// That encoder's name.
        public var encoderName = "encoder"

        /// Makes the references' defaults.
        public init() {}
    }

    /// Whether the metric compares texts with references.
    public var needsReferences: Bool { ![.distinct, .entropy, .selfBLEU].contains(self) }

    /// Computes the metric over all texts.
    ///
    /// - Parameter references: streams with one reference for each hypothesis; not looked at by metrics without references.
    /// - Throws: `EvaluationError` if the lists do not fit together or there is nothing to measure.
    public func result(
        hypotheses: [String], references: [[String]], options: Options = Options()
    ) throws(EvaluationError) -> MetricResult {
        switch self {
        case .distinct: return try Diversity.distinct(hypotheses, order: options.order)
        case .entropy: return try Diversity.entropy(hypotheses, order: options.order)
        case .selfBLEU: return try Diversity.selfBLEU(hypotheses, bleu: bleu(options))
        case .bertScore:
            guard let encoder = options.encoder else {
                throw EvaluationError(.parameter, at: rawValue, "needs an encoder")
            }
            return try BERTScore.corpusScore(
                try TextPairs(hypotheses: hypotheses, references: references), encoder: encoder,
                name: options.encoderName)
        default: return result(try TextPairs(hypotheses: hypotheses, references: references), options)
        }
    }

    private func result(_ pairs: TextPairs, _ options: Options) -> MetricResult {
        switch self {
        case .bleu: bleu(options).corpusScore(pairs)
        case .chrf: chrF(ChrF(), options).corpusScore(pairs)
        case .chrfPlusPlus: chrF(.plusPlus, options).corpusScore(pairs)
        case .ter: options.editRate.corpusScore(pairs)
        case .rouge1: rouge(.nGrams(1), options).corpusScore(pairs)
        case .rouge2: rouge(.nGrams(2), options).corpusScore(pairs)
        case .rougeL: rouge(.lcs, options).corpusScore(pairs)
        case .rougeLsum: rouge(.summaryLCS, options).corpusScore(pairs)
        case .rouge: allRouge(pairs, options)
        case .meteor: METEOR(wordNet: options.wordNet).corpusScore(pairs)
        case .exactMatch: AnswerMatch.exactMatch(pairs)
        case .f1: AnswerMatch.f1(pairs)
        case .entityOverlap: EntityOverlap.score(pairs)
        case .wer: ErrorRate(.words).corpusScore(pairs)
        case .cer: ErrorRate(.characters).corpusScore(pairs)
        case .distinct, .entropy, .selfBLEU, .bertScore: MetricResult(name: rawValue, score: .nan, signature: "")
        }
    }

    private func bleu(_ options: Options) -> BLEU {
        var bleu = BLEU()
        (bleu.tokenizer, bleu.smoothing, bleu.lowercases) = (options.tokenizer, options.smoothing, options.lowercases)
        bleu.usesEffectiveOrder = options.usesEffectiveOrder
        return bleu
    }

    private func chrF(_ metric: ChrF, _ options: Options) -> ChrF {
        var metric = metric
        metric.lowercases = options.lowercases
        return metric
    }

    private func rouge(_ kind: ROUGE.Kind, _ options: Options) -> ROUGE {
        var rouge = ROUGE(kind)
        (rouge.stems, rouge.split) = (options.stems, options.split)
        return rouge
    }

    /// ROUGE-L, with the F-measures of all four among the parts.
    private func allRouge(_ pairs: TextPairs, _ options: Options) -> MetricResult {
        var result = rouge(.lcs, options).corpusScore(pairs)
        for kind in [ROUGE.Kind.nGrams(1), .nGrams(2), .lcs, .summaryLCS] {
            result.parts[kind.name] = .number(rouge(kind, options).corpusScore(pairs).score)
        }
        return result
    }
}
