/// Excel's files: a part for each sheet, a record for each row.
enum Spreadsheet {
    static func read(_ archive: ZipArchive) throws -> Document {
        let strings = try archive.contents(of: "xl/sharedStrings.xml").map(sharedStrings) ?? []
        var parts: [DocumentPart] = []
        for (name, path) in try sheets(archive) {
            guard let xml = try archive.contents(of: path) else { continue }
            let rows = try rows(xml, strings)
            var table = RecordTable()
            for (number, cells) in rows { table.add(cells, line: number) }
            if let part = table.part(place: "sheet \(name)", lineName: "row") { parts.append(part) }
        }
        guard !parts.isEmpty else { throw Malformed("its sheets hold no text") }
        return Document(parts: parts)
    }

    /// The sheets' names and files, in their order.
    private static func sheets(_ archive: ZipArchive) throws -> [(name: String, path: String)] {
        var targets: [String: String] = [:]
        if let relations = try archive.contents(of: "xl/_rels/workbook.xml.rels") {
            var scanner = MarkupScanner(relations, isHTML: false)
            while let event = try scanner.next() {
                guard case .start("Relationship", let attributes) = event, let id = attributes["Id"] else { continue }
                targets[id] = attributes["Target"]
            }
        }
        var sheets: [(String, String)] = []
        var scanner = MarkupScanner(try archive.required("xl/workbook.xml"), isHTML: false)
        while let event = try scanner.next() {
            guard case .start("sheet", let attributes) = event else { continue }
            let target = attributes["id"].flatMap { targets[$0] } ?? "worksheets/sheet\(sheets.count + 1).xml"
            let path = target.hasPrefix("/") ? String(target.dropFirst()) : "xl/" + target
            sheets.append((attributes["name"] ?? "\(sheets.count + 1)", path))
        }
        return sheets
    }

    private static func sharedStrings(_ xml: [UInt8]) throws -> [String] {
        var scanner = MarkupScanner(xml, isHTML: false)
        var (strings, isText, phonetic): ([String], Bool, Bool) = ([], false, false)
        while let event = try scanner.next() {
            switch event {
            case .start("si", _): strings.append("")
            case .start("rPh", _): phonetic = true
            case .end("rPh"): phonetic = false
            case .start("t", _): isText = true
            case .end("t"): isText = false
            case .text(let text): if isText, !phonetic, !strings.isEmpty { strings[strings.count - 1] += text }
            default: break
            }
        }
        return strings
    }

    private static func rows(_ xml: [UInt8], _ strings: [String]) throws -> [(number: Int, cells: [String])] {
        var scanner = MarkupScanner(xml, isHTML: false)
        var rows: [(number: Int, cells: [String])] = []
        var (type, column, value, isValue) = ("", 0, "", false)
        while let event = try scanner.next() {
            switch event {
            case .start("row", let attributes):
                rows.append((attributes["r"].flatMap { Int($0) } ?? (rows.last?.number ?? 0) + 1, []))
            case .start("c", let attributes):
                (type, value) = (attributes["t"] ?? "", "")
                column = attributes["r"].map(Self.column) ?? rows.last?.cells.count ?? 0
            case .start("v", _), .start("t", _): isValue = true
            case .end("v"), .end("t"): isValue = false
            case .text(let text): if isValue { value += text }
            case .end("c"):
                guard let last = rows.indices.last, column < 16_384 else { continue }
                if type == "s" { value = Int(value).flatMap { strings.indices.contains($0) ? strings[$0] : nil } ?? "" }
                while rows[last].cells.count < column { rows[last].cells.append("") }
                rows[last].cells.append(type == "b" ? (value == "1" ? "yes" : "no") : value)
            default: break
            }
        }
        return rows
    }

    /// The column of a cell such as `AB12`, from 0.
    private static func column(_ reference: String) -> Int {
        var column = 0
        for byte in reference.utf8.prefix(while: { $0 >= UInt8(ascii: "A") }).prefix(4) {
            column = column * 26 + Int(byte & 0x1F)
        }
        return max(column - 1, 0)
    }
}
