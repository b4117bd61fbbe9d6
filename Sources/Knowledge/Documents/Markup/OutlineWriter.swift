/// Collects paragraphs under headings and writes them as Markdown does.
struct OutlineWriter {
    enum Block: Hashable {
        case paragraph, item, row
        case heading(Int)
        /// White space and line ends stay.
        case preformatted
    }

    private(set) var text = ""
    private var block = Block.paragraph
    private var lastBlock: Block?
    private var pending = ""
    /// How deeply the block's list is nested.
    private var indentation = 0

    /// Ends the block at hand and begins another.
    mutating func begin(_ block: Block, indentation: Int = 0) {
        end()
        (self.block, self.indentation) = (block, indentation)
    }

    /// Adds to the block at hand.
    mutating func append(_ text: some StringProtocol) { pending += text }

    /// Begins the next cell of a row.
    mutating func nextCell() {
        if !pending.trimmed.isEmpty { pending += " | " }
    }

    /// Ends the block at hand; a paragraph follows.
    mutating func end() {
        defer { (block, pending, indentation) = (.paragraph, "", 0) }
        var content: String
        switch block {
        case .preformatted: content = String(pending.drop { $0.isNewline })
        case .row:
            content = pending.collapsed
            while content.hasSuffix("|") { content = String(content.dropLast()).trimmed }
        default: content = pending.split(separator: "\u{2028}").map(\.collapsed).joined(separator: "\n")
        }
        while content.last?.isWhitespace ?? false { content.removeLast() }
        guard content.contains(where: { !$0.isWhitespace }) else { return }
        let isContinued = lastBlock == block && (block == .item || block == .row)
        if !text.isEmpty { text += isContinued ? "\n" : "\n\n" }
        switch block {
        case .heading(let level): text += String(repeating: "#", count: min(max(level, 1), 6)) + " "
        case .item: text += String(repeating: "  ", count: indentation) + "- "
        default: break
        }
        text += block == .preformatted ? content : content.replacing("\n\n", with: "\n")
        lastBlock = block
    }

    /// A line's end within a block.
    static let lineEnd = "\u{2028}"
}
