/// The text being edited and the cursor in it. Every operation keeps the cursor between two characters.
struct LineBuffer {
    private(set) var characters: [Character] = []
    private(set) var cursor = 0
    /// What was last cut, for yanking back.
    private(set) var cut: [Character] = []

    var text: String { String(characters) }
    var isEmpty: Bool { characters.isEmpty }
    var textBeforeCursor: String { String(characters[..<cursor]) }

    /// Replaces everything and moves the cursor to the end.
    mutating func replace(with text: String) {
        characters = Array(text)
        cursor = characters.count
    }

    /// Inserts at the cursor. Marks that combine with the character before them join it.
    mutating func insert(_ text: String) {
        let before = Array(String(characters[..<cursor]) + text)
        characters.replaceSubrange(..<cursor, with: before)
        cursor = before.count
    }

    mutating func deleteBackward() {
        guard cursor > 0 else { return }
        cursor -= 1
        characters.remove(at: cursor)
    }

    mutating func deleteForward() {
        guard cursor < characters.count else { return }
        characters.remove(at: cursor)
    }

    mutating func moveLeft() { cursor = max(0, cursor - 1) }
    mutating func moveRight() { cursor = min(characters.count, cursor + 1) }
    mutating func moveToLineStart() { cursor = lineStart }
    mutating func moveToLineEnd() { cursor = lineEnd }
    mutating func moveWordLeft() { cursor = wordStart }

    mutating func moveWordRight() {
        while cursor < characters.count, !Self.isWord(characters[cursor]) { cursor += 1 }
        while cursor < characters.count, Self.isWord(characters[cursor]) { cursor += 1 }
    }

    /// Moves to the same column of the line above; false if there is none.
    mutating func moveUp() -> Bool {
        let start = lineStart
        guard start > 0 else { return false }
        let column = cursor - start
        cursor = start - 1
        cursor = min(lineStart + column, start - 1)
        return true
    }

    /// Moves to the same column of the line below; false if there is none.
    mutating func moveDown() -> Bool {
        let end = lineEnd
        guard end < characters.count else { return false }
        let column = cursor - lineStart
        cursor = end + 1
        cursor = min(cursor + column, lineEnd)
        return true
    }

    mutating func cutToLineEnd() { cut(cursor..<(cursor == lineEnd ? min(cursor + 1, characters.count) : lineEnd)) }
    mutating func cutToLineStart() { cut(lineStart..<cursor) }

    /// Cuts the word before the cursor, up to white space.
    mutating func cutWordBackward() {
        var start = cursor
        while start > 0, characters[start - 1].isWhitespace { start -= 1 }
        while start > 0, !characters[start - 1].isWhitespace { start -= 1 }
        cut(start..<cursor)
    }

    mutating func yank() { insert(String(cut)) }

    private mutating func cut(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        cut = Array(characters[range])
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }

    private var lineStart: Int {
        (characters[..<cursor].lastIndex { $0.isNewline } ?? -1) + 1
    }

    private var lineEnd: Int {
        characters[cursor...].firstIndex { $0.isNewline } ?? characters.count
    }

    private var wordStart: Int {
        var start = cursor
        while start > 0, !Self.isWord(characters[start - 1]) { start -= 1 }
        while start > 0, Self.isWord(characters[start - 1]) { start -= 1 }
        return start
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }
}
