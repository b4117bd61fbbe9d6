import Documents
import Essentials
import Files
import WebClient

/// How far a crawl goes.
public struct CrawlOptions: Sendable, Hashable {
    /// How many links lead to the farthest pages; 0 for the first page alone.
    public var depth = 5
    /// The most pages.
    public var pages = 500
    /// The hosts, beside that of the first page.
    public var hosts: [String] = []
    /// The most bytes of a page.
    public var pageBytes = 16 << 20

    /// Five links deep, 500 pages of one host, unless told otherwise.
    public init(depth: Int = 5, pages: Int = 500, hosts: [String] = []) {
        (self.depth, self.pages, self.hosts) = (depth, pages, hosts)
    }

    /// An address together with these options, as a collection remembers it.
    public func applied(to address: String) -> String {
        let hosts = hosts.isEmpty ? "" : "&hosts=" + hosts.joined(separator: ",")
        return "\(address.prefix { $0 != "#" })#depth=\(depth)&pages=\(pages)\(hosts)"
    }

    /// What stands behind an address; without anything, its page alone.
    init(of address: String) {
        depth = 0
        guard let sign = address.firstIndex(of: "#") else { return }
        for part in address[sign...].dropFirst().split(separator: "&") {
            let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2 else { continue }
            switch sides[0] {
            case "depth": depth = Int(sides[1]) ?? 0
            case "pages": pages = Int(sides[1]) ?? 500
            case "hosts": hosts = sides[1].split(separator: ",").map(String.init)
            default: break
            }
        }
    }
}

/// Fetches the pages that links lead to, in the order of their distance, one after another: of the given hosts alone, what their
/// `robots.txt` allows, no more and no larger ones than the options say.
struct WebCrawl {
    /// A page that is kept as a file until it has been read.
    struct Page {
        var address: String
        var file: String
    }

    private(set) var pages: [Page] = []
    private(set) var problems: [DocumentError] = []
    private(set) var skipped: [String: Int] = [:]
    /// Pages that cannot be had now, but may again.
    private(set) var unreachable: Set<String> = []
    /// Whether all pages have been seen: not where a limit was met.
    private(set) var isComplete = true
    /// The hosts that pages may be of.
    let hosts: Set<String>

    private let options: CrawlOptions
    private let folder: String
    private let client: HTTPClient
    private var robots: [String: RobotsRules] = [:]
    private var known: Set<String> = []
    private var queue: [(url: URL, depth: Int)] = []

    /// The longest that a host may have us wait between requests, in seconds.
    private static let longestPause = 10.0
    private static let endings = [
        "text/html": "html", "application/xhtml+xml": "html", "application/pdf": "pdf", "text/markdown": "md",
        "text/plain": "txt", "text/csv": "csv", "application/epub+zip": "epub", "application/json": "json",
    ]

    /// Crawls from an address, with the options behind it, into a folder.
    static func crawl(_ source: String, folder: String) async throws -> WebCrawl {
        guard let url = URL(string: String(source.prefix { $0 != "#" })), let host = url.host, url.user == nil else {
            throw DocumentError(source, "this is no address of a page")
        }
        var crawl = WebCrawl(options: CrawlOptions(of: source), host: host, folder: folder)
        crawl.add(url, depth: 0)
        try await crawl.run()
        return crawl
    }

    private init(options: CrawlOptions, host: String, folder: String) {
        (self.options, self.folder) = (options, folder)
        hosts = Set((options.hosts + [host]).map { $0.lowercased() })
        var retries = RetryPolicy()
        (retries.attempts, retries.longestPause) = (3, 10)
        client = HTTPClient(retries: retries)
    }

    /// The address that stands for a page, however it is written.
    static func name(_ url: URL) -> String {
        let text = url.absoluteString
        return String(text.prefix { $0 != "#" })
    }

