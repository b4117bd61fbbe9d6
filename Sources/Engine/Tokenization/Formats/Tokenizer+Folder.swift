import Essentials
import JSONValues

extension Tokenizer {
    /// Makes the tokenizer of a model folder.
    ///
    /// Takes the first that is there of `tokenizer.json`, `tokenizer.model` (or `spiece.model`), `tekken.json`, a
    /// `.tiktoken` file, `vocab.json` with `merges.txt`, `vocab.txt`, `rwkv_vocab_v20230424.txt` and llama2.c's
    /// `tokenizer.bin`, and reads what
    /// `special_tokens_map.json`, `tokenizer_config.json`, `generation_config.json` and `added_tokens.json` say.
    ///
    /// - Throws: ``TokenizerError`` if none is there, or if one is damaged or asks for what is not known here.
    public init(folder path: String) throws(TokenizerError) {
        let folder = try TokenizerFolder(path)
        if let bytes = try folder.read("tokenizer.json") {
            try self.init(
                tokenizerJSON: bytes, configuration: folder.configuration, source: folder.path(of: "tokenizer.json"))
        } else if let (name, bytes) = try folder.readFirst(of: ["tokenizer.model", "spiece.model"]) {
            try self.init(sentencePieceOrTiktoken: bytes, name: name, in: folder)
        } else if let bytes = try folder.read("tekken.json") {
            try self.init(tekken: bytes, source: folder.path(of: "tekken.json"))
        } else if let (name, bytes) = try folder.readFirst(of: folder.names.filter { $0.hasSuffix(".tiktoken") }) {
            try self.init(sentencePieceOrTiktoken: bytes, name: name, in: folder)
        } else if let vocabulary = try folder.read("vocab.json"), let merges = try folder.read("merges.txt") {
            self.init(try folder.bytePairs(vocabulary, merges))
        } else if let bytes = try folder.read("vocab.txt") {
            self.init(try folder.wordPieces(bytes))
        } else if let bytes = try folder.read("rwkv_vocab_v20230424.txt") {
            try self.init(rwkv: bytes, source: folder.path(of: "rwkv_vocab_v20230424.txt"))
        } else if let bytes = try folder.read("tokenizer.bin") {
            try self.init(llama2c: bytes, source: folder.path(of: "tokenizer.bin"))
        } else {
            throw TokenizerError(
                source: path, key: "tokenizer.json",
                reason: "there is no tokenizer here, neither this file nor one of the older forms; download it too")
        }
    }

    /// Some models call a tiktoken file `tokenizer.model`.
    private init(sentencePieceOrTiktoken bytes: [UInt8], name: String, in folder: TokenizerFolder)
        throws(TokenizerError)
    {
        let firstLine = bytes.prefix(400).prefix { $0 != 0x0A }.split(separator: 0x20)
        if firstLine.count == 2, Base64.decode(String(lossy: firstLine[0])) != nil,
            Int(String(lossy: firstLine[1])) != nil
        {
            try self.init(
                tiktoken: bytes, pattern: folder.configuration["pattern"]?.stringValue ?? KnownRegexes.cl100k,
                specialTokens: try folder.addedTokens(), source: folder.path(of: name))
        } else {
            try self.init(sentencePiece: bytes, source: folder.path(of: name))
        }
    }
}

/// The files of a model folder.
struct TokenizerFolder {
    private let folder: String
    let names: [String]
    /// The members of the small JSON files in one object, those of later files before those of earlier ones.
    private(set) var configuration: JSON = .object([:])

    init(_ path: String) throws(TokenizerError) {
        folder = path
        do { names = try FileManager.default.contentsOfDirectory(atPath: path).sorted() } catch {
            throw TokenizerError(source: path, key: "folder", reason: "it cannot be listed; check the path: \(error)")
        }
        var members: JSON.Object = [:]
        for name in ["special_tokens_map.json", "tokenizer_config.json", "generation_config.json"] {
            guard let more = try readJSON(name)?.objectValue else { continue }
            for (key, value) in more where !value.isNull { members[key] = value }
        }
        configuration = .object(members)
    }

    func path(of name: String) -> String { "\(folder)/\(name)" }

    /// The contents of a file, or nil if there is none of this name.
    func read(_ name: String) throws(TokenizerError) -> [UInt8]? {
        guard names.contains(name) else { return nil }
        do { return Array(try Data(contentsOf: URL(filePath: path(of: name)))) } catch {
            throw TokenizerError(source: path(of: name), key: "file", reason: "it cannot be read: \(error)")
        }
    }

