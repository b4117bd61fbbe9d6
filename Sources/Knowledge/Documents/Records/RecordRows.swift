/// Rows of a database as a part of a document.
package enum RecordRows {
    /// The rows, a line each, with the names of their values; nil if there are none with values.
    package static func part(_ rows: [[(column: String, value: String)]]) -> DocumentPart? {
        var (lines, numbers): ([String], [Int]) = ([], [])
        for (place, row) in rows.enumerated() {
            let values = row.filter { !$0.value.isEmpty }.map { "\($0.column): \($0.value.collapsed)" }
            guard !values.isEmpty else { continue }
            lines.append(values.joined(separator: "; "))
            numbers.append(place + 1)
        }
        guard !lines.isEmpty else { return nil }
        return DocumentPart(
            lines.joined(separator: "\n"), structure: .records, lines: .numbered(numbers, name: "row"))
    }
}
