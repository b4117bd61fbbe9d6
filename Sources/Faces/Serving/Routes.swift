import Essentials
import Hummingbird
import JSONValues
import Retrieval

/// All routes of the server.
struct Routes {
    typealias Context = BasicRequestContext
    typealias Handler = @Sendable (Request, Context) async throws -> Response

    let manager: ModelManager
    let options: ServerOptions

    func router() -> Router<Context> {
        let router = Router(context: Context.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: RequestLogMiddleware(report: options.requestLog))
        router.add(middleware: ErrorMiddleware())
        let policy = OriginPolicy(
            host: options.host, allowedOrigins: options.allowedOrigins, hasKeys: !options.apiKeys.isEmpty)
        router.add(middleware: OriginMiddleware(policy: policy))
        router.add(middleware: KeyMiddleware(keys: options.apiKeys, publicPaths: Self.publicPaths))

        let manager = manager
        let cache = options.semanticCache.map { ChatCache(cache: $0, isolatesClients: options.isolatesClients) }
        get("health", on: router) { _, _ in Response(json: ["status": "ok"]) }
        // llama-server and what is made for it leave the version out.
        for prefix in ["v1/", ""] {
            get("\(prefix)models", on: router) { _, _ in Response(json: ModelRoutes(host: manager.host).list()) }
            get("\(prefix)models/**", on: router) { _, context in
                let id = context.parameters.getCatchAll().joined(separator: "/")
                return Response(json: try ModelRoutes(host: manager.host).model(id.percentDecoded ?? id))
            }
        }

        for prefix in ["v1/", ""] {
            post("\(prefix)chat/completions", on: router) { fields, context, host in
                try await ChatRoute(host: host, cache: cache).respond(to: fields, context: context)
            }
            post("\(prefix)chat/completions/input_tokens", on: router) {
                Response(json: try ChatRoute(host: $2).countTokens($0))
            }
            post("\(prefix)embeddings", on: router) { fields, _, host in
                try await EmbeddingRoute(host: host).respond(to: fields)
            }
            for name in ["rerank", "reranking"] {
                post("\(prefix)\(name)", on: router) { fields, _, host in
                    try await RerankRoute(host: host).respond(to: fields)
                }
            }
        }

        // Without the version that path is llama-server's own.
        post("v1/completions", on: router) { fields, context, host in
            try await CompletionRoute(host: host).respond(to: fields, context: context)
        }
        addResponses(to: router)
        addAnthropic(to: router)
        addOllama(to: router)
        addManagement(to: router)
        addAdapters(to: router)
        addSlots(to: router)
        addLlamaServer(to: router)
        addVLLM(to: router)

        post("v1/importance", on: router) { fields, _, host in try await ImportanceRoute(host: host).respond(to: fields)
        }
        post("tokenize", on: router) { Response(json: try TokenRoutes(host: $2).tokenize($0)) }
        post("detokenize", on: router) { Response(json: try TokenRoutes(host: $2).detokenize($0)) }
        post("apply-template", on: router) { Response(json: try TokenRoutes(host: $2).applyTemplate($0)) }

        if let folder = options.collections { addDocuments(CollectionFolder(path: folder), to: router) }

        let begun = Int(Date().timeIntervalSince1970)
        get("metrics", on: router) { _, _ in
            let text = Prometheus(host: manager.host, loads: manager.loads, cache: cache?.cache.statistics).text()
            return Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", Prometheus.start: "\(begun)"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        }

        for asset in WebPage.assets {
            get(asset.path, on: router) { request, _ in WebPage.response(asset, to: request) }
        }
        return router
    }

    /// What everybody may ask for, with or without a key: whether the server lives, and the page.
    private static let publicPaths = Set(
        ["/health", "/v1/health", "/ping"] + WebPage.assets.map { "/" + $0.path })

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
            let isLong = request.headers[.contentLength].flatMap { Int($0) } ?? .max > SlowWorkExecutor.smallestBody
            return try await withTaskExecutorPreference(isLong ? SlowWorkExecutor.shared : nil) {
                try await handler(try await request.readFields(maximumSize: maximumSize), context)
            }
        }
        refuse([.get, .put, .patch, .delete], at: path, allowing: "POST", on: router)
    }

    /// A route whose requests need models: those that `names` finds, or else the one that a request calls its `model`.
    func post(
        _ path: String, on router: Router<Context>,
        models names: @escaping @Sendable (RequestFields, Context) throws -> [String?] = { fields, _ in
            [fields.modelName]
        },
        handler: @escaping @Sendable (RequestFields, Context, ModelHost) async throws -> Response
    ) {
        let manager = manager
        post(path, on: router) { fields, context in
            let (host, lease) = try await manager.host(for: try names(fields, context))
            if let seconds = try KeepAlive.seconds(fields) { lease.keep(for: seconds < 0 ? nil : seconds) }
            return try await handler(fields, context, host).holding(lease)
        }
    }

    /// A route that tells about the model that `?model=` names.
    func getModel(
        _ path: String, on router: Router<Context>,
        handler: @escaping @Sendable (_ name: String?, ModelHost) async throws -> Response
    ) {
        let manager = manager
        get(path, on: router) { request, _ in
            let name = request.uri.queryParameters.get("model")
            let (host, lease) = try await manager.host(for: [name])
            return try await handler(name, host).holding(lease)
        }
    }

    /// Answers the methods that a path does not have, so that a client learns that the path itself is right.
    func refuse(
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

extension RequestFields {
    /// The model's name as it stands in the request, of whatever kind it is.
    fileprivate var modelName: String? { object["model"]?.stringValue ?? object["name"]?.stringValue }
}

extension Response {
    /// The same, which keeps models in use until its last piece is sent.
    fileprivate func holding(_ lease: ModelLease) -> Response {
        // What has a length was made whole before.
        guard body.contentLength == nil else { return self }
        let body = body
        var response = self
        response.body = ResponseBody { writer in
            defer { withExtendedLifetime(lease) {} }
            try await body.write(writer)
        }
        return response
    }
}
