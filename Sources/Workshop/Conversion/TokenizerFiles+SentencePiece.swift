import Checkpoints
import Files
import JSONValues
import Tokenization

extension TokenizerFiles {
    /// Reads `tokenizer.model` and what the files beside it add to its pieces.
    init(sentencePiece folder: ModuleFolder, count: Int) throws(CheckpointError) {
        let path = "\(folder.path)/tokenizer.model"
        let mapped = try MappedFile.opened(path)
        let file: SentencePieceFile
        do throws(TokenizerError) {
            file = try SentencePieceFile(withExtendedLifetime(mapped) { Array(mapped.bytes) }, source: path)
        } catch { throw CheckpointError(path: path, location: error.key, reason: error.reason) }
        guard file.modelType == 2 else {
            throw CheckpointError(
                path: path, reason: "only SentencePiece models of byte pairs are converted, and this is another kind")
        }
        let added = try Self.addedTokens(folder)
        try Self.check(last: max(file.pieces.count - 1, added.map(\.id).max() ?? -1), count: count, path: path)
        (model, addsSpacePrefix) = ("llama", file.addsDummyPrefix)
        pieces = (0..<count).map { "[PAD\($0)]" }
        types = Array(repeating: .unused, count: count)
        scores = Array(repeating: -10_000, count: count)
        for id in 0..<file.pieces.count {
            pieces[id] = String(decoding: file.pieces[id], as: UTF8.self)
            (types[id], scores[id]) = (PieceType(rawValue: file.types[id]) ?? .normal, file.scores[id])
        }
        for token in added where token.id >= 0 {
            let isControl = token.isSpecial || Self.looksSpecial(token.content)
            pieces[token.id] = isControl ? token.content : token.content.replacing("▁", with: " ")
            if types[token.id] != .unknown { types[token.id] = isControl ? .control : .userDefined }
            scores[token.id] = -1000
        }
    }

    /// Tokens of `added_tokens.json`, and over them those of `tokenizer_config.json`.
    private static func addedTokens(
        _ folder: ModuleFolder
    ) throws(CheckpointError) -> [(id: Int, content: String, isSpecial: Bool)] {
        var result: [(id: Int, content: String, isSpecial: Bool)] = []
        for (content, id) in try folder.json("added_tokens.json")?.objectValue ?? [:] {
            if let id = id.intValue { result.append((id, content, false)) }
        }
        let listed = try folder.json("tokenizer_config.json")?["added_tokens_decoder"]?.objectValue ?? [:]
        for (id, token) in listed {
            guard let id = Int(id), let content = token["content"]?.stringValue else { continue }
            result.append((id, content, token["special"]?.boolValue ?? false))
        }
        return result
    }
}
