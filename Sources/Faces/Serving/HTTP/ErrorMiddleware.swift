import Hummingbird

/// Turns every error into a response in the shape that clients of the path expect, and forbids browsers to guess content types.
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
                context.logger.error(
                    "request failed",
                    metadata: [
                        "request": "\(RequestID.metadata)", "path": "\(request.uri.path)", "error": "\(error)",
                    ])
            }
            response = ErrorShape(path: request.uri.path).response(failure)
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }
}
