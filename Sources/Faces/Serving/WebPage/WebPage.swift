import Hummingbird

/// The web page: its files are part of the program.
enum WebPage {
    /// One file of the page.
    struct Asset: Sendable {
        /// Where it is served, without the leading slash.
        let path: String
        let contentType: String
        let text: String
        /// A name for exactly this text, for browsers to ask whether it has changed.
        let entityTag: String
    }

    /// Everything comes from the server itself: no other host is ever contacted and no inline script runs.
    static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    static func response(_ asset: Asset, to request: Request) -> Response {
        let headers: HTTPFields = [
            .contentType: asset.contentType, .eTag: asset.entityTag, .cacheControl: "no-cache",
            .contentSecurityPolicy: contentSecurityPolicy,
        ]
        if request.headers[.ifNoneMatch] == asset.entityTag { return Response(status: .notModified, headers: headers) }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: asset.text)))
    }
}
