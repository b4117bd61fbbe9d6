/// The least number of edits and shifts that Tercom's search finds.
///
/// A shift moves a run of words that also occurs in the reference. The one that lowers the edit distance the most is taken, of
/// equal ones the longest, then the one from the earliest place to the earliest place, until none lowers it.
struct ShiftSearch {
    private static let maximumShiftLength = 10
    private static let maximumShiftDistance = 50
    private static let maximumCandidates = 1000

    private let reference: [Int]
    private var distances: BeamEditDistance
    private var checkedCandidates = 0

    /// The edits, shifts included.
    static func edits(_ hypothesis: [Int], _ reference: [Int]) -> Int {
        guard !reference.isEmpty else { return hypothesis.count }
        var search = ShiftSearch(reference)
        var (words, shifts) = (hypothesis, 0)
        while let shifted = search.bestShift(of: words) {
            words = shifted
            shifts += 1
        }
        return shifts + search.distances.distance(words)
    }

    private init(_ reference: [Int]) {
        self.reference = reference
        distances = BeamEditDistance(reference)
    }

    private struct Candidate {
        var gain: Int
        var length: Int
        var start: Int
        var target: Int
        var words: [Int]

        /// Whether this one is taken before another. Python compares the words last.
        func precedes(_ other: Candidate) -> Bool {
            let (mine, others) = (
                (gain, length, -start, -target), (other.gain, other.length, -other.start, -other.target)
            )
            return mine == others ? false : mine > others
        }
    }

    /// The words after the best shift; nil if none lowers the distance or too many were tried.
    private mutating func bestShift(of words: [Int]) -> [Int]? {
        let (distance, operations) = distances.distanceAndOperations(words)
        let alignment = Alignment(operations, hypothesis: words.count, reference: reference.count)
        var best: Candidate?
        for start in words.indices {
            for place in reference.indices where abs(place - start) <= Self.maximumShiftDistance {
                var length = 0
                while length < Self.maximumShiftLength, start + length < words.count, place + length < reference.count,
                    words[start + length] == reference[place + length]
                {
                    length += 1
                    check(words, start, place, length, alignment, distance, &best)
                    guard checkedCandidates < Self.maximumCandidates else { return nil }
                }
            }
        }
        return best.flatMap { $0.gain > 0 ? $0.words : nil }
    }

    private mutating func check(
        _ words: [Int], _ start: Int, _ place: Int, _ length: Int, _ alignment: Alignment, _ distance: Int,
        _ best: inout Candidate?
    ) {
        // Neither right words nor matched places are touched, and nothing is moved into itself.
        guard alignment.hypothesisErrors[start..<start + length].contains(true),
            alignment.referenceErrors[place..<place + length].contains(true),
            !(start..<start + length).contains(alignment.positions[place])
        else { return }
        var previous = -1
        for offset in -1..<length {
            let target = place + offset == -1 ? 0 : alignment.positions[place + offset] + 1
            if target == previous { continue }
            previous = target
            let shifted = Self.shifted(words, start, length, target)
            let candidate = Candidate(
                gain: distance - distances.distance(shifted), length: length, start: start, target: target,
                words: shifted)
            checkedCandidates += 1
            if best.map(candidate.precedes) ?? true { best = candidate }
        }
    }

    private static func shifted(_ words: [Int], _ start: Int, _ length: Int, _ target: Int) -> [Int] {
        let end = start + length
        let moved = words[start..<end]
        if target < start { return Array(words[..<target] + moved + words[target..<start] + words[end...]) }
        if target > end { return Array(words[..<start] + words[end..<target] + moved + words[target...]) }
        // A target within the run counts from its end; Python's slices stop at the end of the list.
        let stop = min(length + target, words.count)
        return Array(words[..<start] + words[end..<max(stop, end)] + moved + words[stop...])
    }

    /// Which word of the hypothesis stands at or before each place of the reference, and which words are wrong.
    private struct Alignment {
        var positions: [Int] = []
        var referenceErrors: [Bool] = []
        var hypothesisErrors: [Bool] = []

        init(_ operations: [BeamEditDistance.Operation], hypothesis: Int, reference: Int) {
            positions.reserveCapacity(reference)
            hypothesisErrors.reserveCapacity(hypothesis)
            var position = -1
            for operation in operations {
                switch operation {
                case .keep, .substitute:
                    position += 1
                    positions.append(position)
                    hypothesisErrors.append(operation == .substitute)
                    referenceErrors.append(operation == .substitute)
                case .delete:
                    position += 1
                    hypothesisErrors.append(true)
                case .insert:
                    positions.append(position)
                    referenceErrors.append(true)
                }
            }
        }
    }
}
