import Essentials
import Platform

/// Light styling of text on a terminal; none elsewhere or with `NO_COLOR` set (no-color.org).
struct Style {
    let isEnabled: Bool

    /// Looks at a stream and the environment.
    init(descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment) {
        isEnabled =
            Console.isTerminal(descriptor) && environment["NO_COLOR", default: ""].isEmpty
            && environment["TERM"] != "dumb"
    }

    func dim(_ text: String) -> String { styled(text, 2) }
    func bold(_ text: String) -> String { styled(text, 1) }

    private func styled(_ text: String, _ code: Int) -> String {
        isEnabled ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// The text that styling leaves visible.
    static func withoutStyle(_ text: String) -> String {
        var plain = ""
        var isInside = false
        for character in text {
            if character == "\u{1B}" {
                isInside = true
            } else if !isInside {
                plain.append(character)
            } else if character.isLetter {
                isInside = false
            }
        }
        return plain
    }
}
