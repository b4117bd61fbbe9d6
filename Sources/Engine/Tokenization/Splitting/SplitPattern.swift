/// Cuts text into the pieces that byte-pair merges never cross: the pre-tokenizer of a byte-level model.
///
/// Any bytes will do; a byte that is not part of well-formed UTF-8 counts as a scalar without properties.
package struct SplitPattern: Sendable {
    let steps: [SplitStep]

    /// The pattern(s) that a GGUF file names in `tokenizer.ggml.pre`; nil if the name is unknown.
    package static func named(_ name: String) -> SplitPattern? {
        guard let regexes = NamedPatterns.regexes(for: name) else { return nil }
        var steps: [SplitStep] = []
        for regex in regexes {
            guard let step = try? SplitStep(regex: regex) else { return nil }
            steps.append(step)
        }
        return SplitPattern(steps: steps)
    }

    /// A regular expression as it stands in `tokenizer.json`, tiktoken or Tekken files.
    ///
    /// - Throws: ``SplitPatternError`` if it cannot be compiled.
    package init(regex: String) throws(SplitPatternError) {
        steps = [try SplitStep(regex: regex)]
    }

    init(steps: [SplitStep]) {
        self.steps = steps
    }

    /// All pieces in order, matches and the gaps between them, as byte ranges that cover the whole text. Several
    /// patterns apply one after another to each other's pieces.
    package func forEachPiece(in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
        withMatchable(text) { bytes in split(bytes, 0..<text.count, step: 0, body) }
    }

    /// The non-overlapping matches only, empty ones too; of several patterns, the last one's in the pieces of the others.
    package func forEachMatch(in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
        guard let last = steps.last else { return }
        withMatchable(text) { bytes in
            SplitPattern(steps: steps.dropLast()).split(bytes, 0..<text.count, step: 0) { piece in
                last.forEachMatch(in: bytes, piece, body)
            }
        }
    }

    private func split(
        _ bytes: UnsafePointer<UInt8>, _ range: Range<Int>, step: Int, _ body: (Range<Int>) -> Void
    ) {
        guard step < steps.count else {
            if !range.isEmpty { body(range) }
            return
        }
        var position = range.lowerBound
        func emit(_ piece: Range<Int>) {
            if piece.isEmpty { return }
            if step + 1 == steps.count { body(piece) } else { split(bytes, piece, step: step + 1, body) }
        }
        steps[step].forEachMatch(in: bytes, range) { match in
            emit(position..<match.lowerBound)
            emit(match)
            position = match.upperBound
        }
        emit(position..<range.upperBound)
    }

    /// PCRE2 takes well-formed text only: for it, a stray byte becomes U+0001, as long and as devoid of properties.
    private func withMatchable(_ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafePointer<UInt8>) -> Void) {
        guard let bytes = text.baseAddress, !text.isEmpty else { return }
        let usesPCRE2 = steps.contains { if case .regex = $0 { true } else { false } }
        guard usesPCRE2 else { return body(bytes) }
        var repaired: [UInt8]?
        var index = 0
        while index < text.count {
            let (value, length) = decodeScalar(bytes, at: index, end: text.count)
            if length == 1, value >= 0x80 {
                if repaired == nil { repaired = Array(text) }
                repaired?[index] = 1
            }
            index += length
        }
        guard let repaired else { return body(bytes) }
        repaired.withUnsafeBufferPointer { if let bytes = $0.baseAddress { body(bytes) } }
    }
}

extension SplitStep {
    /// The non-overlapping matches within a range, which is searched as a text of its own.
    func forEachMatch(in bytes: UnsafePointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
        switch self {
        case .words(let scanner):
            let text = ScalarText(bytes: bytes, end: range.upperBound)
            var position = range.lowerBound
            while position < range.upperBound {
                if let end = scanner.endOfMatch(in: text, at: position) {
                    body(position..<end)
                    position = end
                } else {
                    position += text.scalar(at: position).length
                }
            }
        case .run(let run):
            let text = ScalarText(bytes: bytes, end: range.upperBound)
            var position = range.lowerBound
            while let match = run.nextMatch(in: text, from: position) {
                body(match)
                position = match.upperBound
            }
        case .set(let run):
            let text = ScalarText(bytes: bytes, end: range.upperBound)
            var position = range.lowerBound
            while let match = run.nextMatch(in: text, from: position) {
                body(match)
                position = match.upperBound
            }
        case .trailingSpace: Self.forEachTrailingSpace(in: ScalarText(bytes: bytes, end: range.upperBound), range, body)
        case .digitGroups(let groups):
            groups.forEachMatch(in: ScalarText(bytes: bytes, end: range.upperBound), from: range.lowerBound, body)
        case .regex(let regex):
            regex.forEachMatch(in: bytes, range, body)
        }
    }

    /// White space up to the end of the text, or else up to the last line feed in it.
    private static func forEachTrailingSpace(in text: ScalarText, _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
        var position = range.lowerBound
        while position < range.upperBound {
            let end = text.endOfRun(of: .whitespace, from: position)
            if end == range.upperBound {
                body(position..<end)
            } else if let line = (position..<end).last(where: { text.bytes[$0] == 0x0A }), line > position {
                body(position..<line)
            }
            position = end == range.upperBound ? end : end + text.scalar(at: end).length
        }
    }
}
