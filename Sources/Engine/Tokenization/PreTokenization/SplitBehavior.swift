/// What becomes of the delimiters that a split finds.
enum SplitBehavior: String, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"

    /// A stretch of text: a delimiter or what lies between two.
    struct Part {
        var range: Range<Int>
        var isDelimiter: Bool
    }

    /// Adds the pieces that `parts`, which cover a text without gaps, become.
    func append(_ parts: [Part], to pieces: inout [Range<Int>]) {
        switch self {
        case .removed:
            for part in parts where !part.isDelimiter { pieces.append(part.range) }
        case .isolated:
            for part in parts { pieces.append(part.range) }
        case .contiguous:
            join(parts, into: &pieces) { $0.isDelimiter == $1.isDelimiter }
        case .mergedWithPrevious:
            join(parts, into: &pieces) { !$0.isDelimiter && $1.isDelimiter }
        case .mergedWithNext:
            // From the right, a delimiter joins what follows it unless that is a delimiter too.
            join(parts, into: &pieces) { $0.isDelimiter && !$1.isDelimiter }
        }
    }

    private func join(_ parts: [Part], into pieces: inout [Range<Int>], _ belongs: (Part, Part) -> Bool) {
        for (index, part) in parts.enumerated() {
            if index > 0, let last = pieces.indices.last, belongs(parts[index - 1], part) {
                pieces[last] = pieces[last].lowerBound..<part.range.upperBound
            } else {
                pieces.append(part.range)
            }
        }
    }
}
