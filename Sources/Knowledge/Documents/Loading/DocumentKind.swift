/// How a file is read, by the ending of its name.
public enum DocumentKind: Sendable, Hashable, CaseIterable {
    case text, markdown, html, pdf, word, presentation, spreadsheet, openDocument, book, commaTable, tabTable, json,
        jsonLines,
        notebook, message, mailbox, code

    /// The kind of a file; nil if its ending tells none.
    public init?(path: String) {
        let name = path.split(separator: "/").last ?? ""
        let ending = name.contains(".") ? name.split(separator: ".").last.map { $0.lowercased() } ?? "" : ""
        guard let kind = Self.byEnding[ending] ?? Self.byName[String(name)] else { return nil }
        self = kind
    }

    private static let byName: [String: DocumentKind] = [
        "README": .text, "LICENSE": .text, "Makefile": .code, "Dockerfile": .code,
    ]

    private static let byEnding: [String: DocumentKind] = {
        var kinds: [String: DocumentKind] = [
            "txt": .text, "text": .text, "log": .text, "rst": .text, "adoc": .text, "org": .text, "tex": .text,
            "srt": .text, "md": .markdown, "markdown": .markdown, "mdx": .markdown, "html": .html, "htm": .html,
            "xhtml": .html, "pdf": .pdf, "docx": .word, "pptx": .presentation, "xlsx": .spreadsheet,
            "odt": .openDocument, "epub": .book, "csv": .commaTable, "tsv": .tabTable, "json": .json,
            "jsonl": .jsonLines, "ndjson": .jsonLines, "ipynb": .notebook, "eml": .message, "mbox": .mailbox,
        ]
        let code = """
            swift py c h cc cpp hpp cxx m mm rs go java kt kts scala js mjs ts tsx jsx rb php pl lua r jl sh bash zsh fish ps1 \
            sql cs fs hs ml ex exs erl clj dart zig nim v sv vhd asm s cu metal glsl css scss less vue svelte proto graphql \
            cmake gradle yaml yml toml ini cfg conf xml xsd plist tf
            """
        for ending in code.split(whereSeparator: \.isWhitespace) { kinds[String(ending)] = .code }
        return kinds
    }()
}
