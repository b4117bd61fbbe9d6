import Templating

/// What a sum of log-likelihoods says about texts.
public struct TextLikelihood: Sendable, Hashable {
    /// The sum of natural log-probabilities of all tokens.
    public var logLikelihood: Double
    /// The tokens that were scored.
    public var tokens: Int
    /// The texts' words, by white space.
    public var words: Int
    /// The texts' UTF-8 bytes.
    public var bytes: Int

    /// Makes a value from sums.
    public init(logLikelihood: Double, tokens: Int, words: Int, bytes: Int) {
        self.logLikelihood = logLikelihood
        self.tokens = tokens
        self.words = words
        self.bytes = bytes
    }

    /// Counts a text's words and bytes; words are what lies between white space, an empty text having one, as in
    /// lm-evaluation-harness's `re.split(r"\s+", text)`.
    public init(logLikelihood: Double, tokens: Int, text: String) {
        self.init(
            logLikelihood: logLikelihood, tokens: tokens, words: Self.wordCount(text), bytes: text.utf8.count)
    }

    static func wordCount(_ text: String) -> Int {
        let words = text.words.count
        let scalars = text.scalars
        guard let first = scalars.first, let last = scalars.last else { return 1 }
        return words == 0 ? 2 : words + (first.isPythonSpace ? 1 : 0) + (last.isPythonSpace ? 1 : 0)
    }

    /// e to the mean negative log-probability of a token.
    public var tokenPerplexity: Double { perplexity(tokens) }
    /// e to the negative log-likelihood of a word; comparable between tokenizers.
    public var wordPerplexity: Double { perplexity(words) }
    /// e to the negative log-likelihood of a byte; comparable between tokenizers.
    public var bytePerplexity: Double { perplexity(bytes) }
    /// The negative log-likelihood of a byte in bits.
    public var bitsPerByte: Double { bytes > 0 ? -logLikelihood / Double(bytes) / 2.0.logarithm : .nan }

    private func perplexity(_ count: Int) -> Double { count > 0 ? (-logLikelihood / Double(count)).exponential : .nan }
}

/// A stretch of a long text that is scored in one pass.
public struct ScoringWindow: Sendable, Hashable {
    /// The tokens that are read.
    public var read: Range<Int>
    /// Those among them that are scored; each token of a text is in one window's `scored`.
    public var scored: Range<Int>

    /// The windows of a text with a stride, as Hugging Face's guide on perplexity has them: each reads at most `window` tokens and
    /// scores those that no window before it scored. The first token has nothing before it and is not scored.
    ///
    /// - Throws: `EvaluationError` of kind `.parameter` unless `1 <= stride <= window`.
    public static func strided(tokens: Int, window: Int, stride: Int) throws(EvaluationError) -> [ScoringWindow] {
        guard window >= 2, (1...window).contains(stride) else {
            throw EvaluationError(
                .parameter, at: "stride", "is \(stride) with windows of \(window) tokens",
                remedy: "windows have at least 2 tokens, and the stride is between 1 and their length")
        }
        var (windows, previousEnd) = ([ScoringWindow](), 0)
        for start in Swift.stride(from: 0, to: tokens, by: stride) {
            let end = min(start + window, tokens)
            // What a window reads first has nothing before it.
            windows.append(ScoringWindow(read: start..<end, scored: max(previousEnd, start + 1)..<end))
            previousEnd = end
            if end == tokens { break }
        }
        return windows
    }
}
