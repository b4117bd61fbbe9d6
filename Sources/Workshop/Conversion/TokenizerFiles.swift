import Checkpoints
import JSONValues
import Tokenization

/// A tokenizer as the files of a folder say it, as far as GGUF can say it too.
struct TokenizerFiles {
    /// The kinds of pieces, as GGUF numbers them.
    enum PieceType: Int32 {
        case normal = 1
        case unknown, control, userDefined, unused, byte
    }

    /// `gpt2` for byte-level pairs, `llama` for SentencePiece's.
    var model = "gpt2"
    /// The name of the split pattern.
    var pattern = "default"
    var pieces: [String] = []
    var types: [PieceType] = []
    /// Only of `llama`.
    var scores: [Float] = []
    /// Two pieces with a space between, best first; only of `gpt2`.
    var merges: [String] = []
    /// Whether a text gets a space before it; nil where that is not asked.
    var addsSpacePrefix: Bool?

    /// Whether a folder has a tokenizer at all.
    static func exist(in folder: String) -> Bool {
        ["tokenizer.json", "tokenizer.model"].contains(where: ModuleFolder(folder).contains)
    }

    /// Reads the tokenizer of a folder whose model has `count` rows of the embedding.
    ///
    /// SentencePiece's own file goes before `tokenizer.json`, which has its pairs but not its scores.
    static func read(_ folder: ModuleFolder, count: Int) throws(CheckpointError) -> TokenizerFiles {
        let json = try folder.json("tokenizer.json")
        let isSentencePiece = json?[path: "model.byte_fallback"]?.boolValue ?? true
        if isSentencePiece, folder.contains("tokenizer.model") {
            return try TokenizerFiles(sentencePiece: folder, count: count)
        }
        return try TokenizerFiles(json ?? .null, folder: folder, count: count)
    }

    /// The number of a piece.
    func id(of piece: String) -> Int? { pieces.firstIndex(of: piece) }
}

extension TokenizerFiles {
    /// Reads `tokenizer.json` of a folder; `count` is the number of rows of the embedding.
    init(_ json: JSON, folder: ModuleFolder, count: Int) throws(CheckpointError) {
        let path = "\(folder.path)/tokenizer.json"
        guard let model = json["model"], model["type"]?.stringValue == "BPE" || model[path: "merges"] != nil else {
            throw CheckpointError(
                path: path, location: "key model.type",
                reason:
                    "tokenizers of the kind \(json[path: "model.type"]?.stringValue ?? "(none)") are not converted yet",
                remedy: "Those that are: BPE")
        }
        let vocabulary = model["vocab"]?.objectValue ?? [:]
        let added = json["added_tokens"]?.arrayValue ?? []
        let last = (vocabulary.values.compactMap(\.intValue) + added.compactMap { $0["id"]?.intValue }).max() ?? -1
        try Self.check(last: last, count: count, path: path)
        pieces = (0..<count).map { "[PAD\($0)]" }
        types = Array(repeating: .unused, count: count)
        for (piece, id) in vocabulary {
            guard let id = id.intValue, pieces.indices.contains(id) else { continue }
            (pieces[id], types[id]) = (piece, .normal)
        }
        let merges = (model["merges"]?.arrayValue ?? []).map { merge in
            // A space within a part is written as byte-level pieces write it.
            merge.stringValue
                ?? merge.arrayValue?.compactMap(\.stringValue).map { $0.replacing(" ", with: "Ġ") }
                .joined(separator: " ") ?? ""
        }
        if model["byte_fallback"]?.boolValue == true {
            try readSentencePiece(json, merges)
        } else {
            self.merges = merges
            let whole = model["ignore_merges"]?.boolValue ?? false
            try Self.checkNormalizer(json["normalizer"] ?? .null, path)
            let regexes = try Self.regexes(json["pre_tokenizer"] ?? .null, path)
            guard let name = regexes.flatMap({ SplitPatternNames.name(of: $0, takesWholePieces: whole) }) else {
                throw CheckpointError(
                    path: path, location: "key pre_tokenizer",
                    reason: "GGUF has no name for how this tokenizer cuts texts")
            }
            pattern = name
        }
        for token in added {
            guard let id = token["id"]?.intValue, let content = token["content"]?.stringValue,
                pieces.indices.contains(id)
            else { continue }
            let isControl = token["special"]?.boolValue == true || Self.looksSpecial(content)
            (pieces[id], types[id]) = (content, isControl ? .control : .userDefined)
            if !scores.isEmpty { scores[id] = -1000 }
            if types[id] == .control, content == model["unk_token"]?.stringValue, self.model == "llama" {
                types[id] = .unknown
            }
        }
    }

