/// Which web pages may call the server.
///
/// A server on this machine is in reach of every page that its user opens. Browsers name the page's origin in each
/// request that could do harm, so that foreign pages can be told apart and refused.
struct OriginPolicy: Sendable {
    /// Where the server listens.
    let host: String
    /// The origins that the server's options allow.
    let allowedOrigins: [String]
    /// Whether clients must send keys, which no foreign page has.
    var hasKeys = false

    func allows(origin: String, authority: String?) -> Bool {
        if allowedOrigins.contains("*") || allowedOrigins.contains(origin) { return true }
        guard let scheme = ["http://", "https://"].first(where: origin.hasPrefix) else { return false }
        let originAuthority = String(origin.dropFirst(scheme.count))
        if Self.isLocal(originAuthority) { return true }
        // A foreign name that resolves to this machine makes its pages look like the server's own, so on a local
        // address only local names are trusted.
        return !Self.isLocal(host) && originAuthority == authority
    }

    /// Whether requests may call the server by a name. On a local address without keys only local names are trusted, and those of
    /// allowed origins: a foreign name that resolves to this machine would let its pages read what the server says.
    func allows(authority: String?) -> Bool {
        guard let authority, !hasKeys, Self.isLocal(host), !Self.isLocal(authority) else { return true }
        return allowedOrigins.contains { $0 == "*" || $0 == "http://" + authority || $0 == "https://" + authority }
    }

    /// Whether an authority (`host` or `host:port`) names this machine.
    static func isLocal(_ authority: String) -> Bool {
        let host: Substring
        if authority.hasPrefix("[") {
            host = authority.dropFirst().prefix { $0 != "]" }
        } else if authority.count(where: { $0 == ":" }) > 1 {
            host = authority[...]
        } else {
            host = authority.prefix { $0 != ":" }
        }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        let isLoopbackAddress = numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
        return host == "localhost" || host.hasSuffix(".localhost") || host == "::1" || isLoopbackAddress
    }
}
