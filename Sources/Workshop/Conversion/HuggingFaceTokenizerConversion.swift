import Checkpoints
import JSONValues
import OrderedCollections
import Tokenization

/// Makes the files of a tokenizer, as transformers has them, from the keys of a GGUF file.
struct HuggingFaceTokenizerConversion {
    private let metadata: GGUFMetadata
    private let model: String
    private let pattern: String
    private let pieces: [String]
    private let types: [Int]
    private let scores: [Double]
    private(set) var notes: [String] = []
    /// The ids of tokens by the names of their roles in config.json.
    let specialIDs: OrderedDictionary<String, Int>

    init(_ metadata: GGUFMetadata) throws(CheckpointError) {
        self.metadata = metadata
        model = try metadata.string("tokenizer.ggml.model") ?? "none"
        pattern = try metadata.string("tokenizer.ggml.pre") ?? "default"
        pieces = try metadata.json("tokenizer.ggml.tokens")?.arrayValue?.map { $0.stringValue ?? "" } ?? []
        types = try metadata.json("tokenizer.ggml.token_type")?.arrayValue?.map { $0.intValue ?? 1 } ?? []
        scores = try metadata.json("tokenizer.ggml.scores")?.arrayValue?.map { $0.doubleValue ?? 0 } ?? []
        var ids: OrderedDictionary<String, Int> = [:]
        for (name, key) in GGUFTokenizerConversion.roles {
            if let id = try metadata.int("tokenizer.ggml.\(key)_token_id"), pieces.indices.contains(id) {
                ids[name] = id
            }
        }
        specialIDs = ids
    }

    /// `eos_token_id` of generation_config.json: the token that ends texts, and the one that ends turns.
    var endIDs: JSON? {
        let turn = (try? metadata.int("tokenizer.ggml.eot_token_id")) ?? nil
        guard let end = specialIDs["eos"] else { return turn.map(JSON.integer) }
        guard let turn, turn != end else { return .integer(end) }
        return [.integer(end), .integer(turn)]
    }

    private func type(_ id: Int) -> Int { types.indices.contains(id) ? types[id] : 1 }

    /// `tokenizer.json` and `tokenizer_config.json`.
    mutating func files() throws(CheckpointError) -> OrderedDictionary<String, JSON> {
        guard !pieces.isEmpty, model != "none" else {
            notes.append("the file has no tokenizer, so the folder has none")
            return [:]
        }
        let tokenizer: JSON
        switch model {
        case "gpt2": tokenizer = try bytePairs()
        case "llama": tokenizer = try sentencePiece()
        default:
            throw CheckpointError(
                path: "tokenizer", location: "key tokenizer.ggml.model",
                reason: "tokenizers of the kind \(model) are not converted yet", remedy: "Those that are: gpt2, llama")
        }
        var configuration: JSON.Object = [
            "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false,
        ]
        for (name, id) in specialIDs { configuration["\(name)_token"] = .string(pieces[id]) }
        for key in ["add_bos_token", "add_eos_token"] {
            if let flag = try metadata.bool("tokenizer.ggml.\(key)") { configuration[key] = .bool(flag) }
        }
        return ["tokenizer.json": tokenizer, "tokenizer_config.json": .object(configuration)]
    }

    /// Pieces that only fill up the embedding have no place in a vocabulary.
    private func isFiller(_ id: Int) -> Bool { type(id) == 5 && pieces[id] == "[PAD\(id)]" }

    private var vocabulary: JSON {
        var object = JSON.Object()
        for (id, piece) in pieces.enumerated() where !isFiller(id) { object[piece] = .integer(id) }
        return .object(object)
    }

    private var addedTokens: JSON {
        .array(
            pieces.indices.filter { [2, 3, 4].contains(type($0)) }.map { id in
                [
                    "id": .integer(id), "content": .string(pieces[id]), "single_word": false, "lstrip": false,
                    "rstrip": false, "normalized": false, "special": .bool(type(id) != 4),
                ]
            })
    }

