/// Which known name somebody may have meant.
enum Spelling {
    /// What to do about an unknown name: the nearest known one, or all of them where they are few.
    static func remedy(for name: String, among known: [String]) -> String {
        let ranked = known.map { ($0, distance(Array(name.lowercased().utf8), Array($0.utf8))) }
        if let nearest = ranked.min(by: { $0.1 < $1.1 }), nearest.1 <= max(2, name.utf8.count / 3) {
            return "did you mean \(nearest.0)?"
        }
        return known.count <= 24
            ? "known are \(known.joined(separator: ", "))" : "docs/training.md lists the known ones"
    }

    /// The number of bytes to put in, leave out, change or swap with the next one.
    static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
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
