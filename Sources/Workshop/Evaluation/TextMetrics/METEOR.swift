import Templating

/// METEOR (Lavie and Agarwal, 2007) as nltk computes it: words match exactly, then by Porter's stems, then by WordNet's synonyms.
public struct METEOR: Sendable {
    /// How little precision counts against recall.
    public var alpha = 0.9
    /// The power of the penalty for scattered matches.
    public var beta = 3.0
    /// The weight of that penalty.
    public var gamma = 0.5
    /// Synonyms; nil to match by stems at most.
    public var wordNet: WordNet?

    /// Makes nltk's METEOR, without synonyms if there is no WordNet.
    public init(wordNet: WordNet? = nil) { self.wordNet = wordNet }

    /// The mean of the texts' scores, 0 to 1. Words are what stands between white space.
    public func corpusScore(_ pairs: TextPairs) -> MetricResult {
        let scores = zip(pairs.hypotheses, pairs.references).map { score($0, references: $1) }
        return MetricResult(
            name: "METEOR", score: scores.mean,
            signature: signature([
                "nrefs": pairs.referenceCountText, "stages": wordNet == nil ? "exact,porter" : "exact,porter,wordnet",
                "alpha": "\(alpha)", "beta": "\(beta)", "gamma": "\(gamma)",
            ]), parts: ["scores": .array(scores.map { .number($0) })])
    }

    /// The score of one text: the best of those with each reference.
    public func score(_ hypothesis: String, references: [String]) -> Double {
        let hypothesis = hypothesis.words.map(\.lowercased)
        return references.map { score(hypothesis, $0.words.map(\.lowercased)) }.max() ?? 0
    }

    private func score(_ hypothesis: [Scalars], _ reference: [Scalars]) -> Double {
        let matches = align(hypothesis, reference)
        guard !matches.isEmpty else { return 0 }
        let count = Double(matches.count)
        let (precision, recall) = (count / Double(hypothesis.count), count / Double(reference.count))
        let mean = precision * recall / (alpha * precision + (1 - alpha) * recall)
        let chunks = 1 + zip(matches, matches.dropFirst()).count { $1.0 != $0.0 + 1 || $1.1 != $0.1 + 1 }
        return (1 - gamma * (Double(chunks) / count).power(beta)) * mean
    }

    /// Pairs of matching positions in the order of the hypothesis.
    private func align(_ hypothesis: [Scalars], _ reference: [Scalars]) -> [(Int, Int)] {
        var left = Unmatched(
            hypothesis: hypothesis.enumerated().map { ($0, $1) }, reference: reference.enumerated().map { ($0, $1) })
        var matches = left.match { [$0] }
        left.stem()
        matches += left.match { [$0] }
        if let wordNet { matches += left.match { wordNet.synonyms(of: $0).union([$0]) } }
        return matches.sorted { $0.0 < $1.0 }
    }

    /// Words that have no partner yet, with their positions.
    private struct Unmatched {
        var hypothesis: [(position: Int, word: Scalars)]
        var reference: [(position: Int, word: Scalars)]

        mutating func stem() {
            for index in hypothesis.indices { hypothesis[index].word = PorterStemmer.stem(hypothesis[index].word) }
            for index in reference.indices { reference[index].word = PorterStemmer.stem(reference[index].word) }
        }

        /// Gives each word of the hypothesis, from the last, the last free word of the reference that it may stand for.
        mutating func match(_ alternatives: (Scalars) -> Set<Scalars>) -> [(Int, Int)] {
            var places: [Scalars: [Int]] = [:]
            for (index, entry) in reference.enumerated() { places[entry.word, default: []].append(index) }
            var matches: [(Int, Int)] = []
            var (usedHypothesis, usedReference) = (Set<Int>(), Set<Int>())
            for (index, entry) in hypothesis.enumerated().reversed() {
                let best = alternatives(entry.word).compactMap { word in places[word]?.last.map { (word, $0) } }
                    .max { $0.1 < $1.1 }
                guard let best else { continue }
                places[best.0]?.removeLast()
                usedHypothesis.insert(index)
                usedReference.insert(best.1)
                matches.append((entry.position, reference[best.1].position))
            }
            hypothesis = hypothesis.enumerated().filter { !usedHypothesis.contains($0.offset) }.map(\.element)
            reference = reference.enumerated().filter { !usedReference.contains($0.offset) }.map(\.element)
            return matches
        }
    }
}
