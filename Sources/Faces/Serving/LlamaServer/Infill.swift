import Inference
import JSONValues

/// llama-server's `POST /infill`: fills the middle between a prefix and a suffix, by the tokens that the model knows for it.
struct InfillMarks: Sendable {
    let prefix: Int32
    let suffix: Int32
    let middle: Int32
    /// What stands between files, and before the first one.
    let file: Int32?

    /// The marks of families, each with those of its files.
    private static let known: [[String]] = [
        ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_sep|>"],
        ["<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<file_sep>"],
        ["<fim-prefix>", "<fim-suffix>", "<fim-middle>", "<filename>"],
        ["<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>", ""],
        ["<PRE>", "<SUF>", "<MID>", ""], ["▁<PRE>", "▁<SUF>", "▁<MID>", ""],
        ["[PREFIX]", "[SUFFIX]", "[MIDDLE]", ""],
        ["<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>", ""],
        ["<fim_prefix>", "<fim_suffix>", "<fim_middle>", ""],
    ]

    /// The marks that the model's vocabulary has; nil if it has none.
    init?(_ model: any ServedModel) {
        func token(_ text: String) -> Int32? {
            guard !text.isEmpty else { return nil }
            let tokens = model.encode(text, addSpecialTokens: false, parseSpecialTokens: true)
            // What the vocabulary does not have as one is cut into pieces.
            return tokens.count == 1 ? tokens[0] : nil
        }
        for names in Self.known {
            guard let prefix = token(names[0]), let suffix = token(names[1]), let middle = token(names[2]) else {
                continue
            }
            (self.prefix, self.suffix, self.middle, file) = (prefix, suffix, middle, token(names[3]))
            return
        }
        return nil
    }

    /// The request as one of `/completion` whose prompt is the token ids.
    static func completion(_ fields: RequestFields, host: ModelHost) throws(APIError) -> RequestFields {
        let model = try host.model(for: fields)
        guard let before = try fields.string("input_prefix") else { throw .invalid("input_prefix", "is missing") }
        guard let after = try fields.string("input_suffix") else { throw .invalid("input_suffix", "is missing") }
        let prompt = try fields.string("prompt") ?? ""
        func encode(_ text: String) -> [Int32] {
            model.encode(text, addSpecialTokens: false, parseSpecialTokens: false)
        }
        var extras: [String] = []
        for (index, element) in (try fields.array("input_extra") ?? []).enumerated() {
            let path = "input_extra[\(index)]"
            guard let members = element.objectValue else {
                throw .invalid(path, "must be an object, not \(element.kind)")
            }
            let extra = RequestFields(members, path: path)
            guard let text = try extra.string("text") else { throw .invalid(extra.name("text"), "is missing") }
            let name = try extra.string("filename") ?? "tmp"
            extras.append("\(name)\n\(text)")
        }
        guard let marks = InfillMarks(model) else {
            throw APIError(
                .notImplemented, "\(model.id) cannot fill in the middle: its vocabulary has no marks for it.",
                param: "model", code: "no_infill")
        }
        var tokens = model.encode("", addSpecialTokens: true, parseSpecialTokens: false)
        for extra in extras { tokens += (marks.file.map { [$0] } ?? []) + encode(extra) }
        tokens += [marks.prefix] + encode(before + prompt) + [marks.suffix] + encode(after) + [marks.middle]
        var object = fields.object
        for key in ["input_prefix", "input_suffix", "input_extra"] { object[key] = nil }
        object["prompt"] = JSON(tokens: tokens)
        return RequestFields(object)
    }
}
