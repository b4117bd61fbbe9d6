/// Rows under headings, written one a line as `heading: value; heading: value`, so that each row says by itself what it means.
struct RecordTable {
    private var headings: [String]?
    private var records: [(text: String, line: Int)] = []

    /// Adds a row; the first one with more than one cell holds the headings.
    mutating func add(_ cells: [String], line: Int) {
        let cells = cells.map(\.collapsed)
        guard cells.contains(where: { !$0.isEmpty }) else { return }
        guard let headings else {
            // A caption may stand above the headings.
            if cells.count(where: { !$0.isEmpty }) > 1 {
                self.headings = cells
            } else {
                add(text: cells.joined(), line)
            }
            return
        }
        let values = cells.enumerated().compactMap { column, cell -> String? in
            guard !cell.isEmpty else { return nil }
            let heading = column < headings.count ? headings[column] : ""
            return heading.isEmpty ? cell : "\(heading): \(cell)"
        }
        add(text: values.joined(separator: "; "), line)
    }

    private mutating func add(text: String, _ line: Int) { records.append((text, line)) }

    /// The table as a part; nil if it is empty.
    func part(place: String?, lineName: String = "line") -> DocumentPart? {
        var records = records
        if records.isEmpty, let headings { records = [(headings.joined(separator: "; "), 1)] }
        guard !records.isEmpty else { return nil }
        return DocumentPart(
            records.map(\.text).joined(separator: "\n"), place: place, structure: .records,
            lines: .numbered(records.map(\.line), name: lineName))
    }
}

/// Tables as text with separators (RFC 4180): quoted values may hold separators and line ends.
enum DelimitedTable {
    /// Reads a table.
    ///
    /// - Parameter separator: What stands between values; nil for the one of `,`, `;`, tab and `|` that the first line
    ///   has most of.
    static func read(_ text: String, separator: Character?) -> DocumentPart {
        let first = text.prefix { $0 != "\n" }
        let candidates: [Character] = [",", ";", "\t", "|"]
        let separator =
            separator ?? candidates.max { a, b in first.count { $0 == a } < first.count { $0 == b } } ?? ","
        var table = RecordTable()
        var (row, cell, line, start): ([String], String, Int, Int) = ([], "", 1, 1)
        var isQuoted = false
        var characters = text.makeIterator()
        var pending: Character?
        while let character = pending ?? characters.next() {
            pending = nil
            if character == "\n" { line += 1 }
            if isQuoted {
                if character == "\"" {
                    pending = characters.next()
                    if pending == "\"" {
                        cell.append("\"")
                        pending = nil
                    } else {
                        isQuoted = false
                    }
                } else {
                    cell.append(character)
                }
            } else if character == "\"", cell.allSatisfy(\.isWhitespace) {
                (isQuoted, cell) = (true, "")
            } else if character == separator {
                row.append(cell)
                cell = ""
            } else if character == "\n" {
                table.add(row + [cell], line: start)
                (row, cell, start) = ([], "", line)
            } else {
                cell.append(character)
            }
        }
        table.add(row + [cell], line: start)
        return table.part(place: nil) ?? DocumentPart("")
    }
}
