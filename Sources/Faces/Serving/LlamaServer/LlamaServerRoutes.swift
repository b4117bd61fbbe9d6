import Hummingbird
import JSONValues

extension Routes {
    /// llama-server's own routes.
    func addLlamaServer(to router: Router<Context>) {
        let complete = {
            @Sendable (fields: RequestFields, context: Context, host: ModelHost) async throws -> Response in
            let call = try NativeCall(fields, host: host)
            return try await NativeReply(call: call).respond(
                with: call.model, to: call.requests, streams: call.options.streams, context: context)
        }
        post("completion", on: router, handler: complete)
        post("completions", on: router, handler: complete)
        post("infill", on: router) { fields, context, host in
            try await complete(try InfillMarks.completion(fields, host: host), context, host)
        }
        post("embedding", on: router) { fields, _, host in try await EmbeddingRoute(host: host).native(fields) }
        getModel("props", on: router) { Response(json: try NativeStatus(host: $1).properties($0)) }
        getModel("slots", on: router) { Response(json: try NativeStatus(host: $1).slots($0)) }
        get("v1/health", on: router) { _, _ in Response(json: ["status": "ok"]) }
    }
}
