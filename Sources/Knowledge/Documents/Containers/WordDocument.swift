/// Word's files (ECMA-376): paragraphs, headings, tables, notes; as after all tracked changes were accepted.
enum WordDocument {
    static func read(_ archive: ZipArchive) throws -> Document {
        var writer = OutlineWriter()
        try read(archive.required("word/document.xml"), into: &writer)
        for name in ["word/footnotes.xml", "word/endnotes.xml"] {
            if let notes = try archive.contents(of: name) { try read(notes, into: &writer) }
        }
        return Document(parts: [DocumentPart(writer.text, structure: .headed)])
    }

    private static func read(_ xml: [UInt8], into writer: inout OutlineWriter) throws {
        var scanner = MarkupScanner(xml, isHTML: false)
        var (isText, tables, hidden) = (false, 0, 0)
        while let event = try scanner.next() {
            switch event {
            // Older programs get the same text a second time.
            case .start("Fallback", _), .start("del", _), .start("moveFrom", _): hidden += 1
            case .end("Fallback"), .end("del"), .end("moveFrom"): hidden = max(hidden - 1, 0)
            case .text(let text): if isText, hidden == 0 { writer.append(text) }
            case .start("t", _): isText = true
            case .end("t"): isText = false
            case .start("tab", _): writer.append(" ")
            case .start("br", _), .start("cr", _): writer.append(tables > 0 ? " " : OutlineWriter.lineEnd)
            case .start("tbl", _): tables += 1
            case .end("tbl"): tables = max(tables - 1, 0)
            case .start("tr", _): writer.begin(.row)
            case .end("tr"): writer.end()
            case .start("tc", _): writer.nextCell()
            case .start("p", _): if tables == 0 { writer.end() }
            case .end("p"): tables == 0 ? writer.end() : writer.append(" ")
            case .start("pStyle", let attributes):
                if tables == 0, let level = level(ofStyle: attributes["val"] ?? "") { writer.begin(.heading(level)) }
            case .start("numPr", _): if tables == 0 { writer.begin(.item) }
            default: break
            }
        }
        writer.end()
    }

    private static func level(ofStyle style: String) -> Int? {
        let style = style.lowercased()
        if style == "title" { return 1 }
        // Word names its styles in the language of its user, but keeps these names in files.
        guard style.hasPrefix("heading") || style.hasPrefix("berschrift") else { return nil }
        return style.last?.wholeNumberValue ?? 1
    }
}

/// PowerPoint's files: a part for each slide, with what its notes say.
enum Presentation {
    static func read(_ archive: ZipArchive) throws -> Document {
        let numbers = archive.names.compactMap { name -> Int? in
            guard name.hasPrefix("ppt/slides/slide"), name.hasSuffix(".xml") else { return nil }
            return Int(name.dropFirst("ppt/slides/slide".count).dropLast(4))
        }
        guard !numbers.isEmpty else { throw Malformed("it has no slides") }
        let parts = try numbers.sorted().compactMap { number -> DocumentPart? in
            var text = try paragraphs(archive.required("ppt/slides/slide\(number).xml"))
            if let notes = try archive.contents(of: "ppt/notesSlides/notesSlide\(number).xml") {
                text += "\n\n" + (try paragraphs(notes))
            }
            return text.trimmed.isEmpty ? nil : DocumentPart(text.trimmed, place: "slide \(number)")
        }
        return Document(parts: parts)
    }

    private static func paragraphs(_ xml: [UInt8]) throws -> String {
        var scanner = MarkupScanner(xml, isHTML: false)
        var writer = OutlineWriter()
        // The number of a slide is a field, no text.
        var (isText, fields) = (false, 0)
        while let event = try scanner.next() {
            switch event {
            case .text(let text): if isText, fields == 0 { writer.append(text) }
            case .start("t", _): isText = true
            case .end("t"): isText = false
            case .start("fld", _): fields += 1
            case .end("fld"): fields = max(fields - 1, 0)
            case .start("br", _): writer.append(OutlineWriter.lineEnd)
            case .start("p", _), .end("p"): writer.end()
            default: break
            }
        }
        writer.end()
        return writer.text
    }
}
