import JSONValues
import Templating

/// How many of the names and numbers of a text are in its reference, and the other way round.
///
/// Entities are found by their writing: a number with its marks (`1,200.5`, `2024-05-01`), and a run of words that begin with a
/// capital (`New York`, `GSM8K`). A single capitalized word at the start of a sentence counts only if it has another capital or a
/// digit, or is capitalized elsewhere in the text too. Entities are compared in lower case, each once.
public enum EntityOverlap {
    /// The entities of a text in lower case.
    public static func entities(_ text: String) -> Set<String> {
        var (found, doubtful) = (Set<String>(), Set<String>())
        var run: [String] = []
        var (startsSentence, runStartsSentence) = (true, false)
        func end() {
            guard let first = run.first else { return }
            let entity = run.joined(separator: " ").pythonLowercased
            let isPlain = first.unicodeScalars.dropFirst().allSatisfy { !$0.properties.isUppercase && !$0.isNumber }
            if run.count == 1, runStartsSentence, isPlain { doubtful.insert(entity) } else { found.insert(entity) }
            run = []
        }
        var capitalizedInside = Set<String>()
        for word in text.words {
            let core = word.strippingMarks
            let isNumber =
                core.contains(where: \.isNumber)
                && core.allSatisfy { $0.isNumber || ".,:-/%".unicodeScalars.contains($0) }
            if isNumber {
                end()
                found.insert(String(core))
            } else if let first = core.first, first.properties.isUppercase {
                if run.isEmpty { runStartsSentence = startsSentence }
                if !startsSentence { capitalizedInside.insert(String(core).pythonLowercased) }
                run.append(String(core))
            } else {
                end()
            }
            startsSentence = word.last.map { ".!?".unicodeScalars.contains($0) } ?? false
            if let last = word.last, last.isPunctuation, last != "'" { end() }
        }
        end()
        return found.union(doubtful.intersection(capitalizedInside))
    }

    /// The mean F1 of the texts' entities, 0 to 1, against the reference with the largest. Texts without entities on both sides are
    /// not counted; the parts say how many were.
    public static func score(_ pairs: TextPairs) -> MetricResult {
        var (scores, precisions, recalls) = ([Double](), [Double](), [Double]())
        for (hypothesis, references) in zip(pairs.hypotheses, pairs.references) {
            let mine = entities(hypothesis)
            let best = references.map { entities($0) }.filter { !mine.isEmpty || !$0.isEmpty }
                .map { compare(mine, $0) }.max { $0.f1 < $1.f1 }
            guard let best else { continue }
            scores.append(best.f1)
            precisions.append(best.precision)
            recalls.append(best.recall)
        }
        return MetricResult(
            name: "entity_overlap", score: scores.mean,
            signature: signature(["nrefs": pairs.referenceCountText, "entities": "capitals+numbers", "score": "f1"]),
            parts: [
                "precision": .number(precisions.mean), "recall": .number(recalls.mean),
                "scored": .integer(scores.count), "without_entities": .integer(pairs.count - scores.count),
                "total": .integer(pairs.count),
            ])
    }

    private static func compare(
        _ mine: Set<String>, _ other: Set<String>
    ) -> (precision: Double, recall: Double, f1: Double) {
        let common = Double(mine.intersection(other).count)
        let precision = mine.isEmpty ? 0 : common / Double(mine.count)
        let recall = other.isEmpty ? 0 : common / Double(other.count)
        return (precision, recall, common > 0 ? 2 * precision * recall / (precision + recall) : 0)
    }
}

extension [Unicode.Scalar] {
    /// The word without punctuation at its ends.
    fileprivate var strippingMarks: Scalars {
        guard let start = firstIndex(where: { !$0.isPunctuation }), let end = lastIndex(where: { !$0.isPunctuation })
        else { return [] }
        return Scalars(self[start...end])
    }
}
