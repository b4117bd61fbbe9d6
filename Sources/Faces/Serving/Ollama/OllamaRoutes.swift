import Hummingbird
import JSONValues

extension Routes {
    /// Ollama's API.
    func addOllama(to router: Router<Context>) {
        let (manager, version) = (manager, Self.ollamaVersion)
        get("api/version", on: router) { _, _ in Response(json: ["version": .string(version)]) }
        get("api/tags", on: router) { _, _ in Response(json: OllamaModels(host: manager.host).tags()) }
        get("api/ps", on: router) { _, _ in Response(json: OllamaModels(host: manager.host).running()) }
        post("api/show", on: router) { fields, _, host in Response(json: try OllamaModels(host: host).show(fields)) }
        post("api/generate", on: router) { fields, context, host in
            try await OllamaGenerateRoute(host: host).respond(to: fields, context: context)
        }
        post("api/chat", on: router) { fields, context, host in
            try await OllamaChatRoute(host: host).respond(to: fields, context: context)
        }
        post("api/embed", on: router) { fields, _, host in try await OllamaEmbedRoute(host: host).embed(fields) }
        post("api/embeddings", on: router) { fields, _, host in
            try await OllamaEmbedRoute(host: host).embeddings(fields)
        }
    }

    /// The version of Ollama whose API this is; clients ask for no more than it has.
    private static let ollamaVersion = "0.12.0"
}
