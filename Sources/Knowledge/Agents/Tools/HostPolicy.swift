import Dispatch
import Essentials
import Platform
import WebClient

/// Which hosts tools may speak to. Names are looked up first, and what they lead to counts: an address of this machine or of a
/// private network is reached only where the host itself is listed, however a public name points there.
public struct HostPolicy: Sendable, Hashable {
    /// Host names: `example.org`, `*.example.org` for what is below it, `*` for every public host.
    public var allowed: [String]
    /// The most bytes of an answer.
    public var maximumBytes = 8 << 20
    /// Seconds that an answer may take.
    public var maximumSeconds = 30.0

    /// Makes a policy; nothing is allowed that is not listed.
    public init(allowed: [String]) { self.allowed = allowed.map { $0.lowercased() } }

    /// Whether a host is listed, and whether by its own name.
    func listing(_ host: String) -> (isAllowed: Bool, byName: Bool) {
        let host = host.lowercased()
        if allowed.contains(host) { return (true, true) }
        let isBelow = allowed.contains { $0.hasPrefix("*.") && host.hasSuffix($0.dropFirst()) }
        return (isBelow || allowed.contains("*"), false)
    }

    /// The addresses that a host may be reached at.
    ///
    /// - Throws: `ToolError.refused` if there is none.
    func addresses(of host: String, tool: String) async throws -> [String] {
        let (isAllowed, byName) = listing(host)
        guard isAllowed else {
            throw ToolError.refused(
                tool: tool,
                reason:
                    "the host \(host) is not among those allowed (\(allowed.isEmpty ? "none" : allowed.joined(separator: ", ")))"
            )
        }
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let addresses = await Self.resolve(bare)
        guard !addresses.isEmpty else { throw ToolError.failed(tool: tool, reason: "the host \(host) is not known") }
        if !byName, let inner = addresses.first(where: { !Self.isPublic($0) }) {
            throw ToolError.refused(
                tool: tool, reason: "\(host) leads to \(inner), an address of this machine or a private network")
        }
        return addresses
    }

    /// All addresses of a name, as numbers.
    private static func resolve(_ host: String) async -> [String] {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: resolveNow(host)) }
        }
    }

    private static func resolveNow(_ host: String) -> [String] {
        var list: UnsafeMutablePointer<addrinfo>?
        var hints = addrinfo()
        #if canImport(Darwin)
            hints.ai_socktype = SOCK_STREAM
        #else
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #endif
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var (addresses, next): ([String], UnsafeMutablePointer<addrinfo>?) = ([], list)
        while let entry = next?.pointee {
            var text = [CChar](repeating: 0, count: 256)
            if getnameinfo(entry.ai_addr, entry.ai_addrlen, &text, 256, nil, 0, NI_NUMERICHOST) == 0 {
                let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                addresses.append(String(decoding: bytes, as: UTF8.self))
            }
            next = entry.ai_next
        }
        return addresses
    }

    /// Whether an address belongs to the public network.
    static func isPublic(_ address: String) -> Bool {
        let parts = address.split(separator: ".").compactMap { UInt8($0) }
        if parts.count == 4, !address.contains(":") { return isPublic(v4: parts) }
        let text = address.prefix { $0 != "%" }.lowercased()
        var bytes = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, text, &bytes) == 1 else { return false }
        // IPv4 within IPv6: mapped, translated (64:ff9b::/96), and 6to4.
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        let isTranslated = bytes.starts(with: [0, 0x64, 0xFF, 0x9B])
        if isMapped || isTranslated { return isPublic(v4: Array(bytes[12...])) }
        if bytes.starts(with: [0x20, 0x02]) { return isPublic(v4: Array(bytes[2..<6])) }
        let isLocal = bytes[..<15].allSatisfy { $0 == 0 } || bytes[0] & 0xFE == 0xFC || bytes[0] == 0xFF
        return !isLocal && !(bytes[0] == 0xFE && bytes[1] & 0x80 == 0x80)
    }

    private static func isPublic(v4 parts: [UInt8]) -> Bool {
        switch (parts[0], parts[1]) {
        case (0, _), (10, _), (127, _), (169, 254), (192, 168), (198, 18...19): false
        case (100, 64...127), (172, 16...31), (224..., _): false
        case (192, 0): parts[2] != 0 && parts[2] != 2
        default: true
        }
    }

    /// Asks a server, each redirection checked anew.
    func send(_ request: HTTPRequest, tool: String) async throws -> (response: HTTPResponse, body: [UInt8]) {
        var request = request
        request.followsRedirections = false
        request.totalTimeout = maximumSeconds
        for _ in 0..<6 {
            guard let host = request.url.host, let scheme = request.url.scheme, ["http", "https"].contains(scheme)
            else {
                throw ToolError.refused(tool: tool, reason: "\(request.url.absoluteString) is no address of HTTP")
            }
            request.addresses = try await addresses(of: host, tool: tool)
            let body = BodyReceiver(limit: maximumBytes)
            let response: HTTPResponse
            do { response = try await HTTPClient().send(request, to: body) } catch let failure as HTTPFailure {
                throw ToolError.failed(tool: tool, reason: "\(request.url.absoluteString): \(failure)")
            }
            guard let next = request.redirected(by: response) else { return (response, body.bytes) }
            request = next
        }
        throw ToolError.failed(tool: tool, reason: "\(request.url.absoluteString) is redirected without end")
    }
}
