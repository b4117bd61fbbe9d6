import JSONValues

/// JSON as lines of `key.key: value`, the elements of a list as records.
enum JSONRecords {
    static func read(_ text: String) throws(JSONError) -> Document {
        let json = try JSON(parsing: Array(text.utf8), source: "the file")
        guard let elements = json.arrayValue, elements.contains(where: { $0.objectValue != nil }) else {
            var lines: [String] = []
            flatten(json, "", into: &lines)
            return Document(parts: [DocumentPart(lines.joined(separator: "\n"))])
        }
        let records = elements.enumerated().map { (record($1), $0 + 1) }.filter { !$0.0.isEmpty }
        return Document(parts: [part(records, name: "item")])
    }

    /// Reads a value a line; lines that are none are named, the others read.
    static func readLines(_ text: String) -> Document {
        var records: [(String, Int)] = []
        var broken: [Int] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard !line.allSatisfy(\.isWhitespace) else { continue }
            if let json = try? JSON(parsing: Array(line.utf8), source: "line \(number + 1)") {
                records.append((record(json), number + 1))
            } else {
                broken.append(number + 1)
            }
        }
        let notes = broken.isEmpty ? [] : ["\(Ranges.text(broken, "line")) \(broken.count == 1 ? "is" : "are") no JSON"]
        return Document(parts: [part(records.filter { !$0.0.isEmpty }, name: "line")], notes: notes)
    }

    private static func part(_ records: [(String, Int)], name: String) -> DocumentPart {
        DocumentPart(
            records.map(\.0).joined(separator: "\n"), structure: .records,
            lines: .numbered(records.map(\.1), name: name))
    }

    private static func record(_ json: JSON) -> String {
        var lines: [String] = []
        flatten(json, "", into: &lines)
        return lines.joined(separator: "; ").collapsed
    }

    /// JSON's reader bounds how deeply it may nest.
    private static func flatten(_ json: JSON, _ path: String, into lines: inout [String]) {
        func line(_ value: String) { lines.append(path.isEmpty ? value : "\(path): \(value)") }
        switch json {
        case .null: break
        case .string(let text): if !text.isEmpty { line(text) }
        case .object(let members):
            for (key, value) in members { flatten(value, path.isEmpty ? key : "\(path).\(key)", into: &lines) }
        case .array(let elements):
            if elements.allSatisfy({ $0.objectValue == nil && $0.arrayValue == nil }) {
                let values = elements.map { $0.stringValue ?? $0.text() }
                if !values.isEmpty { line(values.joined(separator: ", ")) }
            } else {
                for element in elements { flatten(element, path, into: &lines) }
            }
        default: line(json.text())
        }
    }
}

/// Jupyter's notebooks: a part for each cell, with what it printed.
enum Notebook {
    static func read(_ text: String) throws -> Document {
        let json = try JSON(parsing: Array(text.utf8), source: "the notebook")
        guard let cells = json["cells"]?.arrayValue else { throw Malformed("it has no cells, so it is no notebook") }
        let parts = cells.enumerated().compactMap { number, cell -> DocumentPart? in
            let isCode = cell["cell_type"] == "code"
            var content = lines(cell["source"])
            for output in isCode ? cell["outputs"]?.arrayValue ?? [] : [] {
                let printed = lines(output["text"] ?? output["data"]?["text/plain"])
                if !printed.trimmed.isEmpty { content += "\n\n" + printed }
            }
            guard !content.trimmed.isEmpty else { return nil }
            return DocumentPart(content, place: "cell \(number + 1)", structure: isCode ? .code : .headed)
        }
        return Document(parts: parts)
    }

    private static func lines(_ json: JSON?) -> String {
        json?.stringValue ?? (json?.arrayValue ?? []).compactMap(\.stringValue).joined()
    }
}

/// Numbers as people list them.
enum Ranges {
    /// `page 3`, `pages 2-4, 7`.
    static func text(_ numbers: [Int], _ name: String) -> String {
        var ranges: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        let list = ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
        return "\(name)\(numbers.count == 1 ? "" : "s") \(list.joined(separator: ", "))"
    }
}
