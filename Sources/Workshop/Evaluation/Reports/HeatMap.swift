/// A drawing of a table of numbers from 0 to 1: red for 0, yellow between, green for 1; what is nil stays empty.
package struct HeatMap {
    /// The names of the rows.
    package var rows: [String]
    /// The names of the columns.
    package var columns: [String]
    /// The numbers, `[rows, columns]`.
    package var values: [[Double?]]
    /// What the drawing shows, for those who do not see it.
    package var label: String

    package init(rows: [String], columns: [String], values: [[Double?]], label: String) {
        (self.rows, self.columns, self.values, self.label) = (rows, columns, values, label)
    }

    /// The drawing.
    package var svg: String {
        let longest = Double(rows.map(\.count).max() ?? 0)
        let (left, top, cell) = (min(40 + longest * 7, 260), 40.0, (width: 64.0, height: 28.0))
        let width = left + Double(columns.count) * cell.width + 20
        var svg = ReportPage.drawing(
            width: max(width, 400), height: top + Double(rows.count) * cell.height + 20, label: label)
        for (column, name) in columns.enumerated() {
            let x = left + (Double(column) + 0.5) * cell.width
            svg += "<text x=\"\(x)\" y=\"\(top - 10)\" text-anchor=\"middle\">\(Self.short(name, 9))</text>\n"
        }
        for (row, name) in rows.enumerated() {
            let y = top + Double(row) * cell.height
            svg += "<text x=\"\(left - 8)\" y=\"\(y + 18)\" text-anchor=\"end\">\(Self.short(name, 32))</text>\n"
            for (column, value) in (values.indices.contains(row) ? values[row] : []).enumerated() {
                guard let value else { continue }
                let x = left + Double(column) * cell.width
                svg += "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(cell.width - 2)\" height=\"\(cell.height - 2)\" "
                svg += "fill=\"\(Self.colour(value))\"/><text x=\"\(x + cell.width / 2 - 1)\" y=\"\(y + 18)\" "
                svg += "text-anchor=\"middle\">\(value.formatted("%.2f"))</text>\n"
            }
        }
        return svg + "</svg>\n"
    }

    private static func short(_ name: String, _ limit: Int) -> String {
        ReportPage.escaped(name.count > limit ? name.prefix(limit - 1) + "…" : name)
    }

    /// Light enough for black letters.
    private static func colour(_ value: Double) -> String {
        "hsl(\(Int((min(max(value, 0), 1) * 120).rounded())),70%,72%)"
    }
}
