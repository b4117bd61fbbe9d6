extension MergeConfiguration {
    static func tokenizerSource(_ node: ConfigurationNode) throws(MergeError) -> TokenizerSource {
        if node.isMapping { return .model(try ModelReference(node)) }
        switch try node.string("the source of the tokenizer") {
        case "union": return .union
        case "base": return .base
        default: return .model(try ModelReference(node))
        }
    }

    static func tokenizer(_ node: ConfigurationNode) throws(MergeError) -> Tokenizer {
        var tokenizer = Tokenizer(source: .union)
        for (key, value) in try node.members("tokenizer", known: ["source", "tokens", "pad_to_multiple_of"]) {
            switch key {
            case "source": tokenizer.source = try tokenizerSource(value)
            case "tokens":
                tokenizer.tokens = try value.members(key).map { (text, node) throws(MergeError) in
                    (text, try token(node))
                }
            default:
                let multiple = try value.integer(key)
                guard (1...(1 << 20)).contains(multiple) else {
                    throw value.error("pad_to_multiple_of must be from 1 to \(1 << 20), not \(multiple)")
                }
                tokenizer.multiple = multiple
            }
        }
        return tokenizer
    }

    private static func token(_ node: ConfigurationNode) throws(MergeError) -> Token {
        var token = Token()
        for (key, value) in try node.members("a token", known: ["source", "force"]) {
            if key == "source" {
                token.embedding = try embedding(value)
            } else {
                guard let flag = value.flag else { throw value.error("force must be true or false, not \(value.kind)") }
                token.isForced = flag
            }
        }
        return token
    }

    private static func embedding(_ node: ConfigurationNode) throws(MergeError) -> TokenEmbedding {
        guard node.isMapping else { return .model(try ModelReference(node)) }
        let members = try node.members("the source of a token")
        func member(_ key: String) -> ConfigurationNode? { members.first { $0.key == key }?.value }
        guard let kind = member("kind") else { return .model(try ModelReference(node)) }
        let known = ["kind", "model", "token", "token_id"]
        _ = try node.members("the source of a token", known: known)
        switch try kind.string("kind") {
        case "zero": return .zero
        case "model_token":
            guard let reference = member("model") else { throw node.error("the source of a token names no model") }
            let model = try ModelReference(reference)
            switch (member("token"), member("token_id")) {
            case (let token?, nil): return .token(model, try token.string("token"))
            case (nil, let id?): return .tokenID(model, try id.integer("token_id"))
            default: throw node.error("exactly one of token and token_id must be given")
            }
        case let other: throw kind.error("there is no kind \(other)", remedy: "There are zero and model_token")
        }
    }
}
