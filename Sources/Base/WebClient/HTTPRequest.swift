package import Essentials
package import JSONValues

/// A request: where to, how, with what.
package struct HTTPRequest: Sendable {
    /// A line of the head.
    package struct Field: Sendable, Hashable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
    }

    /// The address.
    package var url: URL
    package var method: String
    /// Lines of the head, for every host that the request is redirected to.
    package var fields: [Field]
    /// Lines of the head that only the host of `url` may see: tokens, keys, cookies.
    package var credentials: [Field] = []
    /// The body; nil if there is none.
    package var body: [UInt8]?
    /// Whether it may be sent again when it is not known what became of it; by default not with POST.
    package var isRepeatable: Bool
    /// Seconds without any byte after which the connection counts as lost.
    package var idleTimeout = 60.0
    /// Seconds that all of it may take, redirects included and pauses between attempts not; nil for any.
    package var totalTimeout: Double?
    /// The most bytes that a body may have.
    package var maximumBytes = 64 << 20

    /// Whether redirections are followed; otherwise the response that asks for one is the answer.
    package var followsRedirections = true
    /// The addresses, as numbers, that the host of `url` is reached at, whatever its name means by now; none looks it up. Only on
    /// Linux: elsewhere the system looks names up itself.
    package var addresses: [String] = []

    package init(_ url: URL, method: String = "GET", fields: [Field] = [], body: [UInt8]? = nil) {
        (self.url, self.method, self.fields, self.body) = (url, method, fields, body)
        isRepeatable = method != "POST"
    }

    /// Makes a POST request with a JSON body.
    package init(_ url: URL, json: JSON) {
        self.init(
            url, method: "POST", fields: [Field("Content-Type", "application/json")], body: Array(json.text().utf8))
    }

    /// The request that a redirection asks for; nil if it is none, or one that nobody should follow.
    package func redirected(by response: HTTPResponse) -> HTTPRequest? {
        guard response.isRedirection, let place = response["Location"],
            let next = URL(string: place, relativeTo: url)?.absoluteURL,
            // What was asked for in secret is not asked for in the open.
            next.scheme == "https" || (next.scheme == "http" && url.scheme == "http")
        else { return nil }
        var request = self
        request.url = next
        request.addresses = []
        // Other hosts must not learn the token; it does not come back when the way leads back.
        let isSameHost = next.scheme == url.scheme && next.host == url.host && next.port == url.port
        if !isSameHost { request.credentials = [] }
        if response.status == 303 && method != "HEAD" || method == "POST" && [301, 302].contains(response.status) {
            request.method = "GET"
            request.body = nil
            request.fields.removeAll { $0.name.lowercased().hasPrefix("content-") }
        }
        return request
    }

    /// The lines of the head, checked: a line break in one would begin another.
    func lines() throws(HTTPError) -> [String] {
        var all = fields + credentials
        for (name, value) in [("User-Agent", "swiftlet"), ("Accept-Encoding", "identity")]
        where !all.contains(where: { $0.name.lowercased() == name.lowercased() }) {
            // A compressed body would make lengths and ranges mean something else.
            all.append(Field(name, value))
        }
        for field in all {
            let isToken = field.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
            guard isToken, !field.name.isEmpty,
                !field.value.utf8.contains(where: { $0 < 0x20 && $0 != 9 || $0 == 0x7F })
            else {
                throw .invalidRequest(
                    url: url.absoluteString, reason: "the field \"\(field.name)\" has signs that none may have")
            }
        }
        return all.map { "\($0.name): \($0.value)" }
    }
}
