/// Arguments such as `-1` and `-5 + 3 = ?`, which begin with a dash and name no option: a value of the option before them,
/// or words for the model.
struct DashedArguments {
    let arguments: [String]

    /// Commands of which the last argument is a text, so that it may be moved behind the options.
    private static let endingWithText: Set<String> = ["run", "tokenize"]

    /// More of such arguments than this are not tried in every reading.
    private static let most = 6

    /// What else the arguments may mean where they do not mean anything as they are, the likeliest first.
    var readings: [[String]] {
        guard !arguments.contains("--"), arguments.count(where: Self.isText) <= Self.most else { return [] }
        return Self.readings(of: arguments, from: 1, texts: []).filter { $0 != arguments }
    }

    /// Decides about one argument after the other; `texts` are those that go behind the options.
    private static func readings(of arguments: [String], from start: Int, texts: [String]) -> [[String]] {
        guard let index = arguments.indices.dropFirst(start).first(where: { isText(arguments[$0]) }) else {
            return [texts.isEmpty ? arguments : arguments + ["--"] + texts]
        }
        var readings: [[String]] = []
        let (previous, text) = (arguments[index - 1], arguments[index])
        if previous.hasPrefix("-"), !previous.contains("="), !isText(previous) {
            var joined = arguments
            joined.replaceSubrange(index - 1...index, with: ["\(previous)=\(text)"])
            readings += self.readings(of: joined, from: index, texts: texts)
        }
        if endingWithText.contains(arguments[0]) {
            var others = arguments
            others.remove(at: index)
            readings += self.readings(of: others, from: index, texts: texts + [text])
        } else if !arguments[index...].contains(where: { $0.hasPrefix("-") && !isText($0) }) {
            readings.append(arguments[..<index] + ["--"] + arguments[index...])
        }
        return readings
    }

    /// Whether no option is written like this: after the dash comes no letter, or there are spaces in it.
    static func isText(_ argument: String) -> Bool {
        guard argument.hasPrefix("-"), argument != "-", argument != "--" else { return false }
        let rest = argument.drop { $0 == "-" }
        if rest.prefix(while: { $0 != "=" }).contains(where: \.isWhitespace) { return true }
        return rest.first?.isLetter != true
    }
}
