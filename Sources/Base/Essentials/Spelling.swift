/// Which known name somebody may have meant.
package enum Spelling {
    /// The known name that takes the fewest changes to become from `name`, the first of equal ones, if those are few.
    package static func nearest(to name: String, among known: [String]) -> String? {
        let ranked = known.map { (name: $0, distance: distance(name, $0)) }
        return ranked.min { $0.distance < $1.distance }.flatMap { isNear(name, $0.name) ? $0.name : nil }
    }

    /// Whether `name` may be a slip of the pen for `known`.
    package static func isNear(_ name: String, _ known: String) -> Bool {
        distance(name, known) <= max(2, name.utf8.count / 3)
    }

    /// The number of bytes to put in, leave out, change, or swap with the next one (Damerau 1964); case counts for nothing.
    package static func distance(_ first: String, _ second: String) -> Int {
        let (first, second) = (Array(first.lowercased().utf8), Array(second.lowercased().utf8))
        var beforeLast: [Int] = []
        var last = Array(0...second.count)
        for (row, byte) in first.enumerated() {
            var next = [row + 1]
            for (column, other) in second.enumerated() {
                var best = min(last[column] + (byte == other ? 0 : 1), last[column + 1] + 1, next[column] + 1)
                if row > 0, column > 0, byte == second[column - 1], first[row - 1] == other {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                next.append(best)
            }
            (beforeLast, last) = (last, next)
        }
        return last[second.count]
    }
}
