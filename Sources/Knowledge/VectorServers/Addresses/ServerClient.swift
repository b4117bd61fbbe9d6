import Essentials
import JSONValues
import Vectors
import WebClient

/// Calls of a server's JSON interface, each of which may be sent again.
struct ServerClient: Sendable {
    /// The address for messages.
    let address: String
    private let base: String
    private let credentials: [HTTPRequest.Field]
    private let client: HTTPClient

    /// - Parameter key: The field of the head that a key goes into, and the key; nil for none.
    init(_ address: StoreAddress, port: Int, path: String = "", key: (field: String, value: String?)) {
        self.address = "\(address)"
        let hasPort = address.host.split(separator: "]").last.map { $0.contains(":") } ?? false
        base = "http\(address.isEncrypted ? "s" : "")://\(address.host)\(hasPort ? "" : ":\(port)")\(path)"
        var retries = RetryPolicy()
        (retries.attempts, retries.firstPause) = (3, 0.5)
        client = HTTPClient(retries: retries)
        credentials = (address.credentials ?? key.value).map { [HTTPRequest.Field(key.field, $0)] } ?? []
    }

    /// What the server answers; nil if it says that there is no such thing.
    func call(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> JSON? {
        guard let url = URL(string: base + path) else {
            throw VectorError.server(address: address, reason: "\(base + path) is no address of HTTP")
        }
        var request = HTTPRequest(url, method: method)
        request.credentials = credentials
        request.isRepeatable = true
        request.maximumBytes = 1 << 30
        request.idleTimeout = 300
        if let body {
            request.fields = [HTTPRequest.Field("Content-Type", "application/json")]
            request.body = Array(body.text().utf8)
        }
        do {
            return try await client.json(request)
        } catch HTTPError.status(_, 404, _, _) {
            return nil
        } catch let error as HTTPError {
            throw VectorError.server(address: address, reason: "\(error)")
        }
    }

    /// What the server answers about something that must be there.
    func demand(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> JSON {
        guard let answer = try await call(method, path, body) else { throw VectorError.missing(path: address) }
        return answer
    }

    func unexpected(_ what: String) -> VectorError {
        .server(address: address, reason: "the answer of the server has no \(what)")
    }
}

extension JSON {
    init(vector: [Float]) { self = .array(vector.map { .number(Double($0)) }) }

    /// The numbers of a list; nil if it is none of numbers.
    var vector: [Float]? {
        guard let values = arrayValue else { return nil }
        let numbers = values.compactMap { $0.doubleValue.map { Float($0) } }
        return numbers.count == values.count ? numbers : nil
    }
}
