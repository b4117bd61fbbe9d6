/// Patterns that group the digits of a number by threes from its end, hand-written: to an engine that looks ahead from
/// every digit, long numbers cost the square of their length.
struct DigitGroups: Sendable {
    /// The digits.
    var members: ScalarClass
    /// Whether the places between the groups are matched, as empty ranges, instead of the groups.
    var matchesPlaces = false

    /// All matches from an index to the end of the text.
    func forEachMatch(in text: ScalarText, from start: Int, _ body: (Range<Int>) -> Void) {
        var index = start
        while index < text.end {
            let (first, length) = text.scalar(at: index)
            guard first.meets(members) else {
                index &+= length
                continue
            }
            let end = text.endOfRun(of: members, from: index)
            var left = 0
            var counted = index
            while counted < end {
                counted &+= text.scalar(at: counted).length
                left &+= 1
            }
            while index < end {
                let count = left % 3 == 0 ? 3 : left % 3
                let groupEnd = text.endOfRun(of: members, from: index, atMost: count)
                if !matchesPlaces {
                    body(index..<groupEnd)
                } else if count == 3 {
                    body(index..<index)
                }
                left &-= count
                index = groupEnd
            }
        }
    }
}
