import Files
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

    private static let contentTypes = [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    ]

    /// Every file of the page: those in `Assets`, which the build makes part of the program.
    static let assets: [Asset] = EmbeddedFiles.all.compactMap { path, text in
        guard let type = path.split(separator: ".").last.flatMap({ contentTypes[String($0)] }) else { return nil }
        return Asset(
            path: path == "index.html" ? "" : path, contentType: type, text: text,
            entityTag: "\"\(SHA256.digest(of: text.utf8).prefix(16))\"")
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
