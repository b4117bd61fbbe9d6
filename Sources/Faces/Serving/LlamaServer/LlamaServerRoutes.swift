import Hummingbird
import JSONValues

extension Routes {
    /// llama-server's own routes.
    func addLlamaServer(to router: Router<Context>) {
        let host = host
        let complete = { @Sendable (fields: RequestFields, context: Context) async throws -> Response in
            let call = try NativeCall(fields, host: host)
            return try await NativeReply(call: call).respond(
                with: call.model, to: call.requests, streams: call.options.streams, context: context)
        }
        post("completion", on: router, handler: complete)
        post("completions", on: router, handler: complete)
        post("infill", on: router) { fields, context in
            try await complete(try InfillMarks.completion(fields, host: host), context)
        }
        let embeddings = EmbeddingRoute(host: host)
        post("embedding", on: router) { fields, _ in try await embeddings.native(fields) }
        let status = NativeStatus(host: host)
        get("props", on: router) { request, _ in
            Response(json: try status.properties(request.uri.queryParameters.get("model")))
        }
        get("slots", on: router) { request, _ in
            Response(json: try status.slots(request.uri.queryParameters.get("model")))
        }
        get("v1/health", on: router) { _, _ in Response(json: ["status": "ok"]) }
    }
}
