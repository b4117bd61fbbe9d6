/// The text of a page, as a reader sees it: headings, paragraphs, lists and the rows of tables.
enum HTMLText {
    private static let blocks: Set<String> = [
        "p", "div", "section", "article", "main", "header", "footer", "aside", "nav", "blockquote", "figure",
        "figcaption",
        "table", "tbody", "thead", "ul", "ol", "dl", "dt", "dd", "form", "fieldset", "address", "hr", "body", "details",
        "summary",
    ]
    private static let invisible: Set<String> = [
        "script", "style", "template", "svg", "noscript", "iframe", "textarea",
    ]

    /// Reads a page; whatever is wrong with it, there is some text.
    static func text(_ html: String) -> String {
        var scanner = MarkupScanner(Array(html.utf8), isHTML: true)
        var writer = OutlineWriter()
        var (lists, isPreformatted, isTitle) = (0, false, false)
        var title = ""
        while let event = (try? scanner.next()) ?? nil {
            switch event {
            case .text(let text):
                if isTitle { title += text } else { writer.append(text) }
            case .start(let name, let attributes):
                switch name {
                case _ where invisible.contains(name): scanner.skipRawText(of: name)
                case "title": isTitle = true
                case "h1", "h2", "h3", "h4", "h5", "h6": writer.begin(.heading(Int(name.dropFirst()) ?? 1))
                case "ul", "ol":
                    lists += 1
                    writer.end()
                case "li": writer.begin(.item, indentation: max(lists - 1, 0))
                case "tr": writer.begin(.row)
                case "td", "th": writer.nextCell()
                case "pre":
                    writer.begin(.preformatted)
                    isPreformatted = true
                case "br": writer.append(isPreformatted ? "\n" : OutlineWriter.lineEnd)
                case "img": if let text = attributes["alt"] { writer.append(" \(text) ") }
                case _ where blocks.contains(name): writer.end()
                default: break
                }
            case .end(let name):
                switch name {
                case "title": isTitle = false
                case "ul", "ol":
                    lists = max(lists - 1, 0)
                    writer.end()
                case "pre":
                    isPreformatted = false
                    writer.end()
                case "h1", "h2", "h3", "h4", "h5", "h6", "li", "tr": writer.end()
                case _ where blocks.contains(name): writer.end()
                default: break
                }
            }
        }
        writer.end()
        title = title.collapsed
        // The title is mostly the first heading, too.
        return title.isEmpty || writer.text.prefix(300).contains(title) ? writer.text : "# \(title)\n\n\(writer.text)"
    }
}
