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
                sink.append(id, range)
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
        var normalized = AlignedText(text, range: range, tracksOrigins: sink.tracksRanges)
        if let normalizer {
            normalized.repairUTF8()
            normalizer.apply(to: &normalized)
        }
        guard !normalizedMatcher.isEmpty else {
            encode(normalized, startsText: range.lowerBound == 0, text, into: &sink)
            return
        }
        normalized.bytes.withUnsafeBufferPointer { bytes in
            normalizedMatcher.forEachPart(of: bytes, special: parseSpecialTokens) { part, id in
                if let id {
                    sink.append(id, normalized.origin(of: part))
                } else {
                    var stretch = AlignedText(emptyLike: normalized)
                    stretch.append(normalized, part)
                    encode(stretch, startsText: range.lowerBound == 0 && part.lowerBound == 0, text, into: &sink)
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

    /// `range` without spaces at its ends.
    private static func trim(_ range: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        var range = range
        while let first = range.first, text[first] == 0x20 { range = range.dropFirst() }
        while let last = range.last, text[last] == 0x20 { range = range.dropLast() }
        return range
    }
}
