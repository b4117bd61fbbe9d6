/// Arguments such as `-1` and `-5 + 3 = ?`, which begin with a dash and name no option: a value of the option before them,
/// or words for the model.
struct DashedArguments {
    let arguments: [String]

    /// Commands of which the last argument is a text, so that it may be moved behind the options.
    private static let endingWithText: Set<String> = ["run", "tokenize"]

    /// What else the arguments may mean where they do not mean anything as they are, the likeliest first.
    var readings: [[String]] {
        guard !arguments.contains("--"), let index = arguments.firstIndex(where: Self.isText), index > 0 else {
            return []
        }
        let text = arguments[index]
        var readings: [[String]] = []
        let previous = arguments[index - 1]
        if previous.hasPrefix("-"), !previous.contains("="), !Self.isText(previous) {
            var joined = arguments
            joined.replaceSubrange(index - 1...index, with: ["\(previous)=\(text)"])
            readings += [joined] + DashedArguments(arguments: joined).readings
        }
        let rest = arguments[(index + 1)...]
        if !rest.contains(where: { $0.hasPrefix("-") && !Self.isText($0) }) {
            readings.append(arguments[..<index] + ["--", text] + rest)
        } else if arguments.first.map(Self.endingWithText.contains) == true {
            readings.append(arguments[..<index] + rest + ["--", text])
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
