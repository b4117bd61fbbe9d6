extension TokenizerJSONReader {
    func readNormalizer(_ field: ConfigurationField) throws(TokenizerError) -> Normalizer {
        switch try field.type() {
        case "NFC": return .unicode(.nfc)
        case "NFD": return .unicode(.nfd)
        case "NFKC": return .unicode(.nfkc)
        case "NFKD": return .unicode(.nfkd)
        case "Lowercase": return .lowercase
        case "Strip":
            return .strip(left: try field["strip_left"].bool(true), right: try field["strip_right"].bool(true))
        case "StripAccents": return .stripAccents
        case "Replace": return .replace(try field["pattern"].pattern(), with: try field["content"].bytes())
        case "Prepend": return .prepend(try field["prepend"].bytes())
        case "Nmt": return .controlCharacters
        case "ByteLevel": return .byteAlphabet
        case "Precompiled":
            let text = try field["precompiled_charsmap"].string()
            guard let bytes = Base64.decode(text), let map = CharacterMap(bytes) else {
                throw field["precompiled_charsmap"].error("this is not a compiled map; take the file anew")
            }
            return .characterMap(map)
        case "BertNormalizer":
            let lowercases = try field["lowercase"].bool(true)
            return .bert(
                BertNormalization(
                    cleansText: try field["clean_text"].bool(true),
                    spacesIdeographs: try field["handle_chinese_chars"].bool(true),
                    stripsAccents: try field["strip_accents"].bool(lowercases), lowercases: lowercases))
        case "Sequence":
            var steps: [Normalizer] = []
            for step in try field["normalizers"].elements() { steps.append(try readNormalizer(step)) }
            return .sequence(steps)
        case let type: throw field.unknownType(type, of: "normalizer")
        }
    }

    /// The steps in order; none for a missing field.
    func readPreTokenizer(_ field: ConfigurationField) throws(TokenizerError) -> [PreTokenizer] {
        if field.isMissing { return [] }
        switch try field.type() {
        case "BertPreTokenizer": return [.bert]
        case "ByteLevel":
            var steps: [PreTokenizer] = []
            if try field["add_prefix_space"].bool(true) { steps.append(.spacePrefix) }
            if try field["use_regex"].bool(true) { steps.append(.pieces(try field.splitPattern(KnownRegexes.gpt2))) }
            return steps + [.byteAlphabet]
        case "CharDelimiterSplit":
            let scalars = try field["delimiter"].string().unicodeScalars
            guard let scalar = scalars.first, scalars.count == 1 else {
                throw field["delimiter"].error("a delimiter is a single character")
            }
            return [.delimiter(scalar)]
        case "Metaspace": return [.metaspace(try readMetaspace(field))]
        case "Whitespace": return [.words]
        case "WhitespaceSplit": return [.whiteSpace]
        case "Split":
            let pattern = try field["pattern"].pattern()
            let behavior = try readBehavior(field["behavior"])
            let inverts = try field["invert"].bool(false)
            if case .expression(let expression) = pattern, behavior == .isolated { return [.pieces(expression)] }
            return [.split(pattern, behavior, invert: inverts)]
        case "Punctuation":
            return [.punctuation(try field["behavior"].isMissing ? .isolated : readBehavior(field["behavior"]))]
        case "Digits":
            let limit = try field["individual_digits"].bool(false) ? 1 : Int.max
            let run = CharacterRun(members: .number, takesLaterNumbers: true, limit: limit)
            return [.pieces(SplitPattern(steps: [.run(run)]))]
        case "FixedLength":
            let length = try field["length"].isMissing ? 5 : field["length"].integer()
            guard length > 0 else { throw field["length"].error("the length \(length) is not positive") }
            return [.fixedLength(length)]
        case "Sequence":
            var steps: [PreTokenizer] = []
            for step in try field["pretokenizers"].elements() { steps += try readPreTokenizer(step) }
            return PreTokenizer.joined(steps)
        case let type: throw field.unknownType(type, of: "pre-tokenizer")
        }
    }

    private func readBehavior(_ field: ConfigurationField) throws(TokenizerError) -> SplitBehavior {
        guard let behavior = SplitBehavior(rawValue: try field.string()) else {
            throw field.error("\"\(try field.string())\" is not a way to split")
        }
        return behavior
    }

    private func readMetaspace(_ field: ConfigurationField) throws(TokenizerError) -> Metaspace {
        var metaspace = Metaspace()
        if !field["replacement"].isMissing { metaspace.replacement = try field["replacement"].bytes() }
        metaspace.splits = try field["split"].bool(true)
        if !field["prepend_scheme"].isMissing {
            guard let scheme = Metaspace.PrependScheme(rawValue: try field["prepend_scheme"].string()) else {
                throw field["prepend_scheme"].error("expected \"always\", \"first\" or \"never\"")
            }
            metaspace.scheme = scheme
        } else if !(try field["add_prefix_space"].bool(true)) {
            metaspace.scheme = .never
        }
        return metaspace
    }

    /// The steps in order.
    func readDecoder(_ field: ConfigurationField) throws(TokenizerError) -> [DecoderStep] {
        func bytes(_ key: String, _ otherwise: String) throws(TokenizerError) -> [UInt8] {
            try field[key].isMissing ? Array(otherwise.utf8) : field[key].bytes()
        }
        switch try field.type() {
        case "ByteLevel": return [.byteAlphabet]
        case "ByteFallback": return [.byteFallback(.whole)]
        case "Fuse": return [.fuse]
        case "Strip":
            return [
                .strip(
                    content: try field["content"].bytes(), start: try field["start"].integer(),
                    stop: try field["stop"].integer())
            ]
        case "Replace": return [.replace(try field["pattern"].pattern(), with: try field["content"].bytes())]
        case "Metaspace":
            let metaspace = try readMetaspace(field)
            return [.metaspace(replacement: metaspace.replacement, stripsFirst: metaspace.scheme != .never)]
        case "WordPiece":
            return [.wordPiece(prefix: try bytes("prefix", "##"), cleansUp: try field["cleanup"].bool(true))]
        case "BPEDecoder": return [.bytePair(suffix: try bytes("suffix", "</w>"))]
        case "CTC":
            return [
                .connectionist(
                    padding: try bytes("pad_token", "<pad>"), delimiter: try bytes("word_delimiter_token", "|"),
                    cleansUp: try field["cleanup"].bool(true))
            ]
        case "Sequence":
            var steps: [DecoderStep] = []
            for step in try field["decoders"].elements() { steps += try readDecoder(step) }
            return steps
        case let type: throw field.unknownType(type, of: "decoder")
        }
    }
}
