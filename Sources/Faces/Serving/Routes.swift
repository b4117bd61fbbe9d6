import Hummingbird
import JSONValues
import Retrieval

/// All routes of the server.
struct Routes {
    typealias Context = BasicRequestContext
    typealias Handler = @Sendable (Request, Context) async throws -> Response

    let host: ModelHost
    let options: ServerOptions

    func router() -> Router<Context> {
        let router = Router(context: Context.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: ErrorMiddleware())
        let policy = OriginPolicy(host: options.host, allowedOrigins: options.allowedOrigins)
        router.add(middleware: OriginMiddleware(policy: policy))
        router.add(middleware: KeyMiddleware(keys: options.apiKeys, publicPaths: Self.publicPaths))

        let models = ModelRoutes(host: host)
        get("health", on: router) { _, _ in Response(json: ["status": "ok"]) }
        // llama-server and what is made for it leave the version out.
        for prefix in ["v1/", ""] {
            get("\(prefix)models", on: router) { _, _ in Response(json: models.list()) }
            get("\(prefix)models/**", on: router) { _, context in
                let id = context.parameters.getCatchAll().joined(separator: "/")
                return Response(json: try models.model(id.percentDecoded ?? id))
            }
        }

        let chat = ChatRoute(host: host)
        let completions = CompletionRoute(host: host)

        let embeddings = EmbeddingRoute(host: host)
        let reranking = RerankRoute(host: host)
        for prefix in ["v1/", ""] {
            post("\(prefix)chat/completions", on: router) { try await chat.respond(to: $0, context: $1) }
            post("\(prefix)embeddings", on: router) { fields, _ in try await embeddings.respond(to: fields) }
            for name in ["rerank", "reranking"] {
                post("\(prefix)\(name)", on: router) { fields, _ in try await reranking.respond(to: fields) }
            }
        }

        // Without the version that path is llama-server's own.
        post("v1/completions", on: router) { try await completions.respond(to: $0, context: $1) }
        addResponses(to: router)
        addAnthropic(to: router)
        addOllama(to: router)
        addLlamaServer(to: router)
        addVLLM(to: router)

        let importance = ImportanceRoute(host: host)
        post("v1/importance", on: router) { fields, _ in try await importance.respond(to: fields) }
        let tokens = TokenRoutes(host: host)
        post("tokenize", on: router) { fields, _ in Response(json: try tokens.tokenize(fields)) }
        post("detokenize", on: router) { fields, _ in Response(json: try tokens.detokenize(fields)) }
        post("apply-template", on: router) { fields, _ in Response(json: try tokens.applyTemplate(fields)) }

        if let folder = options.collections {
            addDocuments(DocumentRoutes(host: host, folder: CollectionFolder(path: folder)), to: router)
        }

        let metrics = Prometheus(host: host)
        get("metrics", on: router) { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.text())))
        }

        for asset in WebPage.assets {
            get(asset.path, on: router) { request, _ in WebPage.response(asset, to: request) }
        }
        return router
    }

    /// What everybody may ask for, with or without a key: whether the server lives, and the page.
    private static let publicPaths = Set(
        ["/health", "/v1/health", "/ping"] + WebPage.assets.map { "/" + $0.path })

    private func addDocuments(_ documents: DocumentRoutes, to router: Router<Context>) {
        get("v1/collections", on: router) { _, _ in Response(json: try documents.list()) }
        let path: RouterPath = "v1/collections/:name"
        router.get(path) { _, context in
            Response(json: try documents.collection(try context.parameters.require("name")))
        }
        router.delete(path) { _, context in Response(json: try documents.remove(try context.parameters.require("name")))
        }
        refuse([.post, .put, .patch], at: path, allowing: "GET, HEAD, DELETE", on: router)
        post("v1/collections/:name/documents", on: router) { fields, context in
            try documents.add(try context.parameters.require("name"), fields, context)
        }
        post("v1/collections/:name/search", on: router) { fields, context in
            Response(json: try await documents.search(try context.parameters.require("name"), fields))
        }
        post("v1/collections/:name/ask", on: router) { fields, context in
            try documents.ask(try context.parameters.require("name"), fields, context)
        }
    }

    func get(_ path: String, on router: Router<Context>, handler: @escaping Handler) {
        let path = RouterPath(path)
        router.get(path, use: handler)
        refuse([.post, .put, .patch, .delete], at: path, allowing: "GET, HEAD", on: router)
    }

    func post(
        _ path: String, on router: Router<Context>,
        handler: @escaping @Sendable (RequestFields, Context) async throws -> Response
    ) {
        let path = RouterPath(path)
        let maximumSize = options.maximumBodySize
        router.post(path) { request, context in
            try await handler(try await request.readFields(maximumSize: maximumSize), context)
        }
        refuse([.get, .put, .patch, .delete], at: path, allowing: "POST", on: router)
    }

    /// Answers the methods that a path does not have, so that a client learns that the path itself is right.
    private func refuse(
        _ methods: [HTTPRequest.Method], at path: RouterPath, allowing allowed: String, on router: Router<Context>
    ) {
        router.on(path, method: .options) { _, _ in
            Response(status: .noContent, headers: [.allow: allowed + ", OPTIONS"])
        }
        for method in methods {
            router.on(path, method: method) { request, _ -> Response in
                var error = APIError(
                    .methodNotAllowed, "\(request.uri.path) takes \(allowed), not \(method).",
                    code: "method_not_allowed")
                error.headers[.allow] = allowed
                throw error
            }
        }
    }
}
