import Essentials
import JSONValues

extension Tokenizer {
    /// Makes the tokenizer of a model folder.
    ///
    /// Takes the first that is there of `tokenizer.json`, `tokenizer.model` (or `spiece.model`), `tekken.json`, a
    /// `.tiktoken` file, `source.spm` or `sentencepiece.bpe.model` with or without `vocab.json`, `vocab.json` with
    /// `merges.txt`, `vocab.txt`, `rwkv_vocab_v20230424.txt` and llama2.c's
    /// `tokenizer.bin`, and reads what
    /// `special_tokens_map.json`, `tokenizer_config.json`, `generation_config.json` and `added_tokens.json` say, and the
    /// `eos_token_id` of `config.json` where `generation_config.json` has none.
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
        } else if let (name, bytes) = try folder.readFirst(of: ["source.spm", "sentencepiece.bpe.model"]) {
            let table = try folder.read("vocab.json")
            self.init(try folder.numberedPieces(bytes, table, source: folder.path(of: name)))
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
                added: try folder.addedTokens(), source: folder.path(of: name))
        } else {
            let source = folder.path(of: name)
            var parts = try SentencePieceFile(bytes, source: source).parts(source: source)
            try parts.add(try folder.addedTokens(), source: source)
            SpecialTokensReader(configuration: folder.configuration, vocabulary: parts.vocabulary).read(into: &parts)
            self.init(parts)
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
        if members["eos_token_id"] == nil, names.contains("config.json") {
            // What is wrong with this file is for those to say who read the model.
            let config = try? readJSON("config.json")
            for ends in [config?["eos_token_id"], config?["text_config"]?["eos_token_id"]] {
                if let ends, !ends.isNull {
                    members["eos_token_id"] = ends
                    break
                }
            }
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
        do { return try JSON(parsing: bytes, source: path(of: name), acceptsNonFinite: true) } catch {
            throw TokenizerError(error)
        }
    }

    /// The tokens of `added_tokens.json` and of `added_tokens_decoder` in `tokenizer_config.json`.
    ///
    /// The older file only has ids: special are those that have a role, the others stand for text.
    func addedTokens() throws(TokenizerError) -> [AddedToken] {
        var tokens: [String: AddedToken] = [:]
        let named = namedTokens
        for (content, id) in try readJSON("added_tokens.json")?.objectValue ?? [:] {
            guard let id = id.intValue.flatMap({ Int32(exactly: $0) }) else { continue }
            let isSpecial = named.contains(content)
            tokens[content] = AddedToken(
                id: id, content: Array(content.utf8), isNormalized: !isSpecial, isSpecial: isSpecial)
        }
        for (id, token) in configuration["added_tokens_decoder"]?.objectValue ?? [:] {
            guard let content = token["content"]?.stringValue, let id = Int32(id) else { continue }
            func flag(_ name: String) -> Bool { token[name]?.boolValue ?? false }
            tokens[content] = AddedToken(
                id: id, content: Array(content.utf8), isSingleWord: flag("single_word"), stripsLeft: flag("lstrip"),
                stripsRight: flag("rstrip"), isNormalized: token["normalized"]?.boolValue ?? !flag("special"),
                isSpecial: flag("special"))
        }
        return tokens.values.sorted { $0.id < $1.id }
    }

    /// The contents of the tokens that have a role.
    private var namedTokens: Set<String> {
        var names: Set<String> = []
        for (key, value) in configuration.objectValue ?? [:] where key.hasSuffix("_token") {
            if let content = value.stringValue ?? value["content"]?.stringValue { names.insert(content) }
        }
        for token in configuration["additional_special_tokens"]?.arrayValue ?? [] {
            if let content = token.stringValue ?? token["content"]?.stringValue { names.insert(content) }
        }
        return names
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
        var added = try addedTokens()
        let roles = ["<|endoftext|>", "<s>", "</s>", "<unk>", "<pad>", "<mask>"]
        for name in roles + ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] {
            guard let id = vocabulary[name]?.intValue.flatMap({ Int32(exactly: $0) }),
                !added.contains(where: { $0.content.elementsEqual(name.utf8) })
            else { continue }
            added.append(AddedToken(id: id, content: Array(name.utf8), isSpecial: true))
        }
        root["added_tokens"] = .array(added.sorted { $0.id < $1.id }.map(\.json))
        func id(_ name: String) -> Int? { added.first { $0.content.elementsEqual(name.utf8) }.map { Int($0.id) } }
        if let frame, let first = id(frame.0), let last = id(frame.1) {
            root["post_processor"] = [
                "type": "BertProcessing", "cls": [.string(frame.0), .integer(first)],
                "sep": [.string(frame.1), .integer(last)],
            ]
        }
        let file = try TokenizerJSONFile(Array(JSON.object(root).text().utf8), source: folder)
        return try TokenizerJSONReader(file, configuration: configuration, source: folder).read()
    }
}

extension AddedToken {
    /// The token as `tokenizer.json` has it.
    fileprivate var json: JSON {
        [
            "id": .integer(Int(id)), "content": .string(String(lossy: content)), "single_word": .bool(isSingleWord),
            "lstrip": .bool(stripsLeft), "rstrip": .bool(stripsRight), "normalized": .bool(isNormalized),
            "special": .bool(isSpecial),
        ]
    }
}

extension PipelineParts {
    /// Adds tokens to a vocabulary that came without them; what they say of tokens that it has counts.
    fileprivate mutating func add(_ tokens: [AddedToken], source: String) throws(TokenizerError) {
        for token in tokens {
            guard token.id >= 0, Int(token.id) <= VocabularyBuilder.largestID else {
                throw TokenizerError(
                    source: source, key: "added_tokens_decoder.\(token.id)",
                    reason: "the id is not between 0 and \(VocabularyBuilder.largestID)")
            }
            if vocabulary.id(of: token.content) != token.id {
                guard token.id >= vocabulary.count else {
                    throw TokenizerError(
                        source: source, key: "added_tokens_decoder.\(token.id)",
                        reason: "\"\(String(lossy: token.content))\" has the id of another token")
                }
                while vocabulary.count < token.id { vocabulary.append([]) }
                vocabulary.append(token.content)
            }
            addedTokens.removeAll { $0.id == token.id }
            addedTokens.append(token)
        }
    }
}
