import Files

/// What the names of a set of files say about the model in them.
struct ModelLayout {
    let files: [String]

    init(files: [String]) {
        self.files = files.sorted()
    }

    /// The first GGUF file, first shards before others.
    var mainFile: String? { ggufModels.first }

    /// The GGUF files that a model begins with: single files and first shards.
    var ggufModels: [String] {
        files.filter { $0.lowercased().hasSuffix(".gguf") && (ShardName($0, ending: ".gguf")?.number ?? 1) == 1 }
            .filter { !Self.isProjector($0) }
    }

    /// Whether there are weights in safetensors and a `config.json` beside them at the top.
    var isHuggingFaceFolder: Bool {
        files.contains("config.json") && files.contains { !$0.contains("/") && $0.hasSuffix(".safetensors") }
    }

    /// The names under which folders keep their tokenizer; `.tiktoken` files have any.
    private static let tokenizers: Set<String> = [
        "tokenizer.json", "tokenizer.model", "spiece.model", "tekken.json", "vocab.json", "vocab.txt",
        "rwkv_vocab_v20230424.txt",
    ]

    /// Why the folder cannot be used although it has weights, or nil: without a tokenizer there is no text.
    var missingTokenizer: String? {
        if files.contains(where: { Self.tokenizers.contains($0) || $0.hasSuffix(".tiktoken") }) { return nil }
        return "there is no tokenizer beside the weights (tokenizer.json or an older form such as tokenizer.model); "
            + "add it to the folder"
    }

    /// The whole model that begins with `file`: all its shards, or the file alone.
    func shards(of file: String) -> [String] {
        guard let shard = ShardName(file, ending: ".gguf") else { return [file] }
        return files.filter { other in
            guard let candidate = ShardName(other, ending: ".gguf") else { return false }
            return candidate.prefix == shard.prefix && candidate.count == shard.count
        }
    }

    /// Why shards are missing, or nil if `shards(of:)` is complete.
    func missingShards(of file: String) -> String? {
        guard let shard = ShardName(file, ending: ".gguf") else { return nil }
        let present = shards(of: file).count
        return present == shard.count ? nil : "\(present) of the \(shard.count) shards of \(file) are there"
    }

    /// Whether a file belongs to a Hugging Face folder as Swiftlet reads it: configuration, tokenizer, weights.
    static func isPartOfFolder(_ path: String) -> Bool {
        let extensions = [".json", ".safetensors", ".model", ".txt", ".jinja", ".tiktoken"]
        guard extensions.contains(where: { path.hasSuffix($0) }) else { return false }
        // Other runtimes' exports stand in folders of their own; poolings of sentence encoders do too.
        return !path.contains("/") || path.hasSuffix("/config.json") || path.hasSuffix("_Dense/model.safetensors")
    }

    /// Whether a path that somebody else wrote stays within the folder it is meant for.
    static func isSafe(_ path: String) -> Bool {
        !path.isEmpty && !path.hasPrefix("/") && !path.utf8.contains(0) && !path.utf8.contains(UInt8(ascii: "\\"))
            && path.split(separator: "/", omittingEmptySubsequences: false)
                .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
            && path != "model.json"
    }

    /// Image projectors accompany a model, they are none.
    private static func isProjector(_ path: String) -> Bool {
        (path.split(separator: "/").last ?? "").lowercased().hasPrefix("mmproj")
    }
}