    private func bytePairs() throws(CheckpointError) -> JSON {
        guard let regexes = SplitPatternNames.regexes(of: pattern) else {
            throw CheckpointError(
                path: "tokenizer", location: "key tokenizer.ggml.pre",
                reason: "the split pattern \(pattern) is not known")
        }
        let merges = try metadata.json("tokenizer.ggml.merges")?.arrayValue?.compactMap(\.stringValue) ?? []
        let splits: [JSON] = regexes.map {
            ["type": "Split", "pattern": ["Regex": .string($0)], "behavior": "Isolated", "invert": false]
        }
        let bytes: JSON = ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false]
        return tokenizer(
            normalizer: .null, preTokenizer: ["type": "Sequence", "pretokenizers": .array(splits + [bytes])],
            decoder: ["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true],
            model: [
                "type": "BPE", "dropout": .null, "unk_token": .null, "continuing_subword_prefix": .null,
                "end_of_word_suffix": .null, "fuse_unk": false, "byte_fallback": false,
                "ignore_merges": .bool(SplitPatternNames.takesWholePieces(pattern)), "vocab": vocabulary,
                "merges": .array(
                    merges.map { merge in
                        let split = merge.dropFirst().firstIndex(of: " ") ?? merge.endIndex
                        return [
                            .string(String(merge[..<split])),
                            .string(String(merge[split...].dropFirst())),
                        ]
                    }),
            ], beginsTexts: try metadata.bool("tokenizer.ggml.add_bos_token") ?? SplitPatternNames.beginsTexts(pattern))
    }

    /// SentencePiece's pairs: whatever two pieces make a third are merged, those with the best score first.
    private func sentencePiece() throws(CheckpointError) -> JSON {
        var ids: [Substring: Int] = [:]
        for (id, piece) in pieces.enumerated() where type(id) == 1 || type(id) == 4 { ids[piece[...]] = id }
        var merges: [(score: Double, left: Int, right: Int, parts: JSON)] = []
        for (id, piece) in pieces.enumerated() where type(id) == 1 {
            let score = scores.indices.contains(id) ? scores[id] : 0
            for split in piece.unicodeScalars.indices.dropFirst() {
                let (left, right) = (piece[..<split], piece[split...])
                guard let leftID = ids[left], let rightID = ids[right] else { continue }
                merges.append((score, leftID, rightID, [.string(String(left)), .string(String(right))]))
            }
        }
        merges.sort { ($1.score, $0.left, $0.right) < ($0.score, $1.left, $1.right) }
        let replace: JSON = ["type": "Replace", "pattern": ["String": " "], "content": "▁"]
        let addsPrefix = try metadata.bool("tokenizer.ggml.add_space_prefix") ?? true
        let prepend: [JSON] = addsPrefix ? [["type": "Prepend", "prepend": "▁"]] : []
        let strip: [JSON] = addsPrefix ? [["type": "Strip", "content": " ", "start": 1, "stop": 0]] : []
        let unknown = specialIDs["unk"].map { JSON.string(pieces[$0]) } ?? .null
        return tokenizer(
            normalizer: ["type": "Sequence", "normalizers": .array(prepend + [replace])], preTokenizer: .null,
            decoder: [
                "type": "Sequence",
                "decoders": .array(
                    [
                        ["type": "Replace", "pattern": ["String": "▁"], "content": " "], ["type": "ByteFallback"],
                        ["type": "Fuse"],
                    ] + strip),
            ],
            model: [
                "type": "BPE", "dropout": .null, "unk_token": unknown, "continuing_subword_prefix": .null,
                "end_of_word_suffix": .null, "fuse_unk": true, "byte_fallback": true, "ignore_merges": false,
                "vocab": vocabulary, "merges": .array(merges.map(\.parts)),
            ], beginsTexts: try metadata.bool("tokenizer.ggml.add_bos_token") ?? true)
    }

    private func tokenizer(
        normalizer: JSON, preTokenizer: JSON, decoder: JSON, model: JSON, beginsTexts: Bool
    ) -> JSON {
        var processor: JSON = .null
        if beginsTexts, let begin = specialIDs["bos"] {
            let token = JSON.string(pieces[begin])
            let special: JSON = ["SpecialToken": ["id": token, "type_id": 0]]
            let (first, second): (JSON, JSON) = (
                ["Sequence": ["id": "A", "type_id": 0]], ["Sequence": ["id": "B", "type_id": 1]]
            )
            processor = [
                "type": "TemplateProcessing", "single": [special, first], "pair": [special, first, special, second],
                "special_tokens": .object([
                    pieces[begin]: ["id": token, "ids": [.integer(begin)], "tokens": [token]]
                ]),
            ]
        }
        return [
            "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": addedTokens,
            "normalizer": normalizer, "pre_tokenizer": preTokenizer, "post_processor": processor, "decoder": decoder,
            "model": model,
        ]
    }
}
