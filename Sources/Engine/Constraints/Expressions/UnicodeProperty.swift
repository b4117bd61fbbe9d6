/// Sets of scalars that share a property, as `\p{...}` names them.
enum UnicodeProperty {
    /// The set with this name: a general category, long or short, or one of a few other properties.
    static func named(_ name: String) -> ScalarRanges? {
        var name = name
        for prefix in ["General_Category=", "gc="] where name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
        switch name {
        case "Any": return .all
        case "ASCII": return ScalarRanges([0...0x7F])
        case "Alphabetic", "Alpha": return alphabetic
        case "White_Space", "space": return whiteSpace
        default:
            let wanted = shortNames[name] ?? name
            let matching = categories.filter { $0.key.hasPrefix(wanted) }
            guard !matching.isEmpty, wanted.count <= 2, !wanted.isEmpty else { return nil }
            return ScalarRanges(matching.values.flatMap(\.ranges))
        }
    }

    private static let shortNames = [
        "Letter": "L", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Titlecase_Letter": "Lt",
        "Modifier_Letter": "Lm", "Other_Letter": "Lo", "Mark": "M", "Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc",
        "Enclosing_Mark": "Me", "Number": "N", "Decimal_Number": "Nd", "digit": "Nd", "Letter_Number": "Nl",
        "Other_Number": "No", "Punctuation": "P", "punct": "P", "Symbol": "S", "Math_Symbol": "Sm",
        "Currency_Symbol": "Sc", "Separator": "Z", "Space_Separator": "Zs", "Other": "C", "Control": "Cc",
        "cntrl": "Cc", "Lowercase": "Ll", "Uppercase": "Lu",
    ]

    private static let alphabetic = scan { $0.isAlphabetic }
    private static let whiteSpace = scan { $0.isWhitespace }

    private static func scan(_ matches: (Unicode.Scalar.Properties) -> Bool) -> ScalarRanges {
        var ranges: [ClosedRange<UInt32>] = []
        forEachScalar { scalar in
            guard matches(scalar.properties) else { return }
            if let last = ranges.last, last.upperBound + 1 == scalar.value {
                ranges[ranges.count - 1] = last.lowerBound...scalar.value
            } else {
                ranges.append(scalar.value...scalar.value)
            }
        }
        return ScalarRanges(ranges)
    }

    /// Each category's scalars by its short name.
    private static let categories: [String: ScalarRanges] = {
        var ranges: [String: [ClosedRange<UInt32>]] = [:]
        forEachScalar { scalar in
            let name = shortName(scalar.properties.generalCategory)
            if let last = ranges[name]?.last, last.upperBound + 1 == scalar.value {
                ranges[name]?.removeLast()
                ranges[name]?.append(last.lowerBound...scalar.value)
            } else {
                ranges[name, default: []].append(scalar.value...scalar.value)
            }
        }
        return ranges.mapValues { ScalarRanges($0) }
    }()

    private static func forEachScalar(_ body: (Unicode.Scalar) -> Void) {
        for range in ScalarRanges.all.ranges {
            for value in range { if let scalar = Unicode.Scalar(value) { body(scalar) } }
        }
    }

    private static func shortName(_ category: Unicode.GeneralCategory) -> String {
        switch category {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .surrogate: "Cs"
        case .privateUse: "Co"
        case .unassigned: "Cn"
        @unknown default: "Cn"
        }
    }
}
