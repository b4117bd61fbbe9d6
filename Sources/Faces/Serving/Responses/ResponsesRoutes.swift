import Hummingbird

extension Routes {
    /// OpenAI's newer API: `POST /v1/responses`.
    func addResponses(to router: Router<Context>) {
        for prefix in ["v1/", ""] {
            post("\(prefix)responses", on: router) { fields, context, host in
                let request = try ResponsesCall(fields, host: host)
                return try await ResponsesReply(request: request).respond(
                    with: request.call.model, to: [request.call.request], streams: request.call.options.streams,
                    context: context)
            }
        }
    }
}
