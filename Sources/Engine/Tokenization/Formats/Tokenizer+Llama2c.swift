extension Tokenizer {
    /// Makes the tokenizer of a `tokenizer.bin` of llama2.c (https://github.com/karpathy/llama2.c, `tokenizer.py`): the
    /// pieces and scores of Llama's SentencePiece model, spaces written as such.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - source: The file's name, for errors.
    /// - Throws: ``TokenizerError`` if the file is damaged.
    public init(llama2c bytes: [UInt8], source: String) throws(TokenizerError) {
        self.init(try SentencePieceFile(llama2c: bytes, source: source).parts(source: source))
    }
}

extension SentencePieceFile {
    /// The length of the longest piece, then for every piece its score, its length and its bytes.
    init(llama2c bytes: [UInt8], source: String) throws(TokenizerError) {
        (modelType, byteFallback, removesExtraSpaces) = (2, true, false)
        var offset = 4
        func word(_ start: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) } }
        while offset < bytes.count {
            let id = pieces.count
            guard bytes.count - offset >= 8, case let length = Int(word(offset + 4)), length <= bytes.count - offset - 8
            else {
                throw TokenizerError(
                    source: source, key: "piece \(id)", reason: "the file ends within it; it is truncated or damaged")
            }
            let content = bytes[offset + 8..<offset + 8 + length]
            scores.append(Float(bitPattern: word(offset)))
            types.append(Self.type(of: id))
            switch id {
            // The file writes these two with line ends around them.
            case 1: pieces.append(Array("<s>".utf8)[...])
            case 2: pieces.append(Array("</s>".utf8)[...])
            default: pieces.append(content.flatMap { $0 == 0x20 ? Array("▁".utf8) : [$0] }[...])
            }
            offset += 8 + length
        }
        guard pieces.count > 258 else {
            throw TokenizerError(
                source: source, key: "pieces",
                reason: "there are \(pieces.count), fewer than 259; this is no tokenizer.bin of llama2.c")
        }
    }

    /// Llama's order: unknown, begin, end, 256 bytes, the others. As in SentencePiece 2, 3, 6 and 1.
    private static func type(of id: Int) -> Int32 {
        switch id {
        case 0: 2
        case 1, 2: 3
        case 3..<259: 6
        default: 1
        }
    }
}
