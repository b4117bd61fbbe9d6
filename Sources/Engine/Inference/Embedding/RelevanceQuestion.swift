import Checkpoints
import JSONValues
import Tokenization

/// The question whether a document answers a query, as Qwen3-Reranker was trained to read it (Zhang et al. 2025): the answer
/// is the next token, "yes" or "no".
struct RelevanceQuestion: Sendable {
    let yes, no: Int32
    private let tokenizer: Tokenizer
    private let instruction: String
    private let before, after: [Int32]

    private static let usualInstruction = "Given a web search query, retrieve relevant passages that answer the query"
    private static let start =
        "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct "
        + "provided. Note that the answer can only be \"yes\" or \"no\".<|im_end|>\n<|im_start|>user\n"
    private static let end = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"

    /// - Parameter folder: where the numbers of the answers may stand among sentence-transformers' modules.
    /// - Throws: `EmbeddingError` if the model has no tokens for the answers.
    init(_ tokenizer: Tokenizer, folder: String, instruction: String?) throws {
        self.tokenizer = tokenizer
        self.instruction = instruction ?? Self.usualInstruction
        before = tokenizer.encode(Self.start, addSpecialTokens: false)
        after = tokenizer.encode(Self.end, addSpecialTokens: false)
        let module = try Self.module(folder)
        func answer(_ text: String, _ key: String) throws -> Int32 {
            if let id = module?[key]?.intValue, (0..<tokenizer.vocabularySize).contains(id) { return Int32(id) }
            let ids = tokenizer.encode(text, addSpecialTokens: false)
            guard ids.count == 1, let id = ids.first else {
                throw EmbeddingError.model(
                    path: folder, key: "tokenizer",
                    reason: "\"\(text)\" is no token; a language model that reranks answers with it")
            }
            return id
        }
        (yes, no) = (try answer("yes", "true_token_id"), try answer("no", "false_token_id"))
    }

    private static func module(_ path: String) throws -> JSON? {
        guard ModuleFolder.isFolder(path) else { return nil }
        let folder = ModuleFolder(path)
        let place = try folder.json("modules.json")?.arrayValue?.first { isLogitScore($0) }?["path"]?.stringValue
        return try place.flatMap { try folder.folder($0).json("config.json") }
    }

    /// Whether a module of sentence-transformers makes a score of the logits of answers.
    static func isLogitScore(_ module: JSON) -> Bool { module["type"]?.stringValue?.hasSuffix(".LogitScore") ?? false }

    /// The tokens of the question; what is too long is cut at the document's end.
    func frame(_ query: String, _ document: String, maximumLength: Int) -> FramedText {
        let text = "<Instruct>: \(instruction)\n<Query>: \(query)\n<Document>: \(document)"
        let tokens = tokenizer.encode(text, addSpecialTokens: false)
        let kept = tokens.prefix(max(maximumLength - before.count - after.count, 0))
        let ids = before + kept + after
        return FramedText(
            ids: ids, types: [Int32](repeating: 0, count: ids.count), omitted: tokens.count - kept.count)
    }
}
