import Documents
import Essentials
import Files

/// What is indexed: files, the pages of a web site, the rows of a query. Each has a name, and a file or a text that is read in
/// its place.
final class SourceWalk: Sendable {
    /// The names, sorted: files by their paths, pages by their addresses, queries as they are given.
    let names: [String]
    /// What was given, in the form in which it is remembered.
    let roots: [String]
    /// What cannot be read, with the reason.
    let problems: [DocumentError]
    /// What was left aside, by kind.
    let skipped: [String: Int]
    private let files: [String: String]
    private let queries: [String: RowQuery]
    private let sites: [(hosts: Set<String>, isComplete: Bool, unreachable: Set<String>)]
    private let folder: String

    deinit { try? FileSystem.remove(folder) }

    /// Walks through files and folders, crawls sites, and takes queries apart.
    init(_ given: [String]) async throws {
        folder = FileManager.default.temporaryDirectory.path + "/swiftlet-sources-\(UUID().uuidString)"
        var (paths, queries, roots): ([String], [String: RowQuery], [String]) = ([], [:], [])
        var (files, sites): ([String: String], [WebCrawl]) = ([:], [])
        var problems: [DocumentError] = []
        for source in given {
            if Self.isPage(source) {
                let place = "\(folder)/\(sites.count)"
                try FileSystem.createFolder(place)
                do {
                    let crawl = try await WebCrawl.crawl(source, folder: place)
                    sites.append(crawl)
                    for page in crawl.pages { files[page.address] = page.file }
                    roots.append(source)
                } catch let error as DocumentError { problems.append(error) }
            } else if RowQuery.isQuery(source) {
                do throws(DocumentError) {
                    let query = try RowQuery(source)
                    queries[query.name] = query
                    roots.append(query.name)
                } catch { problems.append(error) }
            } else {
                paths.append(source)
            }
        }
        let walk = FileWalk(paths)
        names = (walk.files + files.keys + queries.keys).sorted()
        self.roots = walk.roots + roots
        self.problems = walk.problems + problems + sites.flatMap(\.problems)
        skipped = sites.reduce(walk.skipped) { $0.merging($1.skipped, uniquingKeysWith: +) }
        (self.files, self.queries) = (files, queries)
        self.sites = sites.map { ($0.hosts, $0.isComplete, $0.unreachable) }
    }

    /// Whether a text is the address of a page.
    static func isPage(_ source: String) -> Bool { source.hasPrefix("https://") || source.hasPrefix("http://") }

    /// The file that is read for a name.
    func file(of name: String) -> String { files[name] ?? name }

    /// The query of a name; nil if it is that of something else.
    func query(of name: String) -> RowQuery? { queries[name] }

    /// Whether a page that was known is gone: it is of a host that was crawled to the end, and no page leads to it any more.
    func isGone(page name: String) -> Bool {
        guard Self.isPage(name), let host = URL(string: name)?.host?.lowercased() else { return false }
        return sites.contains { $0.isComplete && $0.hosts.contains(host) && !$0.unreachable.contains(name) }
    }
}
