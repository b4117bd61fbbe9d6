import Hummingbird
import Inference
import JSONValues

extension Routes {
    /// What vLLM has beside OpenAI's API: `/version`, `/ping`, `/score`, `/pooling`, `/tokenizer_info`.
    func addVLLM(to router: Router<Context>) {
        let host = host
        get("version", on: router) { _, _ in Response(json: ["version": .string(ServerVersion.text)]) }
        get("ping", on: router) { _, _ in Response(status: .ok) }
        get("tokenizer_info", on: router) { request, _ in
            Response(json: try Self.tokenizer(host.model(named: request.uri.queryParameters.get("model"))))
        }
        let (scores, embeddings) = (ScoreRoute(host: host), EmbeddingRoute(host: host))
        for prefix in ["v1/", ""] {
            post("\(prefix)score", on: router) { fields, _ in try await scores.respond(to: fields) }
        }
        post("pooling", on: router) { fields, _ in try await embeddings.pool(fields) }
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
}
