/// What the pages of reports have in common: no scripts, no other files.
package enum ReportPage {
    /// A page around a body.
    package static func page(_ title: String, body: String) -> String {
        """
        <!doctype html><html lang="en"><head><meta charset="utf-8"><title>\(escaped(title))</title><style>
        body{font:15px system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222;background:#fff}
        table{border-collapse:collapse}td,th{padding:.3em .8em;text-align:left;border-bottom:1px solid #ddd;vertical-align:top}
        svg{max-width:100%;height:auto;margin-top:1.5em}
        .good{color:#1a6e32}.bad{color:#a52222}td pre{white-space:pre-wrap;margin:0;max-width:24em;overflow-wrap:anywhere}
        </style></head><body>
        \(body)</body></html>

        """
    }

    /// The beginning of a drawing that says what it shows.
    package static func drawing(width: Double, height: Double, label: String) -> String {
        "<svg viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\" aria-label=\"\(escaped(label))\" "
            + "xmlns=\"http://www.w3.org/2000/svg\" font-size=\"13\" font-family=\"system-ui,sans-serif\">\n"
    }

    /// A text that is shown as it is.
    package static func escaped(_ text: String) -> String {
        text.replacingScalars("&", with: "&amp;").replacingScalars("<", with: "&lt;")
            .replacingScalars(">", with: "&gt;").replacingScalars("\"", with: "&quot;")
    }

    /// A text in a cell of a Markdown table, at most so many characters of it.
    package static func cell(_ text: String, limit: Int = 200) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
            .replacingScalars("|", with: "\\|")
        return line.count > limit ? line.prefix(limit) + "…" : line
    }
}
