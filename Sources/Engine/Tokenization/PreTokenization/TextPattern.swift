/// What a pipeline step looks for: a fixed string or a regular expression.
enum TextPattern: Sendable {
    case literal([UInt8])
    case expression(SplitPattern)

    /// Whether every match is a single scalar, so that text may be searched in any portions of whole scalars.
    var matchesSingleScalars: Bool {
        switch self {
        case .literal(let literal): String(lossy: literal).unicodeScalars.count == 1
        case .expression: false
        }
    }

    /// Calls `body` with each match that is not empty, in order.
    func forEachMatch(in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
        switch self {
        case .expression(let pattern): pattern.forEachMatch(in: text, body)
        case .literal(let literal):
            guard let first = literal.first else { return }
            var position = 0
            while position + literal.count <= text.count {
                if text[position] == first,
                    text[position..<position + literal.count].elementsEqual(literal)
                {
                    body(position..<position + literal.count)
                    position += literal.count
                } else {
                    position += 1
                }
            }
        }
    }

    /// Puts `replacement` in the place of every match; it counts as coming from the match's last character.
    func replaceMatches(in text: inout AlignedText, with replacement: [UInt8]) {
        if !text.tracksOrigins, case .literal(let literal) = self, literal.count == 1 {
            text = AlignedText(Self.replace(literal[0], in: text.bytes, with: replacement))
            return
        }
        let source = text
        var output = AlignedText(emptyLike: source)
        var copied = 0
        source.bytes.withUnsafeBufferPointer { bytes in
            forEachMatch(in: bytes) { match in
                output.append(source, copied..<match.lowerBound)
                var last = match.upperBound - 1
                while last > match.lowerBound, bytes[last] & 0xC0 == 0x80 { last -= 1 }
                output.append(replacement, for: source, last..<match.upperBound)
                copied = match.upperBound
            }
        }
        guard copied > 0 else { return }
        output.append(source, copied..<source.bytes.count)
        text = output
    }

    private static func replace(_ byte: UInt8, in text: [UInt8], with replacement: [UInt8]) -> [UInt8] {
        var count = 0
        for other in text where other == byte { count += 1 }
        guard count > 0 else { return text }
        let size = text.count + count * (replacement.count - 1)
        if (1...4).contains(replacement.count) { return replace(byte, in: text, withShort: replacement, size: size) }
        return [UInt8](unsafeUninitializedCapacity: size) { output, initialized in
            initialized = size
            var position = 0
            for other in text {
                if other != byte {
                    output[position] = other
                    position &+= 1
                } else {
                    for new in replacement {
                        output[position] = new
                        position &+= 1
                    }
                }
            }
        }
    }

    /// The same without a branch for each byte: whatever a byte becomes, four are written, and the next ones over those
    /// that do not count.
    private static func replace(
        _ byte: UInt8, in text: [UInt8], withShort replacement: [UInt8], size: Int
    ) -> [UInt8] {
        let new = replacement.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }.littleEndian
        return [UInt8](unsafeUninitializedCapacity: size + 4) { output, initialized in
            initialized = size
            guard var next = UnsafeMutableRawPointer(output.baseAddress) else { return }
            for other in text {
                let isMatch = other == byte
                next.storeBytes(of: isMatch ? new : UInt32(other).littleEndian, as: UInt32.self)
                next += isMatch ? replacement.count : 1
            }
        }
    }

    /// `tokens` without this pattern's matches, where it is applied to each by itself.
    func replacing(in token: [UInt8], with replacement: [UInt8]) -> [UInt8] {
        token.withUnsafeBufferPointer { bytes in
            var output: [UInt8] = []
            var copied = 0
            forEachMatch(in: bytes) { match in
                output += bytes[copied..<match.lowerBound]
                output += replacement
                copied = match.upperBound
            }
            return output + bytes[copied...]
        }
    }
}
