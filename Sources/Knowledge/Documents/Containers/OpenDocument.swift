/// LibreOffice's texts (ODF 1.2): paragraphs, headings, lists, tables; without what tracked changes removed.
enum OpenDocument {
    static func read(_ archive: ZipArchive) throws -> Document {
        var scanner = MarkupScanner(try archive.required("content.xml"), isHTML: false)
        var writer = OutlineWriter()
        var (isBody, cells, lists, hidden) = (false, 0, 0, 0)
        while let event = try scanner.next() {
            switch event {
            case .start("body", _): isBody = true
            case .start("tracked-changes", _), .start("annotation", _): hidden += 1
            case .end("tracked-changes"), .end("annotation"): hidden = max(hidden - 1, 0)
            case .text(let text): if isBody, hidden == 0 { writer.append(text) }
            case .start("h", let attributes):
                writer.begin(.heading(attributes["outline-level"].flatMap { Int($0) } ?? 1))
            case .start("p", _):
                if cells == 0 { lists > 0 ? writer.begin(.item, indentation: lists - 1) : writer.end() }
            case .end("p"): cells == 0 ? writer.end() : writer.append(" ")
            case .end("h"): writer.end()
            case .start("list", _): lists += 1
            case .end("list"): lists = max(lists - 1, 0)
            case .start("table-row", _): writer.begin(.row)
            case .end("table-row"): writer.end()
            case .start("table-cell", _):
                cells += 1
                writer.nextCell()
            case .end("table-cell"): cells = max(cells - 1, 0)
            case .start("tab", _), .start("s", _): writer.append(" ")
            case .start("line-break", _): writer.append(cells > 0 ? " " : OutlineWriter.lineEnd)
            default: break
            }
        }
        writer.end()
        return Document(parts: [DocumentPart(writer.text, structure: .headed)])
    }
}

/// Electronic books (EPUB 2 and 3): a part for each chapter file, in reading order.
enum Book {
    static func read(_ archive: ZipArchive) throws -> Document {
        var scanner = MarkupScanner(try archive.required("META-INF/container.xml"), isHTML: false)
        var package: String?
        while let event = try scanner.next(), package == nil {
            if case .start("rootfile", let attributes) = event { package = attributes["full-path"] }
        }
        guard let package else { throw Malformed("its container.xml names no book") }
        var parts: [DocumentPart] = []
        for path in try spine(archive, package) {
            guard let bytes = try archive.contents(of: path), let page = TextDecoding.text(bytes) else { continue }
            let text = HTMLText.text(page)
            if !text.trimmed.isEmpty {
                parts.append(DocumentPart(text, place: "chapter \(parts.count + 1)", structure: .headed))
            }
        }
        return Document(parts: parts)
    }

    /// The chapters' files in reading order.
    private static func spine(_ archive: ZipArchive, _ package: String) throws -> [String] {
        var scanner = MarkupScanner(try archive.required(package), isHTML: false)
        let folder = package.split(separator: "/").dropLast().joined(separator: "/")
        var (files, order): ([String: String], [String]) = ([:], [])
        while let event = try scanner.next() {
            switch event {
            case .start("item", let attributes):
                if let id = attributes["id"], let target = attributes["href"] { files[id] = target }
            case .start("itemref", let attributes): if let id = attributes["idref"] { order.append(id) }
            default: break
            }
        }
        return order.compactMap { files[$0] }.map { folder.isEmpty ? decoded($0) : "\(folder)/\(decoded($0))" }
    }

    /// A link's path with `%20` as a space.
    private static func decoded(_ path: String) -> String {
        guard path.contains("%") else { return path }
        var (bytes, rest): ([UInt8], Substring.UTF8View) = ([], path[...].utf8)
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(Substring(rest.prefix(2))), radix: 16),
                rest.count >= 2
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
