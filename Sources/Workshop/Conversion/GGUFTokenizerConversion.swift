import Checkpoints
import JSONValues
import OrderedCollections

/// Makes the keys `tokenizer.*` of a GGUF file from the files of a folder.
struct GGUFTokenizerConversion {
    private let files: HuggingFaceConfiguration
    private let vocabularySize: Int
    private(set) var notes: [String] = []

    init(_ files: HuggingFaceConfiguration, vocabularySize: Int) {
        (self.files, self.vocabularySize) = (files, vocabularySize)
    }

    /// Roles of tokens: their names in config.json, and those in GGUF.
    static let roles = [
        ("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("sep", "seperator"), ("pad", "padding"), ("cls", "cls"),
        ("mask", "mask"),
    ]

    mutating func metadata() throws(CheckpointError) -> OrderedDictionary<String, GGUFValue> {
        var result: OrderedDictionary<String, GGUFValue> = [:]
        let folder = ModuleFolder(files.folder)
        guard TokenizerFiles.exist(in: files.folder) else {
            notes.append("\(files.folder) has no tokenizer.json, so the file has no tokenizer")
            result["tokenizer.ggml.model"] = .string("none")
            return result
        }
        let tokenizer = try TokenizerFiles.read(folder, count: vocabularySize)
        result["tokenizer.ggml.model"] = .string(tokenizer.model)
        result["tokenizer.ggml.pre"] = .string(tokenizer.pattern)
        result["tokenizer.ggml.tokens"] = .array(tokenizer.pieces.map { .string($0) }, type: 8)
        if !tokenizer.scores.isEmpty {
            result["tokenizer.ggml.scores"] = .array(tokenizer.scores.map { .float32($0) }, type: 6)
        }
        result["tokenizer.ggml.token_type"] = .array(tokenizer.types.map { .int32($0.rawValue) }, type: 5)
        if !tokenizer.merges.isEmpty {
            result["tokenizer.ggml.merges"] = .array(tokenizer.merges.map { .string($0) }, type: 8)
        }
        addSpecialTokens(tokenizer, &result)
        if let prefix = tokenizer.addsSpacePrefix { result["tokenizer.ggml.add_space_prefix"] = .bool(prefix) }
        for (role, key) in [("bos", "add_bos_token"), ("eos", "add_eos_token")] {
            if let adds = try adds(role, folder, tokenizer.model) { result["tokenizer.ggml.\(key)"] = .bool(adds) }
        }
        if let template = files.chatTemplate { result["tokenizer.chat_template"] = .string(template) }
        return result
    }

    private func addSpecialTokens(
        _ tokenizer: TokenizerFiles, _ result: inout OrderedDictionary<String, GGUFValue>
    ) {
        func valid(_ id: Int?) -> UInt32? {
            id.flatMap { $0 >= 0 && $0 < vocabularySize ? UInt32($0) : nil }
        }
        var found: [String: UInt32] = [:]
        for (name, key) in Self.roles {
            let token = files.tokenizerConfiguration?["\(name)_token"] ?? files.specialTokens?["\(name)_token"]
            let text = token?.stringValue ?? token?["content"]?.stringValue
            let id = text.flatMap { tokenizer.id(of: $0) } ?? files.config["\(name)_token_id"]?.intValue
            if let id = valid(id) {
                found[name] = id
                result["tokenizer.ggml.\(key)_token_id"] = .uint32(id)
            }
        }
        // Chat models often end their turns with another token than their texts.
        let ends = files.generation?["eos_token_id"] ?? files.config["eos_token_id"]
        let others = ends?.arrayValue?.compactMap { valid($0.intValue) } ?? []
        if found["eos"] == nil, let first = others.first { result["tokenizer.ggml.eos_token_id"] = .uint32(first) }
        if let end = others.first(where: { $0 != found["eos"] ?? others.first }) {
            result["tokenizer.ggml.eot_token_id"] = .uint32(end)
        }
    }

    /// Whether texts get a token at their beginning or end: as the last step of tokenizer.json does it, or else as the
    /// configuration says.
    private func adds(_ role: String, _ folder: ModuleFolder, _ model: String) throws(CheckpointError) -> Bool? {
        let flag = files.tokenizerConfiguration?["add_\(role)_token"]?.boolValue
        guard let processor = try folder.json("tokenizer.json")?["post_processor"], !processor.isNull else {
            return flag
        }
        let steps = processor["processors"]?.arrayValue ?? [processor]
        if let single = steps.first(where: { $0["type"]?.stringValue == "TemplateProcessing" })?["single"]?.arrayValue {
            if single.count > 1, (role == "bos" ? single.first : single.last)?["SpecialToken"] != nil { return true }
            // Readers of SentencePiece's pieces begin texts with a token unless they are told otherwise.
            if flag == nil, role == "bos", model == "llama" { return false }
        }
        if steps.contains(where: { $0["type"]?.stringValue == "ByteLevel" }) { return false }
        return flag
    }
}