    private mutating func add(_ url: URL, depth: Int) {
        guard let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme), url.user == nil,
            let host = url.host?.lowercased(), hosts.contains(host), known.insert(Self.name(url)).inserted
        else { return }
        queue.append((url, depth))
    }

    private mutating func run() async throws {
        var next = 0
        while next < queue.count {
            try Task.checkCancellation()
            guard pages.count < options.pages else {
                isComplete = false
                break
            }
            let (url, depth) = queue[next]
            next += 1
            let rules = try await rules(for: url)
            let path = (url.path.isEmpty ? "/" : url.path) + (url.query.map { "?" + $0 } ?? "")
            guard rules.allows(path) else {
                if depth == 0 { problems.append(DocumentError(Self.name(url), "the host's robots.txt forbids it")) }
                skipped["forbidden by robots.txt", default: 0] += 1
                continue
            }
            if next > 1, rules.pause > 0 { try await Task.sleep(for: .seconds(min(rules.pause, Self.longestPause))) }
            try await fetch(url, depth)
        }
    }

    private mutating func rules(for url: URL) async throws -> RobotsRules {
        let place = "\(url.scheme ?? "http")://\(url.host ?? "")\(url.port.map { ":\($0)" } ?? "")"
        if let known = robots[place] { return known }
        guard let address = URL(string: place + "/robots.txt") else { return .closed }
        var request = HTTPRequest(address)
        request.maximumBytes = 512 << 10
        let found: RobotsRules
        do {
            found = RobotsRules(String(decoding: try await client.data(request).body, as: UTF8.self), agent: "swiftlet")
        } catch HTTPError.status(_, 400..<500, _, _) {
            found = .open
        } catch is HTTPError {
            found = .closed
        }
        robots[place] = found
        return found
    }

    private mutating func fetch(_ url: URL, _ depth: Int) async throws {
        let name = Self.name(url)
        var request = HTTPRequest(url)
        request.followsRedirections = false
        (request.maximumBytes, request.totalTimeout) = (options.pageBytes, 120)
        let (response, body): (HTTPResponse, [UInt8])
        do { (response, body) = try await get(request) } catch let error as HTTPError {
            return fail(name, error.description)
        } catch let error as HTTPFailure {
            return fail(name, error.reason)
        }
        if let next = request.redirected(by: response) { return add(next.url, depth: depth) }
        // What is gone is removed.
        if [404, 410].contains(response.status), depth > 0 { return }
        guard response.isSuccess else { return fail(name, "the server answers HTTP \(response.status)") }
        guard let ending = response.mediaType.map({ Self.endings[$0] }) ?? (response.isWebPage(body) ? "html" : "txt")
        else {
            skipped[response.mediaType ?? "unknown type", default: 0] += 1
            return
        }
        var isKept = true
        if ending == "html" {
            let links = HTMLLinks(body)
            isKept = links.isIndexed
            if links.isFollowed { follow(links, of: url, depth) }
        }
        guard isKept else { return skipped["noindex", default: 0] += 1 }
        let file = "\(folder)/\(pages.count).\(ending)"
        try AtomicFile.write(body, to: file)
        pages.append(Page(address: name, file: file))
    }

    private mutating func follow(_ links: HTMLLinks, of url: URL, _ depth: Int) {
        guard depth < options.depth else { return }
        let base = links.base.flatMap { URL(string: $0, relativeTo: url)?.absoluteURL } ?? url
        for address in links.addresses {
            guard let target = URL(string: address, relativeTo: base)?.absoluteURL,
                let plain = URL(string: Self.name(target))
            else { continue }
            add(plain, depth: depth + 1)
        }
    }

    private mutating func fail(_ name: String, _ reason: String) {
        unreachable.insert(name)
        problems.append(DocumentError(name, reason))
    }

    /// The answer to a request, asked for again where that may help.
    private func get(_ request: HTTPRequest) async throws -> (HTTPResponse, [UInt8]) {
        let retries = client.retries
        for failures in 1... {
            let body = BodyReceiver(limit: request.maximumBytes)
            var answer: HTTPResponse?
            do {
                let response = try await client.send(request, to: body)
                guard response.mayPass, failures < retries.attempts else { return (response, body.bytes) }
                answer = response
            } catch let failure as HTTPFailure {
                guard failure.mayPass, failures < retries.attempts else { throw failure }
            }
            try await Task.sleep(for: .seconds(retries.pause(afterFailures: failures, response: answer)))
        }
        throw CancellationError()
    }
}
