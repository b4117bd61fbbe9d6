/// A stretch of a headed text, from a heading to the next.
struct Section {
    var range: Range<String.Index>
    /// The headings that it stands under, its own included, outermost first.
    var path: [String]

    /// The sections of a text with Markdown's headings (CommonMark's ATX form); those within fenced code are none.
    static func sections(of text: String) -> [Section] {
        var sections: [Section] = []
        var (start, fence): (String.Index, Substring?) = (text.startIndex, nil)
        var path: [(level: Int, title: String)] = []
        var place = text.startIndex
        func finish(_ end: String.Index) {
            guard start < end, text[start..<end].contains(where: { !$0.isWhitespace }) else { return }
            sections.append(Section(range: start..<end, path: path.map(\.title)))
        }
        while place < text.endIndex {
            let end = text[place...].firstIndex(where: \.isNewline).map { text.index(after: $0) } ?? text.endIndex
            let line = text[place..<end].trimmed
            if let open = fence {
                if line.hasPrefix(open) { fence = nil }
            } else if line.hasPrefix("```") || line.hasPrefix("~~~") {
                fence = line.prefix(3)
            } else if let heading = heading(line) {
                finish(place)
                start = place
                while let last = path.last, last.level >= heading.level { path.removeLast() }
                path.append(heading)
            }
            place = end
        }
        finish(text.endIndex)
        return sections
    }

    private static func heading(_ line: String) -> (level: Int, title: String)? {
        let level = line.prefix { $0 == "#" }.count
        guard (1...6).contains(level) else { return nil }
        let rest = line.dropFirst(level)
        guard rest.first?.isWhitespace ?? false else { return nil }
        var title = rest.trimmed
        while title.hasSuffix("#") { title.removeLast() }
        return title.trimmed.isEmpty ? nil : (level, String(title.trimmed.prefix(120)))
    }
}
