/// What the keys do: the text, the place in the history, and the search through it. Knows no terminal.
struct EditState {
    /// What follows from a key.
    enum Outcome: Hashable {
        case goOn, clearScreen
        case done(Entry)
    }

    private(set) var buffer = LineBuffer()
    private let history: History
    private let complete: (String) -> [String]
    /// The entry that is shown; one past the last is the new line.
    private var place: Int
    private var draft = ""
    private var search: (text: String, found: Int)?

    init(history: History, complete: @escaping (String) -> [String] = { _ in [] }) {
        self.history = history
        self.complete = complete
        place = history.entries.count
    }

    /// What stands in the prompt's place while the history is searched.
    var searchPrompt: String? { search.map { "(search: \($0.text)) " } }

    /// Takes in one key.
    mutating func apply(_ key: Key) -> Outcome {
        if search != nil, let outcome = applyToSearch(key) { return outcome }
        switch key {
        case .text(let text): buffer.insert(text)
        case .paste(let text): buffer.insert(text)
        case .newline: buffer.insert("\n")
        case .enter: return enter()
        case .tab: completeLine()
        case .backspace, .control("h"): buffer.deleteBackward()
        case .delete: buffer.deleteForward()
        case .left, .control("b"): buffer.moveLeft()
        case .right, .control("f"): buffer.moveRight()
        case .up: if !buffer.moveUp() { step(-1) }
        case .down: if !buffer.moveDown() { step(1) }
        case .control("p"): step(-1)
        case .control("n"): step(1)
        case .home, .control("a"): buffer.moveToLineStart()
        case .end, .control("e"): buffer.moveToLineEnd()
        case .wordLeft: buffer.moveWordLeft()
        case .wordRight: buffer.moveWordRight()
        case .control("k"): buffer.cutToLineEnd()
        case .control("u"): buffer.cutToLineStart()
        case .control("w"): buffer.cutWordBackward()
        case .control("y"): buffer.yank()
        case .control("l"): return .clearScreen
        case .control("r"): search = ("", history.entries.count)
        case .control("c"): return .done(.interrupted)
        case .control("d"):
            if buffer.isEmpty { return .done(.end) }
            buffer.deleteForward()
        case .control, .escape: break
        }
        return .goOn
    }

    /// Whether a text asks for another line: it ends in `\`, or a `"""` is open.
    static func isContinued(_ text: String) -> Bool {
        let isQuoted = text.drop(while: \.isWhitespace).hasPrefix("\"\"\"")
        return isQuoted ? text.ranges(of: "\"\"\"").count < 2 : text.hasSuffix("\\")
    }

    /// The text without the signs that continued it.
    static func finished(_ text: String) -> String {
        let trimmed = text.drop(while: \.isWhitespace)
        guard trimmed.hasPrefix("\"\"\"") else { return text.replacing("\\\n", with: "\n") }
        var inside = trimmed.dropFirst(3)
        if let end = inside.ranges(of: "\"\"\"").last { inside.removeSubrange(end) }
        return String(inside.drop(while: { $0 == "\n" }))
    }

    private mutating func enter() -> Outcome {
        if Self.isContinued(buffer.text) {
            while buffer.cursor < buffer.characters.count { buffer.moveRight() }
            buffer.insert("\n")
            return .goOn
        }
        return .done(.text(Self.finished(buffer.text)))
    }

    private mutating func step(_ direction: Int) {
        let target = place + direction
        guard (0...history.entries.count).contains(target) else { return }
        if place == history.entries.count { draft = buffer.text }
        place = target
        buffer.replace(with: target == history.entries.count ? draft : history.entries[target])
    }

    /// Completes as far as all candidates agree.
    private mutating func completeLine() {
        let candidates = complete(buffer.textBeforeCursor)
        guard var common = candidates.first, buffer.cursor == buffer.characters.count else { return }
        for candidate in candidates.dropFirst() { common = String(zip(common, candidate).prefix { $0 == $1 }.map(\.0)) }
        if common.count > buffer.characters.count { buffer.replace(with: common) }
    }

    /// Handles a key of the search; nil lets the key do what it always does, on the entry that was found.
    private mutating func applyToSearch(_ key: Key) -> Outcome? {
        guard let (former, found) = search else { return nil }
        var text = former
        switch key {
        case .text(let more):
            text += more
            find(text, before: min(found + 1, history.entries.count))
        case .backspace:
            text = String(text.dropLast())
            find(text, before: history.entries.count)
        case .control("r"):
            find(text, before: found)
        case .escape, .control("g"):
            search = nil
            buffer.replace(with: "")
        case .control("c"):
            search = nil
            buffer.replace(with: "")
        default:
            search = nil
            return nil
        }
        return .goOn
    }

    private mutating func find(_ text: String, before index: Int) {
        guard let found = history.lastIndex(of: text, before: index) else {
            search?.text = text
            return
        }
        search = (text, found)
        place = found
        buffer.replace(with: history.entries[found])
    }
}