    func readFirst(of candidates: [String]) throws(TokenizerError) -> (String, [UInt8])? {
        for name in candidates {
            if let bytes = try read(name) { return (name, bytes) }
        }
        return nil
    }

    private func readJSON(_ name: String) throws(TokenizerError) -> JSON? {
        guard let bytes = try read(name) else { return nil }
        do { return try JSON(parsing: bytes, source: path(of: name)) } catch { throw TokenizerError(error) }
    }

    /// The ids of `added_tokens.json` and of `added_tokens_decoder` in `tokenizer_config.json`.
    func addedTokens() throws(TokenizerError) -> [String: Int32] {
        var tokens: [String: Int32] = [:]
        for (content, id) in try readJSON("added_tokens.json")?.objectValue ?? [:] {
            tokens[content] = id.intValue.flatMap { Int32(exactly: $0) }
        }
        for (id, token) in configuration["added_tokens_decoder"]?.objectValue ?? [:] {
            if let content = token["content"]?.stringValue { tokens[content] = Int32(id) }
        }
        return tokens
    }

    /// GPT-2's pair of files.
    func bytePairs(_ vocabulary: [UInt8], _ merges: [UInt8]) throws(TokenizerError) -> PipelineParts {
        let vocabularyJSON: JSON
        do { vocabularyJSON = try JSON(parsing: vocabulary, source: path(of: "vocab.json")) } catch {
            throw TokenizerError(error)
        }
        let lines = merges.split(separator: 0x0A).map { $0.last == 0x0D ? $0.dropLast() : $0 }
            .drop { $0.starts(with: "#version".utf8) }
        let spacePrefix = configuration["add_prefix_space"] ?? false
        return try compile(
            model: [
                "type": "BPE", "vocab": vocabularyJSON, "merges": .array(lines.map { .string(String(lossy: $0)) }),
            ],
            steps: [
                "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": spacePrefix],
                "decoder": ["type": "ByteLevel"],
            ], frame: vocabularyJSON["<s>"] == nil ? nil : ("<s>", "</s>"), vocabularyJSON)
    }

    /// BERT's list of pieces.
    func wordPieces(_ bytes: [UInt8]) throws(TokenizerError) -> PipelineParts {
        var pieces: JSON.Object = [:]
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        for (id, line) in lines.enumerated() {
            pieces[String(lossy: line.last == 0x0D ? line.dropLast() : line)] = .integer(id)
        }
        let lowercases = configuration["do_lower_case"] ?? true
        return try compile(
            model: ["type": "WordPiece", "vocab": .object(pieces), "unk_token": "[UNK]"],
            steps: [
                "normalizer": [
                    "type": "BertNormalizer", "lowercase": lowercases,
                    "strip_accents": configuration["strip_accents"] ?? .null,
                    "handle_chinese_chars": configuration["tokenize_chinese_chars"] ?? true,
                ],
                "pre_tokenizer": ["type": "BertPreTokenizer"], "decoder": ["type": "WordPiece"],
            ], frame: ("[CLS]", "[SEP]"), .object(pieces))
    }

    /// Writes an older form as a `tokenizer.json` and compiles that.
    private func compile(
        model: JSON, steps: JSON, frame: (String, String)?, _ vocabulary: JSON
    ) throws(TokenizerError) -> PipelineParts {
        var root = steps.objectValue ?? [:]
        root["model"] = model
        var special = try addedTokens()
        let roles = ["<|endoftext|>", "<s>", "</s>", "<unk>", "<pad>", "<mask>"]
        for name in roles + ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] {
            if let id = vocabulary[name]?.intValue { special[name] = Int32(exactly: id) }
        }
        root["added_tokens"] = .array(
            special.sorted { $0.value < $1.value }.map {
                ["id": .integer(Int($1)), "content": .string($0), "special": true]
            })
        if let frame, let first = special[frame.0], let last = special[frame.1] {
            root["post_processor"] = [
                "type": "BertProcessing", "cls": [.string(frame.0), .integer(Int(first))],
                "sep": [.string(frame.1), .integer(Int(last))],
            ]
        }
        let file = try TokenizerJSONFile(Array(JSON.object(root).text().utf8), source: folder)
        return try TokenizerJSONReader(file, configuration: configuration, source: folder).read()
    }
}
