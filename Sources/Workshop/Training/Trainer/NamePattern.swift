/// A pattern of names of modules or weights: a name, the last parts of one, or a regular expression.
struct NamePattern {
    private let text: String
    private let regex: Regex<AnyRegexOutput>?

    init(_ text: String, path: String) throws(TrainingError) {
        self.text = text
        guard text.contains(where: { "\\^$*+?()[]{}|".contains($0) }) else {
            regex = nil
            return
        }
        do { regex = try Regex(text) } catch {
            throw TrainingError(.recipe, at: "\(path), \(text)", "is no regular expression: \(error)")
        }
    }

    /// Whether the pattern means `name`; an expression must match it `wholly` or somewhere.
    func matches(_ name: String, wholly: Bool) -> Bool {
        if let regex {
            let match = try? wholly ? regex.wholeMatch(in: name) : regex.firstMatch(in: name)
            return match != nil
        }
        return name == text || name.hasSuffix("." + text) || (!wholly && name.contains(text))
    }
}
