import Platform

/// What a person entered at the prompt.
enum Entry: Hashable {
    case text(String)
    /// Ctrl-C: the line was given up.
    case interrupted
    /// Ctrl-D on an empty line, or the end of the input.
    case end
}

/// Reads entries with editing on a terminal, and plain lines elsewhere.
///
/// Keys: arrows, Home, End, Ctrl-A/E/B/F/P/N, Alt-B/F by words, Ctrl-K/U/W cut, Ctrl-Y inserts what was cut, Ctrl-L
/// clears the screen, Ctrl-R searches the history, Tab completes. Alt-Enter, a line's ending `\`, and `"""` begin
/// another line.
struct LineEditor {
    private var history: History
    private let complete: (String) -> [String]
    private var screen = Screen()

    /// Makes an editor; `complete` gives the whole lines that the text before the cursor could become.
    init(history: History, complete: @escaping (String) -> [String] = { _ in [] }) {
        self.history = history
        self.complete = complete
    }

    /// Reads one entry.
    mutating func read(prompt: String) -> Entry {
        guard Console.isTerminal(STDIN_FILENO), Console.isTerminal(STDOUT_FILENO), RawMode.enable() else {
            return Self.readPlain()
        }
        defer { RawMode.disable() }
        screen = Screen()
        let entry = edit(prompt: prompt)
        if case .text(let text) = entry { history.add(text) }
        return entry
    }

    private mutating func edit(prompt: String) -> Entry {
        var state = EditState(history: history, complete: complete)
        var decoder = KeyDecoder()
        screen.draw(prompt: prompt, state: state)
        while true {
            let bytes = Self.readBytes(waiting: decoder.isWaiting)
            if bytes == [] {
                screen.leave(state: state)
                return .end
            }
            let keys = bytes.map { decoder.decode($0) } ?? decoder.flush()
            for key in keys {
                switch state.apply(key) {
                case .goOn: break
                case .clearScreen:
                    Console.draw("\u{1B}[H\u{1B}[2J")
                    screen = Screen()
                case .done(let entry):
                    screen.draw(prompt: prompt, state: state)
                    screen.leave(state: state)
                    return entry
                }
            }
            screen.draw(prompt: prompt, state: state)
        }
    }

    /// The bytes that were typed; empty at the end of the input, nil if a begun sequence got no more in 50 ms.
    private static func readBytes(waiting: Bool) -> [UInt8]? {
        while true {
            var request = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            let ready = poll(&request, 1, waiting ? 50 : -1)
            if ready == 0 { return nil }
            if ready < 0, errno == EINTR { continue }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = Console.read(&buffer)
            if count < 0, errno == EINTR { continue }
            return Array(buffer.prefix(max(0, count)))
        }
    }

    /// Reads a line and those that continue it.
    private static func readPlain() -> Entry {
        guard var text = readLine() else { return .end }
        while EditState.isContinued(text), let line = readLine() {
            text += "\n" + line
        }
        return .text(EditState.finished(text))
    }
}

/// Draws what is edited, over as many lines as it needs.
private struct Screen {
    /// The line the cursor is in, counted from the prompt's.
    private var cursorLine = 0
    private var lineCount = 1

    mutating func draw(prompt: String, state: EditState) {
        let prompt = state.searchPrompt ?? prompt
        let columns = max(8, TerminalSize.columns)
        var output = cursorLine > 0 ? "\u{1B}[\(cursorLine)A" : ""
        output += "\r\u{1B}[J" + prompt
        var place = (line: 0, column: DisplayWidth.of(Style.withoutStyle(prompt)))
        var cursor = place
        for (index, character) in state.buffer.characters.enumerated() {
            let width = DisplayWidth.of(character)
            if character == "\n" {
                if index == state.buffer.cursor { cursor = place }
                output += "\r\n"
                place = (place.line + 1, 0)
                continue
            }
            if place.column + width > columns { place = (place.line + 1, 0) }
            if index == state.buffer.cursor { cursor = place }
            output.append(character)
            place.column += width
        }
        if place.column >= columns {
            output += " \r"
            place = (place.line + 1, 0)
        }
        if state.buffer.cursor == state.buffer.characters.count { cursor = place }
        if place.line > cursor.line { output += "\u{1B}[\(place.line - cursor.line)A" }
        output += "\r" + (cursor.column > 0 ? "\u{1B}[\(cursor.column)C" : "")
        cursorLine = cursor.line
        lineCount = place.line + 1
        Console.draw(output)
    }

    /// Moves below what was drawn.
    mutating func leave(state: EditState) {
        let below = lineCount - 1 - cursorLine
        Console.draw((below > 0 ? "\u{1B}[\(below)B" : "") + "\r\n")
    }
}
