extension Pipeline {
    /// The tokens of `text`; ranges are of its bytes.
    func encode(
        _ text: UnsafeBufferPointer<UInt8>, addSpecialTokens: Bool, parseSpecialTokens: Bool, tracksRanges: Bool
    ) -> TokenSink {
        var sink = TokenSink(tracksRanges: tracksRanges)
        if addSpecialTokens {
            for id in postProcessor.prefix { sink.append(id, 0..<0) }
        }
        originalMatcher.forEachPart(of: text, special: parseSpecialTokens) { range, id in
            if let id {
                sink.append(id, trimAddedToken(range, in: text))
            } else {
                encode(text, range, parseSpecialTokens: parseSpecialTokens, into: &sink)
            }
        }
        if addSpecialTokens {
            for id in postProcessor.suffix { sink.append(id, 0..<0) }
        }
        return sink
    }

    /// Encodes a stretch without added tokens of the original kind.
    private func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, parseSpecialTokens: Bool, into sink: inout TokenSink
    ) {
        var normalized = AlignedText(text, range: range, tracksOrigins: sink.tracksRanges || mindsStart)
        if let normalizer {
            normalized.repairUTF8()
            normalizer.apply(to: &normalized)
        }
        guard !normalizedMatcher.isEmpty else {
            encode(normalized, startsText: startsText(normalized, range), text, into: &sink)
            return
        }
        normalized.bytes.withUnsafeBufferPointer { bytes in
            normalizedMatcher.forEachPart(of: bytes, special: parseSpecialTokens) { part, id in
                if let id {
                    sink.append(id, trimAddedToken(normalized.origin(of: part), in: text))
                } else {
                    var stretch = AlignedText(emptyLike: normalized)
                    stretch.append(normalized, part)
                    encode(stretch, startsText: startsText(stretch, range), text, into: &sink)
                }
            }
        }
    }

    private func encode(
        _ normalized: AlignedText, startsText: Bool, _ original: UnsafeBufferPointer<UInt8>, into sink: inout TokenSink
    ) {
        var pieces = PreTokenizedText(normalized, startsText: startsText)
        preTokenizer?.apply(to: &pieces)
        let first = sink.ids.count
        model.encode(pieces, into: &sink)
        sink.mapRanges(from: first) { range in
            let origin = pieces.text.origin(of: range)
            return postProcessor.trimsOffsets ? Self.trim(origin, in: original) : origin
        }
    }

    /// Whether the first byte of `text`, which was made of `range`, comes from the first byte of the original.
    private func startsText(_ text: AlignedText, _ range: Range<Int>) -> Bool {
        range.lowerBound == 0 && (text.origins.first.map { $0.start == 0 } ?? true)
    }

    /// The range of an added token without white space at its ends, if ranges are trimmed.
    private func trimAddedToken(_ range: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        guard postProcessor.trimsOffsets else { return range }
        var start = range.lowerBound
        var end = start
        var position = start
        while position < range.upperBound {
            let before = position
            if decodeScalar(text, &position).properties.isWhitespace { continue }
            if end == start { start = before }
            end = position
        }
        return end == start ? range.upperBound..<range.upperBound : start..<end
    }

    /// `range` without spaces at its ends.
    private static func trim(_ range: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        var range = range
        while let first = range.first, text[first] == 0x20 { range = range.dropFirst() }
        while let last = range.last, text[last] == 0x20 { range = range.dropLast() }
        return range
    }
}
