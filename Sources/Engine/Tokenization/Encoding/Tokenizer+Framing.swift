/// One or two texts as a network reads them, cut to a length.
public struct FramedText: Sendable, Hashable {
    /// The tokens, with those that the model expects around and between texts.
    public var ids: [Int32]
    /// The type of each token: 0 for the first text and mostly 1 for the second.
    public var types: [Int32]
    /// How many tokens of the texts were left out to keep to the length.
    public var omitted: Int

    /// Collects them.
    package init(ids: [Int32], types: [Int32], omitted: Int) {
        (self.ids, self.types, self.omitted) = (ids, types, omitted)
    }
}

extension Tokenizer {
    /// Which tokens are left out of a text that is too long.
    public enum TruncationSide: Sendable, Hashable {
        /// The first ones.
        case start
        /// The last ones.
        case end
    }

    /// The tokens of a text within the frame of the model's, at most `maximumLength` of them together.
    ///
    /// Special tokens that are written out in the text become those tokens, as in the reference implementation.
    public func frame(
        _ text: String, maximumLength: Int, cutting side: TruncationSide = .end, addSpecialTokens: Bool = true
    ) -> FramedText {
        let content = encode(text, addSpecialTokens: false)
        return frame(tokens: content, maximumLength: maximumLength, cutting: side, addSpecialTokens: addSpecialTokens)
    }

    /// The same for the tokens of a text.
    public func frame(
        tokens: [Int32], maximumLength: Int, cutting side: TruncationSide = .end, addSpecialTokens: Bool = true
    ) -> FramedText {
        let frame = pipeline.postProcessor
        let (prefix, suffix) = addSpecialTokens ? (frame.prefix, frame.suffix) : ([], [])
        let kept = cut(tokens, to: maximumLength - prefix.count - suffix.count, side)
        let ids = prefix + kept + suffix
        return FramedText(
            ids: ids, types: [Int32](repeating: 0, count: ids.count), omitted: tokens.count - kept.count)
    }

    /// Two texts that are read together; while they are too long, the longer one is cut.
    public func frame(
        _ first: String, _ second: String, maximumLength: Int, cutting side: TruncationSide = .end
    ) -> FramedText {
        let texts = [encode(first, addSpecialTokens: false), encode(second, addSpecialTokens: false)]
        let parts = pipeline.postProcessor.pair ?? pipeline.postProcessor.usualPair
        let room = maximumLength - parts.count { if case .token = $0 { true } else { false } }
        let counts = Self.lengths(texts.map(\.count), room: max(room, 0))
        let kept = zip(texts, counts).map { cut($0, to: $1, side) }
        var result = FramedText(ids: [], types: [], omitted: 0)
        result.omitted = zip(texts, kept).reduce(0) { $0 + $1.0.count - $1.1.count }
        func append(_ ids: [Int32], _ type: Int32) {
            result.ids += ids
            result.types += ids.map { _ in type }
        }
        for part in parts {
            switch part {
            case .first(let type): append(kept[0], type)
            case .second(let type): append(kept[1], type)
            case .token(let id, let type): append([id], type)
            }
        }
        return result
    }

    /// The lengths of two texts within `room`: the shorter one stays whole as long as it takes no more than half.
    private static func lengths(_ counts: [Int], room: Int) -> [Int] {
        guard counts[0] + counts[1] > room else { return counts }
        let shorter = min(counts[0], counts[1])
        var (small, large) = (shorter, max(shorter, room - shorter))
        if small + large > room { (small, large) = (room / 2, room - room / 2) }
        return counts[0] <= counts[1] ? [small, large] : [large, small]
    }

    private func cut(_ tokens: [Int32], to length: Int, _ side: TruncationSide) -> [Int32] {
        let length = max(length, 0)
        return Array(side == .end ? tokens.prefix(length) : tokens.suffix(length))
    }
}

extension PostProcessor {
    /// The frame around two texts where a file says nothing about pairs: what ends a text also separates two.
    fileprivate var usualPair: [PairPart] {
        prefix.map { .token($0, type: 0) } + [.first(type: 0)] + suffix.map { .token($0, type: 0) } + [.second(type: 1)]
            + suffix.map { .token($0, type: 1) }
    }
}
