extension Tokenizer {
    /// The text of `ids`; unknown ids stand for nothing, incomplete or invalid UTF-8 becomes U+FFFD.
    public func decode(_ ids: [Int32], skipSpecialTokens: Bool = false) -> String {
        var decoder = makeStreamDecoder(skipSpecialTokens: skipSpecialTokens)
        var text = ""
        for id in ids { text += decoder.append(id) }
        return text + decoder.finish()
    }

    /// What `id` adds to a text that it does not begin, byte for byte; nothing for an unknown id.
    ///
    /// A special token gives its written form.
    public func bytes(of id: Int32) -> [UInt8] {
        guard let piece = pipeline.vocabulary.piece(id) else { return [] }
        return pipeline.decoder.reduce(Array(piece)) { $1.bytes(ofInnerPiece: $0) }
    }

    /// A decoder for tokens that arrive one by one.
    ///
    /// - Parameter visible: Special tokens that are written out although others are left out.
    public func makeStreamDecoder(skipSpecialTokens: Bool = true, showing visible: Set<Int32> = []) -> StreamDecoder {
        StreamDecoder(pipeline, skipsSpecialTokens: skipSpecialTokens, visible: visible)
    }

    /// The special tokens that these texts are made of.
    public func specialTokens(in texts: [String]) -> Set<Int32> {
        Set(texts.flatMap { encode($0, addSpecialTokens: false).filter(isSpecial) })
    }
}
