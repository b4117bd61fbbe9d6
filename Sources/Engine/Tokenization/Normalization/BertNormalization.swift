/// BERT's basic clean-up: control characters, spaces around ideographs, accents, case.
struct BertNormalization: Sendable, Hashable {
    var cleansText = true
    var spacesIdeographs = true
    var stripsAccents = true
    var lowercases = true

    func apply(to text: inout AlignedText) {
        if cleansText || spacesIdeographs {
            text.rewrite { scalar, range, source, output in
                if cleansText {
                    if scalar.value == 0 || scalar == "\u{FFFD}" || Self.isControl(scalar) { return }
                    if scalar.properties.isWhitespace {
                        output.append(" ", for: source, range)
                        return
                    }
                }
                if spacesIdeographs, scalar.isIdeograph {
                    output.append(" ", for: source, range)
                    output.append(source, range)
                    output.append(" ", for: source, range)
                } else {
                    output.append(source, range)
                }
            }
        }
        if stripsAccents, !text.isASCII {
            UnicodeForm.nfd.apply(to: &text)
            text.rewrite { scalar, range, source, output in
                if scalar.tabledCategory != .nonspacingMark { output.append(source, range) }
            }
        }
        if lowercases { Normalizer.lowercase.apply(to: &text) }
    }

    /// Whether a scalar may change places with marks before it; those without width vanish before it matters.
    func attaches(_ scalar: Unicode.Scalar) -> Bool {
        guard stripsAccents, !scalar.isASCII else { return false }
        var text = AlignedText(Array(String(scalar).utf8))
        UnicodeForm.nfd.apply(to: &text)
        var attaches = false
        text.forEachScalar { scalar, _ in
            let moves = scalar.properties.canonicalCombiningClass.rawValue > 0
            attaches = attaches || (moves && scalar.tabledCategory != .nonspacingMark)
        }
        return attaches
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\t", "\n", "\r": return false
        default: break
        }
        switch scalar.tabledCategory {
        case .control, .format, .privateUse, .surrogate: return true
        default: return false
        }
    }
}