    /// Refuses tokens without a row of the embedding.
    static func check(last: Int, count: Int, path: String) throws(CheckpointError) {
        guard last >= count else { return }
        throw CheckpointError(
            path: path, reason: "it has tokens up to \(last), the embedding has \(count) rows",
            remedy: "The tokenizer belongs to another model, or the embedding was not resized")
    }

    /// The pairs of `byte_fallback` tokenizers become scores: the earlier a piece is made, the higher.
    private mutating func readSentencePiece(_ json: JSON, _ merges: [String]) throws(CheckpointError) {
        model = "llama"
        scores = Array(repeating: 0, count: pieces.count)
        var ids: [String: Int] = [:]
        for (id, piece) in pieces.enumerated() { ids[piece] = id }
        var isMade: Set<Int> = []
        for (rank, merge) in merges.enumerated() {
            guard let id = ids[merge.replacing(" ", with: "")], isMade.insert(id).inserted else { continue }
            scores[id] = -Float(rank)
        }
        for id in pieces.indices where pieces[id].hasPrefix("<0x") && pieces[id].hasSuffix(">") && pieces[id].count == 6
        {
            types[id] = .byte
        }
        let normalizers = json[path: "normalizer.normalizers"]?.arrayValue ?? [json["normalizer"] ?? .null]
        let isPrepended = normalizers.contains { $0["type"]?.stringValue == "Prepend" }
        let scheme = json[path: "pre_tokenizer.prepend_scheme"]?.stringValue
        addsSpacePrefix = isPrepended || scheme == "first" || scheme == "always"
    }

    /// Refuses what a byte-level tokenizer changes in texts before it cuts them: GGUF has no word for it. Only Unicode's
    /// composed form is taken, in which texts are anyway.
    private static func checkNormalizer(_ step: JSON, _ path: String) throws(CheckpointError) {
        for part in step["normalizers"]?.arrayValue ?? [step] {
            if part.isNull || part["type"]?.stringValue == "NFC" { continue }
            if part["type"]?.stringValue == "Sequence" {
                try checkNormalizer(part, path)
                continue
            }
            throw CheckpointError(
                path: path, location: "key normalizer",
                reason: "GGUF cannot say that texts are changed by \(part["type"]?.stringValue ?? part.text())")
        }
    }

    /// The expressions by which a tokenizer cuts; nil if it has other steps.
    private static func regexes(_ step: JSON, _ path: String) throws(CheckpointError) -> [String]? {
        func refuse(_ what: String) -> CheckpointError {
            CheckpointError(
                path: path, location: "key pre_tokenizer", reason: "GGUF cannot say \(what) of byte-level tokenizers")
        }
        switch step["type"]?.stringValue {
        case "Sequence":
            var all: [String] = []
            for part in step["pretokenizers"]?.arrayValue ?? [] {
                guard let regexes = try regexes(part, path) else { return nil }
                all += regexes
            }
            return all
        case "ByteLevel":
            if step["add_prefix_space"]?.boolValue == true { throw refuse("add_prefix_space") }
            return step["use_regex"]?.boolValue ?? true ? [SplitPatternNames.gpt2] : []
        case "Digits": return step["individual_digits"]?.boolValue == true ? [#"\p{N}"#] : nil
        case "Split":
            guard let regex = step[path: "pattern.Regex"]?.stringValue else { return nil }
            // Expressions that GGUF has names for leave nothing out, so that removing the rest keeps all.
            let (behavior, inverts) = (step["behavior"]?.stringValue ?? "Isolated", step["invert"]?.boolValue ?? false)
            switch (behavior, inverts) {
            case ("Isolated", false), ("Removed", true): return [regex]
            default: throw refuse("behavior \(behavior)\(inverts ? " with invert" : "")")
            }
        default: return nil
        }
    }

    /// Added tokens that are control tokens although nobody says so.
    static func looksSpecial(_ text: String) -> Bool {
        ["<pad>", "<mask>", "<2mass>", "[@BOS@]"].contains(text) || (text.hasPrefix("<|") && text.hasSuffix("|>"))
            || (text.hasPrefix("<｜") && text.hasSuffix("｜>")) || (text.hasPrefix("<unused") && text.hasSuffix(">"))
    }
}
