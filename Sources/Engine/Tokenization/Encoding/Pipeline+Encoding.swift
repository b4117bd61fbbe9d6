extension Pipeline {
    /// The tokens of `text`; ranges are of its bytes, those in `plain` too, into which no special token reaches.
    func encode(
        _ text: UnsafeBufferPointer<UInt8>, addSpecialTokens: Bool, parseSpecialTokens: Bool,
        plain: [Range<Int>] = [], tracksRanges: Bool
    ) -> TokenSink {
        var sink = TokenSink(tracksRanges: tracksRanges, byteCount: text.count)
        if addSpecialTokens {
            for id in postProcessor.prefix { sink.append(id, 0..<0) }
        }
        scratch.withValue { scratch in
            originalMatcher.forEachPart(of: text, special: parseSpecialTokens, plain: plain) { range, id in
                if let id {
                    sink.append(id, trimAddedToken(range, in: text))
                } else {
                    encode(
                        text, range, parseSpecialTokens: parseSpecialTokens, plain: plain, &scratch, into: &sink)
                }
            }
        }
        if addSpecialTokens {
            for id in postProcessor.suffix { sink.append(id, 0..<0) }
        }
        return sink
    }

    /// Encodes a stretch without added tokens of the original kind.
    private func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, parseSpecialTokens: Bool, plain: [Range<Int>],
        _ scratch: inout TokenModel.Scratch, into sink: inout TokenSink
    ) {
        let tracksOrigins = sink.tracksRanges || mindsStart
        let mindsPlain = !plain.isEmpty && parseSpecialTokens && normalizedMatcher.hasSpecial
        var normalized = AlignedText(text, range: range, tracksOrigins: tracksOrigins || mindsPlain)
        if let normalizer {
            normalized.repairUTF8()
            normalizer.apply(to: &normalized)
        }
        guard !normalizedMatcher.isEmpty else {
            encode(normalized, startsText: startsText(normalized, range, 0), text, &scratch, into: &sink)
            return
        }
        let plain = mindsPlain ? normalized.ranges(from: plain) : []
        if !tracksOrigins { normalized.forgetOrigins() }
        normalized.bytes.withUnsafeBufferPointer { bytes in
            normalizedMatcher.forEachPart(of: bytes, special: parseSpecialTokens, plain: plain) { part, id in
                if let id {
                    sink.append(id, trimAddedToken(normalized.origin(of: part), in: text))
                } else {
                    var stretch = AlignedText(emptyLike: normalized)
                    stretch.append(normalized, part)
                    encode(
                        stretch, startsText: startsText(stretch, range, part.lowerBound), text, &scratch, into: &sink)
                }
            }
        }
    }

    private func encode(
        _ normalized: AlignedText, startsText: Bool, _ original: UnsafeBufferPointer<UInt8>,
        _ scratch: inout TokenModel.Scratch, into sink: inout TokenSink
    ) {
        var pieces = PreTokenizedText(normalized, startsText: startsText, &scratch.buffers)
        defer { scratch.buffers.take(from: &pieces) }
        preTokenizer?.apply(to: &pieces)
        let first = sink.count
        model.encode(pieces, &scratch, into: &sink)
        guard sink.tracksRanges else { return }
        sink.mapRanges(from: first) { range in
            let origin = pieces.text.origin(of: range)
            return postProcessor.trimsOffsets ? trim(origin, in: original) { $0 == " " } : origin
        }
    }

    /// Whether the first byte of `text`, which stood at `start` in what was made of `range`, comes from the first byte
    /// of the original. Where origins matter and are not known, nothing was rewritten.
    private func startsText(_ text: AlignedText, _ range: Range<Int>, _ start: Int) -> Bool {
        range.lowerBound == 0 && (text.origins.first.map { $0.start == 0 } ?? (start == 0))
    }

    /// The range of an added token without white space at its ends, if ranges are trimmed.
    private func trimAddedToken(_ range: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        postProcessor.trimsOffsets ? trim(range, in: text) { $0.properties.isWhitespace } : range
    }

    /// `range` without the spaces at its ends; a first space that stands for the prefix stays.
    private func trim(
        _ range: Range<Int>, in text: UnsafeBufferPointer<UInt8>, _ isSpace: (Unicode.Scalar) -> Bool
    ) -> Range<Int> {
        var start = range.lowerBound
        var end: Int?
        var keepsSpace = postProcessor.keepsFirstSpace && start == 0
        var position = start
        while position < range.upperBound {
            if !isSpace(decodeScalar(text, &position)) {
                end = position
            } else if end == nil {
                if !keepsSpace { start = position }
                keepsSpace = false
            }
        }
        return min(start, range.upperBound)..<max(min(start, range.upperBound), min(end ?? 0, range.upperBound))
    }
}
