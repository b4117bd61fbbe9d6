import Foundation

/// Where the Hugging Face hub is and how it is asked.
public struct HubSettings: Sendable {
    /// The hub's address, without a slash at the end.
    public var endpoint: String
    /// The access token; it is sent to the endpoint's host only.
    public var token: String?
    /// How often a request that fails for passing reasons is sent before giving up; progress starts the count anew.
    public var attempts = 6
    /// Seconds before the second attempt; each further pause is twice as long.
    public var firstPause = 1.0
    /// The longest pause in seconds, one that the hub asks for included.
    public var longestPause = 60.0
    /// Seconds without any byte after which a connection counts as lost.
    public var idleTimeout = 60.0

    /// Makes settings for an endpoint.
    public init(endpoint: String = "https://huggingface.co", token: String? = nil) {
        self.endpoint = endpoint
        self.token = token
    }

    /// Reads `HF_ENDPOINT` and `HF_TOKEN`.
    public init(environment: [String: String]) {
        self.init()
        if let endpoint = environment["HF_ENDPOINT"], !endpoint.isEmpty {
            self.endpoint = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        }
        if let token = environment["HF_TOKEN"]?.trimmingCharacters(in: .whitespacesAndNewlines), !token.isEmpty {
            self.token = token
        }
    }

    /// The address of a path at the endpoint.
    func url(_ path: String, query: String? = nil) throws(ModelStoreError) -> URL {
        var allowed = CharacterSet.urlPathAllowed
        allowed.remove(charactersIn: "?#%;")
        let encoded = path.addingPercentEncoding(withAllowedCharacters: allowed) ?? path
        let text = endpoint + encoded + (query.map { "?" + $0 } ?? "")
        guard let url = URL(string: text), let scheme = url.scheme, ["http", "https"].contains(scheme), url.host != nil
        else {
            throw .invalidSource(text, reason: "HF_ENDPOINT must be an address such as https://huggingface.co")
        }
        return url
    }
}
