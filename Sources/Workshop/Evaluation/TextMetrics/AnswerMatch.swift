import JSONValues
import Templating

/// Exact match and F1 of answers as SQuAD's own script computes them (Rajpurkar et al., 2016 and 2018).
public enum AnswerMatch {
    /// The words of an answer in lower case, without punctuation and the articles a, an, the.
    static func words(_ answer: String) -> [Scalars] {
        let kept = answer.pythonLowercased.scalars.filter { !$0.isASCIIPunctuation }
        var (result, index) = (Scalars(), 0)
        while index < kept.count {
            guard kept[index].isWordScalar else {
                result.append(kept[index])
                index += 1
                continue
            }
            let end = kept[index...].firstIndex { !$0.isWordScalar } ?? kept.count
            let word = Scalars(kept[index..<end])
            result += ["a", "an", "the"].contains(String(word)) ? [" "] : word
            index = end
        }
        return result.words
    }

    /// Whether an answer is one of the references after normalization.
    public static func exactMatch(_ answer: String, references: [String]) -> Double {
        let answer = words(answer)
        return references.contains { words($0) == answer } ? 1 : 0
    }

    /// The best F1 of common words, 0 to 1; of two answers without words 1, as SQuAD 2.0 has it.
    public static func f1(_ answer: String, references: [String]) -> Double {
        let answer = words(answer)
        return references.map { f1(answer, words($0)) }.max() ?? 0
    }

    private static func f1(_ answer: [Scalars], _ reference: [Scalars]) -> Double {
        if answer.isEmpty || reference.isEmpty { return answer == reference ? 1 : 0 }
        let counts = reference.nGrams(1)
        let common = answer.nGrams(1).reduce(0) { $0 + min($1.value, counts[$1.key] ?? 0) }
        guard common > 0 else { return 0 }
        let (precision, recall) = (Double(common) / Double(answer.count), Double(common) / Double(reference.count))
        return 2 * precision * recall / (precision + recall)
    }

    /// The mean exact match of all answers, 0 to 100.
    public static func exactMatch(_ pairs: TextPairs) -> MetricResult {
        result("exact_match", zip(pairs.hypotheses, pairs.references).map { exactMatch($0, references: $1) }, pairs)
    }

    /// The mean F1 of all answers, 0 to 100.
    public static func f1(_ pairs: TextPairs) -> MetricResult {
        result("f1", zip(pairs.hypotheses, pairs.references).map { f1($0, references: $1) }, pairs)
    }

    private static func result(_ name: String, _ scores: [Double], _ pairs: TextPairs) -> MetricResult {
        MetricResult(
            name: name, score: 100 * scores.mean,
            signature: signature(["nrefs": pairs.referenceCountText, "norm": "squad", "scale": "100"]),
            parts: ["total": .integer(scores.count)])
    }
}

extension Unicode.Scalar {
    /// Whether Python's `\w` matches.
    var isWordScalar: Bool {
        if self == "_" { return true }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return properties.numericType != nil
        }
    }
}
