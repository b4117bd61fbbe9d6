/// A step that rewrites text before it is split; the cases are those of Hugging Face's `tokenizer.json`.
indirect enum Normalizer: Sendable {
    case unicode(UnicodeForm)
    case lowercase
    case strip(left: Bool, right: Bool)
    case stripAccents
    case replace(TextPattern, with: [UInt8])
    case prepend([UInt8])
    case characterMap(CharacterMap)
    case bert(BertNormalization)
    case controlCharacters
    case byteAlphabet
    case sentencePiece(SentencePieceNormalization)
    case scalarwise(ScalarwiseNormalizer)
    case sequence([Normalizer])

    /// Rewrites `text`.
    func apply(to text: inout AlignedText) {
        switch self {
        case .unicode(let form): form.apply(to: &text)
        case .lowercase:
            text.rewrite { scalar, range, source, output in
                for lower in scalar.properties.lowercaseMapping.unicodeScalars {
                    output.append(lower, for: source, range)
                }
            }
        case .strip(let left, let right): Self.strip(&text, left: left, right: right)
        case .stripAccents:
            text.rewrite { scalar, range, source, output in
                if !scalar.isMark { output.append(source, range) }
            }
        case .replace(let pattern, let replacement): pattern.replaceMatches(in: &text, with: replacement)
        case .prepend(let prefix): Self.prepend(prefix, to: &text)
        case .characterMap(let map): map.apply(to: &text)
        case .bert(let normalization): normalization.apply(to: &text)
        case .controlCharacters: Self.removeControlCharacters(&text)
        case .byteAlphabet: text.mapBytesToAlphabet()
        case .sentencePiece(let normalization): normalization.apply(to: &text)
        case .scalarwise(let normalizer): normalizer.apply(to: &text)
        case .sequence(let steps):
            for step in steps { step.apply(to: &text) }
        }
    }

    /// Puts `prefix` before a text that is not empty; it counts as coming from the first character.
    static func prepend(_ prefix: [UInt8], to text: inout AlignedText) {
        guard !text.bytes.isEmpty else { return }
        var output = AlignedText(emptyLike: text)
        var end = 0
        text.bytes.withUnsafeBufferPointer { _ = decodeScalar($0, &end) }
        output.append(prefix, for: text, 0..<end)
        output.append(text, 0..<text.bytes.count)
        text = output
    }

    private static func strip(_ text: inout AlignedText, left: Bool, right: Bool) {
        var start = 0
        var end = left ? 0 : text.bytes.count
        var seen = false
        text.forEachScalar { scalar, range in
            if !scalar.properties.isWhitespace {
                if left, !seen { start = range.lowerBound }
                seen = true
                end = range.upperBound
            }
        }
        if !seen { end = 0 }
        if !right { end = text.bytes.count }
        if left, !seen { start = end }
        var output = AlignedText(emptyLike: text)
        output.append(text, start..<max(start, end))
        text = output
    }

    private static func removeControlCharacters(_ text: inout AlignedText) {
        text.rewrite { scalar, range, source, output in
            switch scalar.value {
            case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: break
            case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
                output.append(" ", for: source, range)
            default: output.append(source, range)
            }
        }
    }
}

extension AlignedText {
    /// Writes every byte as the character that stands for it in byte-level vocabularies.
    mutating func mapBytesToAlphabet() {
        let source = self
        var output = AlignedText(emptyLike: source)
        for (index, byte) in source.bytes.enumerated() {
            output.append(ByteAlphabet.encoded[Int(byte)], for: source, index..<index + 1)
        }
        self = output
    }
}
