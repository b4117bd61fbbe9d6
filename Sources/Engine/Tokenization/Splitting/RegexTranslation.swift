/// Rewrites the little in which the reference's regular expressions (Oniguruma) and PCRE2's differ.
///
/// - `\s` is the Unicode property White_Space, where PCRE2 adds U+180E.
/// - `\p{Han}` and other scripts are the property Script, where PCRE2 takes Script_Extensions.
/// - `[A&&B]` intersects: both must match the same scalar.
struct RegexTranslation {
    private(set) var text = ""

    init(_ regex: String) {
        let scalars = Array(regex.unicodeScalars)
        var index = 0
        while index < scalars.count {
            if scalars[index] == "[", let end = Self.endOfClass(scalars, from: index) {
                text += Self.characterClass(scalars[index..<end])
                index = end
            } else {
                text += Self.element(scalars, &index, inClass: false)
            }
        }
    }

    /// One escape or scalar.
    private static func element(_ scalars: [Unicode.Scalar], _ index: inout Int, inClass: Bool) -> String {
        guard scalars[index] == "\\", index + 1 < scalars.count else {
            defer { index += 1 }
            return String(scalars[index])
        }
        let escaped = scalars[index + 1]
        index += 2
        switch escaped {
        case "s": return inClass ? #"\p{Z}\t-\r\x{85}"# : #"[\p{Z}\t-\r\x{85}]"#
        case "S": return inClass ? #"\S\x{180e}"# : #"[^\p{Z}\t-\r\x{85}]"#
        case "p", "P":
            guard index < scalars.count, scalars[index] == "{",
                let close = scalars[index...].firstIndex(of: "}")
            else { return "\\\(escaped)" }
            var name = scalars[(index + 1)..<close].map { String($0) }.joined()
            index = close + 1
            if name.count > 2, CompiledRegex.compiles("\\p{sc:\(name)}") { name = "sc:\(name)" }
            return "\\\(escaped){\(name)}"
        default: return "\\\(escaped)"
        }
    }

    /// The index after the `]` that closes the class, which may hold others; nil if none does.
    private static func endOfClass(_ scalars: [Unicode.Scalar], from start: Int) -> Int? {
        var depth = 0
        var index = start
        while index < scalars.count {
            switch scalars[index] {
            case "\\": index += 1
            case "[": depth += 1
            case "]":
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
            index += 1
        }
        return nil
    }

    private static func characterClass(_ source: ArraySlice<Unicode.Scalar>) -> String {
        let scalars = Array(source)
        var operands = [""]
        var index = 1
        while index < scalars.count - 1 {
            if scalars[index] == "&", scalars[index + 1] == "&" {
                operands.append("")
                index += 2
            } else {
                operands[operands.count - 1] += element(scalars, &index, inClass: true)
            }
        }
        let classes = operands.map { $0.hasPrefix("[") ? $0 : "[\($0)]" }
        guard let last = classes.last, classes.count > 1 else { return classes.joined() }
        return "(?:" + classes.dropLast().map { "(?=\($0))" }.joined() + last + ")"
    }
}
