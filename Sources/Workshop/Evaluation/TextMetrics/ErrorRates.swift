import JSONValues
import Templating

/// Word and character error rates as jiwer computes them: edits over the reference's length, over all texts together.
public struct ErrorRate: Sendable, Hashable {
    /// What is compared.
    public enum Unit: String, Sendable, Hashable {
        /// Words between spaces.
        case words
        /// Unicode scalars of the texts without white space at their ends.
        case characters
    }

    /// What the edits of one alignment are; hits are units that are left as they are.
    public struct Edits: Sendable, Hashable {
        /// Units that are equal.
        public var hits = 0
        /// Units that another stands for.
        public var substitutions = 0
        /// Units that are in the hypothesis only.
        public var insertions = 0
        /// Units that are in the reference only.
        public var deletions = 0

        /// All edits.
        public var count: Int { substitutions + insertions + deletions }
    }

    /// What is compared.
    public var unit: Unit

    public init(_ unit: Unit) { self.unit = unit }

    /// The error rate; of several references, each text counts with the one that it needs the least edits for.
    public func corpusScore(_ pairs: TextPairs) -> MetricResult {
        var sum = Edits()
        for (hypothesis, references) in zip(pairs.hypotheses, pairs.references) {
            let hypothesis = units(hypothesis)
            let best = references.map { Self.edits(from: units($0), to: hypothesis) }.min {
                ($0.count, -$0.hits) < ($1.count, -$1.hits)
            }
            guard let best else { continue }
            sum.hits += best.hits
            sum.substitutions += best.substitutions
            sum.insertions += best.insertions
            sum.deletions += best.deletions
        }
        let reference = Double(sum.hits + sum.substitutions + sum.deletions)
        let hypothesis = Double(sum.hits + sum.substitutions + sum.insertions)
        let (hits, edits) = (Double(sum.hits), Double(sum.count))
        let preserved = reference > 0 && hypothesis > 0 ? hits / reference * (hits / hypothesis) : 0
        return MetricResult(
            name: unit == .words ? "WER" : "CER", score: reference > 0 ? edits / reference : edits,
            signature: signature(["nrefs": pairs.referenceCountText, "unit": unit.rawValue]),
            parts: [
                "hits": .integer(sum.hits), "substitutions": .integer(sum.substitutions),
                "insertions": .integer(sum.insertions), "deletions": .integer(sum.deletions),
                "match_error_rate": .number(reference > 0 ? edits / (reference + Double(sum.insertions)) : 1),
                "information_preserved": .number(preserved), "information_lost": .number(1 - preserved),
            ])
    }

    /// jiwer splits at spaces only, after runs of white space became one.
    private func units(_ text: String) -> [Scalars] {
        guard unit == .words else { return text.strippedOfSpace.scalars.map { [$0] } }
        var (line, space) = (Scalars(), Scalars())
        for scalar in text.scalars {
            if scalar.isPythonSpace {
                space.append(scalar)
            } else {
                line += space.count > 1 ? [" "] : space
                space = []
                line.append(scalar)
            }
        }
        return String(line).strippedOfSpace.scalars.split(separator: " ").map(Scalars.init)
    }

    /// The edits that make one list another, with as many deletions and insertions as rapidfuzz finds among equally short ways.
    static func edits<Item: Hashable>(from source: [Item], to target: [Item]) -> Edits {
        var edits = Edits()
        var (source, target) = (source[...], target[...])
        while let first = source.first, first == target.first {
            (source, target, edits.hits) = (source.dropFirst(), target.dropFirst(), edits.hits + 1)
        }
        while let last = source.last, last == target.last {
            (source, target, edits.hits) = (source.dropLast(), target.dropLast(), edits.hits + 1)
        }
        let (from, to) = (Array(source), Array(target))
        let table = distances(from, to)
        let width = from.count + 1
        var (row, column) = (to.count, from.count)
        while row > 0, column > 0 {
            if table[row * width + column] == table[row * width + column - 1] + 1 {
                edits.deletions += 1
                column -= 1
                continue
            }
            row -= 1
            if row > 0, table[row * width + column] == table[row * width + column - 1] - 1 {
                edits.insertions += 1
                continue
            }
            column -= 1
            if from[column] == to[row] { edits.hits += 1 } else { edits.substitutions += 1 }
        }
        edits.deletions += column
        edits.insertions += row
        return edits
    }

    /// The distance between each beginning of `target` (rows) and of `source` (columns).
    private static func distances<Item: Hashable>(_ source: [Item], _ target: [Item]) -> [Int32] {
        let width = source.count + 1
        var table = [Int32](repeating: 0, count: (target.count + 1) * width)
        for column in 0..<width { table[column] = Int32(clamping: column) }
        for row in 0..<target.count {
            table[(row + 1) * width] = Int32(clamping: row + 1)
            for column in source.indices {
                let change = table[row * width + column] + (source[column] == target[row] ? 0 : 1)
                table[(row + 1) * width + column + 1] = min(
                    change, table[row * width + column + 1] + 1, table[(row + 1) * width + column] + 1)
            }
        }
        return table
    }
}
