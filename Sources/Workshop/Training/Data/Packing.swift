/// Puts sequences together into rows of a bounded number of tokens.
enum Packing {
    /// The rows that are open at a time: enough to fill nearly all, few enough to keep the order.
    private static let openRows = 64

    /// Puts each sequence into the first open row that has room for it; rows come in the order in which they were begun.
    static func rows(_ entries: [Int32], capacity: Int, length: (Int32) -> Int) -> [[Int32]] {
        var rows: [[Int32]] = []
        var open: [(row: Int, room: Int)] = []
        for entry in entries {
            let length = length(entry)
            if let index = open.firstIndex(where: { $0.room >= length }) {
                rows[open[index].row].append(entry)
                open[index].room -= length
                if open[index].room < 2 { open.remove(at: index) }
                continue
            }
            rows.append([entry])
            if open.count == openRows { open.removeFirst() }
            if capacity - length >= 2 { open.append((rows.count - 1, capacity - length)) }
        }
        return rows
    }
}
