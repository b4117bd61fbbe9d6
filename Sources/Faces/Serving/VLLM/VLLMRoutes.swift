import Hummingbird
import Inference
import JSONValues

extension Routes {
    /// What vLLM has beside OpenAI's API: `/version`, `/ping`, `/score`, `/pooling`, `/tokenizer_info`.
    func addVLLM(to router: Router<Context>) {
        get("version", on: router) { _, _ in Response(json: ["version": .string(ServerVersion.text)]) }
        get("ping", on: router) { _, _ in Response(status: .ok) }
        getModel("tokenizer_info", on: router) { Response(json: try Self.tokenizer($1.model(named: $0))) }
        for prefix in ["v1/", ""] {
            post("\(prefix)score", on: router) { fields, _, host in
                try await ScoreRoute(host: host).respond(to: fields)
            }
        }
        post("pooling", on: router) { fields, _, host in try await EmbeddingRoute(host: host).pool(fields) }
    }

    private static func tokenizer(_ model: any ServedModel) -> JSON {
        [
            "tokenizer_class": "swiftlet", "vocab_size": .integer(model.vocabularySize),
            "model_max_length": .integer(model.contextLength), "bos_token": .string(model.beginText),
            "eos_token": .string(model.endTokens.first.map { model.text(of: $0) } ?? ""),
            "chat_template": model.chatTemplateSource.map(JSON.string) ?? .null,
        ]
    }
}

/// The server's own version.
enum ServerVersion {
    static let text = "0.1.0"
    /// What tells one build from another, in the form that llama-server's clients look for.
    static let fingerprint = "b\(text)-swiftlet"
}
