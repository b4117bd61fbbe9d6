import Hummingbird

/// Turns every error into a response in OpenAI's shape, and forbids browsers to guess content types.
struct ErrorMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            let failure = APIError(error)
            if failure.status.kind == .serverError, !Peer.hasLeft(error) {
                context.logger.error("request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            }
            response = failure.response
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }
}
