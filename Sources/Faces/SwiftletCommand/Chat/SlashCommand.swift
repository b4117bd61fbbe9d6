/// A line that speaks to the program instead of the model.
enum SlashCommand: Hashable {
    case help, clear, show, retry, bye
    case system(String)
    case save(String)
    case load(String)
    case set(String, String)

    /// Why a line is no command.
    struct ParseError: Error, Hashable, CustomStringConvertible {
        var description: String
    }

    /// What `/help` prints.
    static let helpText = """
        /system TEXT      set the system prompt (without TEXT: remove it)
        /set NAME VALUE   temperature, top-k, top-p, min-p, typical-p, repetition-penalty, frequency-penalty,
                          presence-penalty, seed, max-tokens; verbose on or off
        /show             the model, the settings and the length of the conversation
        /retry            ask the last question again
        /clear            forget the conversation
        /save FILE        save the conversation as JSON
        /load FILE        go on with a saved one
        /bye              leave (Ctrl-D too)

        Alt-Enter or \\ at a line's end begins another line; \"\"\" encloses several.
        Ctrl-C stops the answer.
        """

    private static let names = ["help", "system", "set", "show", "retry", "clear", "save", "load", "bye"]

    /// Reads a line; nil if it does not begin with a slash.
    init?(_ line: String) throws(ParseError) {
        guard line.hasPrefix("/") else { return nil }
        let parts = line.dropFirst().split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
        let argument = parts.count > 1 ? Self.trimmed(parts[1]) : ""
        func required(_ what: String) throws(ParseError) -> String {
            guard !argument.isEmpty else { throw ParseError(description: "/\(parts[0]) needs \(what)") }
            return argument
        }
        switch parts.first {
        case "help", "?": self = .help
        case "clear": self = .clear
        case "show": self = .show
        case "retry": self = .retry
        case "bye", "exit", "quit": self = .bye
        case "system": self = .system(argument)
        case "save": self = .save(try required("a file"))
        case "load": self = .load(try required("a file"))
        case "set":
            let words = try required("a name and a value").split(maxSplits: 1, whereSeparator: \.isWhitespace)
            guard words.count == 2 || words == ["verbose"] else {
                throw ParseError(description: "/set needs a name and a value, such as: /set temperature 0.3")
            }
            self = .set(String(words[0]), words.count == 2 ? String(words[1]) : "on")
        default:
            throw ParseError(
                description:
                    "no command \(line.prefix(40)); /help lists them (a space before the slash says it to the model)")
        }
    }

    /// The lines that a beginning could become.
    static func completions(of text: String) -> [String] {
        guard text.hasPrefix("/"), !text.contains(" ") else { return [] }
        let found = names.filter { $0.hasPrefix(text.dropFirst()) }.map { "/" + $0 }
        return found.count == 1 && ["/system", "/set", "/save", "/load"].contains(found[0]) ? [found[0] + " "] : found
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
