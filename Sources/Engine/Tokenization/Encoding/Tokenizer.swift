/// Turns text into the tokens of a model's vocabulary, and tokens back into text.
///
/// A value that many threads may use at once; copies share their tables.
///
/// ```swift
/// let tokenizer = try LanguageModel.load("smollm2.gguf").tokenizer
/// let ids = tokenizer.encode("Hello world")
/// let text = tokenizer.decode(ids)
/// ```
public struct Tokenizer: Sendable {
    let pipeline: Pipeline

    init(_ parts: PipelineParts) { pipeline = Pipeline(parts) }

    /// One more than the largest token id.
    public var vocabularySize: Int { pipeline.vocabulary.count }

    /// The tokens with a role of their own.
    public var specialTokens: SpecialTokens { pipeline.specialTokens }

    /// The tokens at which generation stops: ends of text, of turn, of a message.
    public var endOfGenerationTokens: Set<Int32> { pipeline.endOfGenerationTokens }

    /// Encodes `text`.
    ///
    /// - Parameters:
    ///   - addSpecialTokens: Whether to put around the text what the model expects there, such as a begin token.
    ///   - parseSpecialTokens: Whether special tokens that are written out in the text become those tokens; say `false`
    ///     for text from users, who could otherwise forge turns of a conversation.
    public func encode(
        _ text: String, addSpecialTokens: Bool = true, parseSpecialTokens: Bool = true
    ) -> [Int32] {
        var text = text
        return text.withUTF8 {
            encode(bytes: $0, addSpecialTokens: addSpecialTokens, parseSpecialTokens: parseSpecialTokens)
        }
    }

    /// Encodes a text of which parts are somebody's words: special tokens that are written out become those tokens only
    /// where they do not reach into these parts. Otherwise the tokens are those of the whole text, whose words may lie
    /// across the parts' ends.
    ///
    /// - Parameter plainRanges: The parts, as ranges of the text's UTF-8 in order and without overlaps.
    public func encode(_ text: String, plainRanges: [Range<Int>], addSpecialTokens: Bool = true) -> [Int32] {
        var text = text
        return text.withUTF8 { bytes in
            pipeline.encode(
                bytes, addSpecialTokens: addSpecialTokens, parseSpecialTokens: true, plain: plainRanges,
                tracksRanges: false
            ).makeArray()
        }
    }

    /// Encodes `text` and tells for each token which bytes of the text's UTF-8 it stands for.
    ///
    /// The parameters are those of ``encode(_:addSpecialTokens:parseSpecialTokens:)``.
    public func encodeWithOffsets(
        _ text: String, addSpecialTokens: Bool = true, parseSpecialTokens: Bool = true
    ) -> [EncodedToken] {
        var text = text
        return text.withUTF8 { bytes in
            let sink = pipeline.encode(
                bytes, addSpecialTokens: addSpecialTokens, parseSpecialTokens: parseSpecialTokens, tracksRanges: true)
            return zip(sink.makeArray(), sink.ranges).map { EncodedToken(id: $0, byteRange: $1) }
        }
    }

    /// Encodes a text of which parts are somebody's words, as ``encode(_:plainRanges:addSpecialTokens:)`` does, and tells for
    /// each token which bytes of the text's UTF-8 it stands for.
    package func encodeWithOffsets(
        _ text: String, plainRanges: [Range<Int>], addSpecialTokens: Bool = true
    ) -> [EncodedToken] {
        var text = text
        return text.withUTF8 { bytes in
            let sink = pipeline.encode(
                bytes, addSpecialTokens: addSpecialTokens, parseSpecialTokens: true, plain: plainRanges,
                tracksRanges: true)
            return zip(sink.makeArray(), sink.ranges).map { EncodedToken(id: $0, byteRange: $1) }
        }
    }

    /// Encodes text that is given as bytes; byte-level vocabularies take any, others see U+FFFD in the place of what is
    /// not UTF-8.
    ///
    /// The parameters are those of ``encode(_:addSpecialTokens:parseSpecialTokens:)``.
    public func encode(
        bytes: UnsafeBufferPointer<UInt8>, addSpecialTokens: Bool = true, parseSpecialTokens: Bool = true
    ) -> [Int32] {
        let sink = pipeline.encode(
            bytes, addSpecialTokens: addSpecialTokens, parseSpecialTokens: parseSpecialTokens, tracksRanges: false)
        return sink.makeArray()
    }
}

extension Tokenizer {
    /// The vocabulary's entry for `id` as it is written there; nil if there is none. Bytes that are not UTF-8 show as
    /// U+FFFD.
    public func piece(of id: Int32) -> String? { pipeline.vocabulary.piece(id).map { String(lossy: $0) } }

    /// The id of an entry of the vocabulary, written as ``piece(of:)`` gives it.
    public func id(ofPiece piece: String) -> Int32? { pipeline.vocabulary.id(of: piece) }

    /// Whether `id` controls the model instead of standing for text.
    public func isSpecial(_ id: Int32) -> Bool { pipeline.specialIDs.contains(id) }
}
