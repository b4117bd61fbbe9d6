import Hummingbird

/// Refuses foreign web pages and tells browsers which pages may read the answers (CORS).
struct OriginMiddleware<Context: RequestContext>: RouterMiddleware {
    let policy: OriginPolicy

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard policy.allows(authority: request.head.authority) else {
            throw APIError(
                .forbidden,
                "This server is not known as \(request.head.authority ?? ""); its operator can allow the origin, or demand keys.",
                code: "host_not_allowed")
        }
        guard let origin = request.headers[.origin] else { return try await next(request, context) }
        guard policy.allows(origin: origin, authority: request.head.authority) else {
            throw APIError(
                .forbidden, "Pages of \(origin) may not use this server; its operator can allow the origin.",
                code: "origin_not_allowed")
        }
        var response: Response
        if request.method == .options, request.headers[.accessControlRequestMethod] != nil {
            response = Response(status: .ok)
            response.headers[.accessControlAllowMethods] = "GET, POST, DELETE, OPTIONS"
            response.headers[.accessControlAllowHeaders] =
                request.headers[.accessControlRequestHeaders] ?? "content-type, authorization"
            response.headers[.accessControlMaxAge] = "600"
        } else {
            do {
                response = try await next(request, context)
            } catch {
                response = APIError(error).response
            }
        }
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.vary] = "Origin"
        return response
    }
}
