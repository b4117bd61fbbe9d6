import Essentials
import WebClient

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

    var retries: RetryPolicy {
        var policy = RetryPolicy()
        (policy.attempts, policy.firstPause, policy.longestPause) = (attempts, firstPause, longestPause)
        return policy
    }

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
        if let token = environment["HF_TOKEN"]?.split(whereSeparator: \.isWhitespace).first {
            self.token = String(token)
        }
    }

    /// What beside letters and digits stands in a path as it is.
    private static let pathSigns = "/-._~!$&'()*+,=:@"

    /// The address of a path at the endpoint.
    func url(_ path: String, query: String? = nil) throws(ModelStoreError) -> URL {
        var encoded = ""
        for byte in path.utf8 {
            let scalar = Unicode.Scalar(byte)
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            if isPlain || Self.pathSigns.utf8.contains(byte) {
                encoded.unicodeScalars.append(scalar)
            } else {
                encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        let text = endpoint + encoded + (query.map { "?" + $0 } ?? "")
        guard let url = URL(string: text), let scheme = url.scheme, ["http", "https"].contains(scheme), url.host != nil
        else {
            throw .invalidSource(text, reason: "HF_ENDPOINT must be an address such as https://huggingface.co")
        }
        return url
    }
}
