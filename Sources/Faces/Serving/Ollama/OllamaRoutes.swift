import Hummingbird
import JSONValues

extension Routes {
    /// Ollama's API.
    func addOllama(to router: Router<Context>) {
        let models = OllamaModels(host: host, version: Self.ollamaVersion)
        get("api/version", on: router) { _, _ in Response(json: ["version": .string(models.version)]) }
        get("api/tags", on: router) { _, _ in Response(json: models.tags()) }
        get("api/ps", on: router) { _, _ in Response(json: models.running()) }
        post("api/show", on: router) { fields, _ in Response(json: try models.show(fields)) }
        let (generate, chat) = (OllamaGenerateRoute(host: host), OllamaChatRoute(host: host))
        post("api/generate", on: router) { try await generate.respond(to: $0, context: $1) }
        post("api/chat", on: router) { try await chat.respond(to: $0, context: $1) }
        let embeddings = OllamaEmbedRoute(host: host)
        post("api/embed", on: router) { fields, _ in try await embeddings.embed(fields) }
        post("api/embeddings", on: router) { fields, _ in try await embeddings.embeddings(fields) }
    }

    /// The version of Ollama whose API this is; clients ask for no more than it has.
    private static let ollamaVersion = "0.12.0"
}
