/// Finds what identifies people, and puts marks in its place.
public struct PersonalData: Sendable {
    /// What is found.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case email = "EMAIL"
        case card = "CARD"
        case iban = "IBAN"
        case address = "IP"
        case socialSecurity = "SSN"
        case phone = "PHONE"
    }

    /// A text with marks, and what they stand for.
    public struct Masked: Sendable, Hashable {
        /// The text with marks such as `[EMAIL_1]`.
        public var text: String
        /// What each mark stands for.
        public var originals: [String: String]

        /// A text with these marks, such as a model's answer, with the originals back in their places.
        public func restored(in answer: String) -> String {
            originals.reduce(answer) { $0.replacing($1.key, with: $1.value) }
        }
    }

    private let kinds: Set<Kind>

    /// Looks for these kinds.
    public init(_ kinds: Set<Kind> = Set(Kind.allCases)) { self.kinds = kinds }

    /// Puts marks in the place of what is found; equal finds have equal marks.
    public func mask(_ text: String) -> Masked {
        var (text, originals): (String, [String: String]) = (text, [:])
        var (marks, counts): ([String: String], [Kind: Int]) = ([:], [:])
        // In this order: a card's digits would also be a telephone's.
        for kind in Kind.allCases where kinds.contains(kind) {
            text.replace(Self.pattern(kind)) { match -> String in
                let found = String(match.output)
                guard Self.isValid(found, kind) else { return found }
                if let mark = marks[found] { return mark }
                counts[kind, default: 0] += 1
                let mark = "[\(kind.rawValue)_\(counts[kind, default: 0])]"
                marks[found] = mark
                originals[mark] = found
                return mark
            }
        }
        return Masked(text: text, originals: originals)
    }

    private static func pattern(_ kind: Kind) -> Regex<Substring> {
        switch kind {
        case .email: /[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}/
        case .card: /\b\d(?:[ \-]?\d){12,18}\b/
        case .iban: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b/
        case .address: /\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/
        case .socialSecurity: /\b\d{3}-\d{2}-\d{4}\b/
        case .phone: /(?:\+|\b00)\d[\d \-\/().]{6,17}\d\b|\(\d{3}\) ?\d{3}-\d{4}\b|\b\d{3}[\-.]\d{3}[\-.]\d{4}\b/
        }
    }

    private static func isValid(_ text: String, _ kind: Kind) -> Bool {
        switch kind {
        case .card: luhn(text.compactMap(\.wholeNumberValue))
        case .iban: iban(text.filter { $0 != " " })
        case .address: text.split(separator: ".").allSatisfy { UInt8($0) != nil }
        case .email, .socialSecurity, .phone: true
        }
    }

    /// The check digit of cards (ISO/IEC 7812-1).
    static func luhn(_ digits: [Int]) -> Bool {
        let sum = digits.reversed().enumerated().reduce(0) { sum, entry in
            let doubled = entry.offset % 2 == 1 ? entry.element * 2 : entry.element
            return sum + (doubled > 9 ? doubled - 9 : doubled)
        }
        return digits.count >= 13 && sum % 10 == 0
    }

    /// The check digits of accounts (ISO 7064, modulo 97).
    static func iban(_ text: String) -> Bool {
        let turned = text.dropFirst(4) + text.prefix(4)
        var remainder = 0
        for character in turned {
            guard let value = character.hexDigitOrLetter else { return false }
            remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
        }
        return (15...34).contains(text.count) && remainder == 1
    }
}

extension Character {
    /// 0 to 9 for digits, 10 to 35 for capital letters.
    fileprivate var hexDigitOrLetter: Int? {
        guard let ascii = asciiValue else { return nil }
        switch ascii {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return Int(ascii - UInt8(ascii: "0"))
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): return Int(ascii - UInt8(ascii: "A")) + 10
        default: return nil
        }
    }
}
