/// Decodes the scalar at `position` and moves past it; a byte that begins no scalar counts as U+FFFD of length 1.
@inline(__always)
func decodeScalar(_ text: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> Unicode.Scalar {
    let first = text[position]
    if first < 0x80 {
        position += 1
        return Unicode.Scalar(first)
    }
    return decodeLongScalar(text, &position)
}

private func decodeLongScalar(_ text: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> Unicode.Scalar {
    if let base = text.baseAddress {
        let (value, length) = decodeScalar(base, at: position, end: text.count)
        if length > 1, let scalar = Unicode.Scalar(value) {
            position &+= length
            return scalar
        }
    }
    position &+= 1
    return "\u{FFFD}"
}

/// Whether `text` is well-formed UTF-8.
func isUTF8(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = text.baseAddress else { return true }
    let raw = UnsafeRawPointer(base)
    var position = 0
    while position < text.count {
        if text[position] >= 0x80 {
            let (value, length) = decodeScalar(base, at: position, end: text.count)
            guard length > 1 || value < 0x80 else { return false }
            position &+= length
        } else if position &+ 8 <= text.count,
            raw.loadUnaligned(fromByteOffset: position, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        {
            position &+= 8
        } else {
            position &+= 1
        }
    }
    return true
}

extension Unicode.Scalar {
    /// The general category in Unicode 8, on whose tables the reference's normalizers and pre-tokenizers stand; what
    /// was assigned later has none.
    var tabledCategory: Unicode.GeneralCategory {
        // Recategorized since.
        switch value {
        case 0x166D, 0x111C9: return .otherPunctuation
        case 0x1734: return .nonspacingMark
        case 0x1CF2, 0x1CF3: return .spacingMark
        default: break
        }
        guard let age = properties.age, age.major <= 8 else { return .unassigned }
        return properties.generalCategory
    }

    /// Whether this is a mark of any kind.
    var isMark: Bool {
        switch tabledCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }

    /// Whether this is punctuation in Unicode's sense.
    var isPunctuation: Bool {
        switch tabledCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }

    /// Whether this is punctuation, or one of the ASCII symbols that tokenizers count as such.
    var isPunctuationOrASCIISymbol: Bool {
        switch value {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        case 0..<0x80: false
        default: isPunctuation
        }
    }

    /// Whether this is a number of any kind: a digit, a letter number, a fraction, ...
    var isNumber: Bool {
        switch properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: true
        default: false
        }
    }

    /// Whether `\w` matches this (Unicode Technical Standard 18, annex C).
    var isWord: Bool {
        if value < 0x80 {
            return properties.isAlphabetic || (0x30...0x39).contains(value) || value == 0x5F
        }
        switch properties.generalCategory {
        case .decimalNumber, .connectorPunctuation, .nonspacingMark, .spacingMark, .enclosingMark: return true
        default: return properties.isAlphabetic || value == 0x200C || value == 0x200D
        }
    }

    /// Whether this is an ideograph that BERT's tokenizers treat as a word of its own.
    var isIdeograph: Bool {
        switch value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}
