/// Lines of cells, aligned in columns.
struct Table {
    private var rows: [[String]]
    private let rightAligned: Set<Int>

    /// Makes a table with a line of headings; the columns with the given numbers hold figures.
    init(_ headings: [String], rightAligned: Set<Int> = []) {
        rows = headings.isEmpty ? [] : [headings]
        self.rightAligned = rightAligned
    }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The table's text, each line ended.
    var text: String {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], DisplayWidth.of(cell))
            }
        }
        return rows.map { row in
            var line = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - DisplayWidth.of(cell))
                return rightAligned.contains(column) ? padding + cell : cell + padding
            }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
