import JSONValues

/// Mistral's Tekken file: byte strings by rank, behind a fixed number of special tokens.
struct TekkenFile {
    private let source: String
    private var configuration: JSON = .null
    private var specials: JSON = .null
    private var ranks: [Int] = []
    private var pieces: [[UInt8]] = []

    init(_ bytes: [UInt8], source: String) throws(TokenizerError) {
        self.source = source
        try JSONReader.readAll(bytes, source: source) { (reader) throws(JSONError) in try read(&reader) }
    }

    private mutating func read(_ reader: inout JSONReader) throws(JSONError) {
        var file = self
        try reader.readObject { (reader, key) throws(JSONError) in
            switch key {
            case "config": file.configuration = try reader.readValue()
            case "special_tokens": file.specials = try reader.readValue()
            case "vocab": try reader.readArray { (reader) throws(JSONError) in try file.readPiece(&reader) }
            default: try reader.skipValue()
            }
        }
        self = file
    }

    private mutating func readPiece(_ reader: inout JSONReader) throws(JSONError) {
        var rank: Int?
        var bytes: [UInt8]?
        try reader.readObject { (reader, key) throws(JSONError) in
            switch key {
            case "rank": rank = try reader.readInteger()
            case "token_bytes": bytes = Base64.decode(try reader.readString())
            default: try reader.skipValue()
            }
        }
        guard let rank, let bytes else { throw reader.error("a piece needs a rank and token_bytes in Base64") }
        ranks.append(rank)
        pieces.append(bytes)
    }

    func parts() throws(TokenizerError) -> PipelineParts {
        let field = ConfigurationField(json: configuration, source: source, path: "config")
        let specialCount = try field["default_num_special_tokens"].integer()
        let size = try field["default_vocab_size"].integer()
        guard specialCount >= 0, specialCount <= size, size <= VocabularyBuilder.largestID else {
            throw field["default_vocab_size"].error(
                "\(size) tokens of which \(specialCount) are special are not possible")
        }
        var builder = VocabularyBuilder()
        for (rank, piece) in zip(ranks, pieces) where rank < size - specialCount {
            if let problem = builder.add(piece, id: rank < 0 ? rank : rank + specialCount) {
                throw TokenizerError(source: source, key: "vocab", reason: problem)
            }
        }
        var parts = try PipelineParts(
            ranked: builder, pattern: try field["pattern"].string(), special: try specialTokens(specialCount),
            source: source)
        parts.decoder = [.fuse]
        return parts
    }

    private func specialTokens(_ count: Int) throws(TokenizerError) -> [AddedToken] {
        var names = Self.defaultNames
        if !specials.isNull {
            names = []
            for token in try ConfigurationField(json: specials, source: source, path: "special_tokens").elements() {
                names.append(try token["token_str"].string())
            }
        }
        return (0..<count).map { id in
            let name = id < names.count ? names[id] : "<SPECIAL_\(id)>"
            return AddedToken(id: Int32(truncatingIfNeeded: id), content: Array(name.utf8), isSpecial: true)
        }
    }

    /// The special tokens of files that do not list them.
    private static let defaultNames = [
        "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
        "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]",
        "[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]",
    ]
}
