/// The order of the rows of queries and keys.
enum HeadOrder {
    /// Which rows of `heads` heads of two halves make heads whose pairs are neighbours.
    static func neighbours(rows: Int, heads: Int) -> [Int] {
        let half = rows / heads / 2
        return (0..<rows).map { row in
            let (head, inner) = (row / (2 * half), row % (2 * half))
            return head * 2 * half + inner % 2 * half + inner / 2
        }
    }

    /// The way back.
    static func halves(rows: Int, heads: Int) -> [Int] {
        var order = [Int](repeating: 0, count: rows)
        for (row, source) in neighbours(rows: rows, heads: heads).enumerated() { order[source] = row }
        return order
    }
}
