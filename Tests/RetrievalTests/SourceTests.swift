import Documents
import Files
import GRDB
import Testing

@testable import Retrieval

@Suite struct SourceTests {
    private static let robots = """
        # A comment
        User-agent: other
        Disallow: /

        User-agent: *
        User-agent: another
        Disallow: /private/   # behind a password
        Allow: /private/open
        Disallow: /*.pdf$
        Disallow: /caf%C3%A9
        Crawl-delay: 2

        User-agent: Swiftlet-two
        Disallow:
        """

    @Test(arguments: [
        ("/", true), ("/private", true), ("/private/x", false), ("/private/open/x", true), ("/a.pdf", false),
        ("/a.pdf?x=1", true), ("/café/x", false), ("/deep/er/b.pdf", false),
    ])
    func robotsRulesAreThoseOfTheStandard(_ path: String, _ isAllowed: Bool) {
        let rules = RobotsRules(Self.robots, agent: "swiftlet")
        #expect(rules.allows(path) == isAllowed && rules.pause == 2)
        #expect(!RobotsRules(Self.robots, agent: "other").allows(path))
        #expect(RobotsRules(Self.robots, agent: "swiftlet-two").allows(path))
        #expect(RobotsRules("", agent: "swiftlet").allows(path) && !RobotsRules.closed.allows(path))
    }

    @Test func patternsTakeNoEndlessTime() {
        let rules = RobotsRules(
            "User-agent: *\nDisallow: /\(String(repeating: "*a", count: 200))b", agent: "swiftlet")
        #expect(rules.allows("/" + String(repeating: "a", count: 4000)))
    }

    @Test func optionsOfACrawlAreRemembered() {
        let options = CrawlOptions(depth: 2, pages: 30, hosts: ["a.example", "b.example"])
        let source = options.applied(to: "https://host/start#part")
        #expect(source == "https://host/start#depth=2&pages=30&hosts=a.example,b.example")
        #expect(CrawlOptions(of: source) == options && CrawlOptions(of: "https://host/").depth == 0)
    }

    @Test func linksOfAPageAreFound() {
        let links = HTMLLinks(
            Array(
                """
                <base href="/docs/"><a href=" a.html ">A</a><a href='b.html' rel="external nofollow">B</a><A HREF=c.html>C</A>
                <script>document.write('<a href="x.html">')</script><a href="a.html">again</a><a>none</a><!-- <a href=y> -->
                <area href="d.html?x=1&amp;y=2">
                """.utf8))
        #expect(links.addresses == ["a.html", "c.html", "d.html?x=1&y=2"] && links.base == "/docs/")
        #expect(links.isIndexed && links.isFollowed)
        let closed = HTMLLinks(Array("<meta name=robots content='NOINDEX, nofollow'>".utf8))
        #expect(!closed.isIndexed && !closed.isFollowed)
    }

    @Test func rowsOfAQueryAreADocument() async throws {
        let place = try Workplace()
        let path = place.documents + "/shop.db"
        let queue = try DatabaseQueue(path: path)
        try await queue.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE orders(id INTEGER, customer TEXT, note TEXT);
                    INSERT INTO orders VALUES (1, 'Ann', 'two red\nlamps'), (2, 'Bob', NULL), (3, 'Cleo', 'a kettle');
                    """)
        }
        try queue.close()
        let source = "sqlite:\(path)?query=SELECT customer, note FROM orders ORDER BY id"
        let document = try await RowQuery(source).document()
        #expect(
            document.parts[0].text
                == "customer: Ann; note: two red lamps\ncustomer: Bob\ncustomer: Cleo; note: a kettle")
        #expect(try RowQuery("sqlite:\(path)?query=SELECT%201").name.hasSuffix("?query=SELECT 1"))
        for broken in ["SELECT nothing FROM orders", "DELETE FROM orders", "SELECT 1 WHERE 0", ""] {
            await #expect(throws: DocumentError.self) {
                try await RowQuery("sqlite:\(path)?query=\(broken)").document()
            }
        }
        #expect(throws: DocumentError.self) { try RowQuery("sqlite:\(path)") }
        #expect(throws: DocumentError.self) { try RowQuery("postgres://me:secret@host/d?query=SELECT 1") }
    }

    @Test func subjectsPartPassages() async throws {
        let place = try Workplace()
        let encoder = PassageEncoder(WordCountEmbedder())
        let cats = "Cats sleep on cats. Cats eat like cats. Cats purr with cats. Cats hunt near cats."
        let rents = "Rent falls due as rent. Rent rises as rent. Rent is paid as rent. Rent ends as rent."
        try place.write(cats + " " + rents, to: "x.txt")
        let collection = try place.folder.create(
            "c", encoder: encoder, splitting: SplittingOptions(method: .semantic, size: 60, overlap: 0))
        let report = try await Indexer(collection: collection, encoder: encoder).index([place.documents])
        #expect(report.added == 1)
        let passages = try await collection.passages(
            of: try #require(FileSystem.realPath(place.documents + "/x.txt")), 0...9)
        #expect(passages.map(\.text) == [cats, rents])
    }
}
