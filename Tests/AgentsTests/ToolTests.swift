import Foundation
import JSONValues
import Testing

@testable import Agents

struct ToolTests {
    private struct Arguments: Codable, Sendable {
        enum Unit: String, Codable, CaseIterable { case celsius, kelvin }
        struct Place: Codable { var city: String; var height: Double? }
        var place: Place
        var unit: Unit
        var days: [Int]
        var isShort: Bool?
    }

    @Test func schemasAreMadeOfTypes() async throws {
        let tool = try AgentTool("weather", "", arguments: Arguments.self, hints: ["days": "Which days"]) { arguments in
            "\(arguments.place.city) \(arguments.unit.rawValue) \(arguments.days)"
        }
        let expected = """
            {"type":"object","properties":{"place":{"type":"object","properties":{"city":{"type":"string"},\
            "height":{"type":"number"}},"required":["city"],"additionalProperties":false},"unit":{"type":"string",\
            "enum":["celsius","kelvin"]},"days":{"type":"array","items":{"type":"integer"},"description":"Which days"},\
            "isShort":{"type":"boolean"}},"required":["place","unit","days"],"additionalProperties":false}
            """
        #expect(tool.description.parameters.text() == expected)
        let result = try await tool.call(["place": ["city": "Graz"], "unit": "kelvin", "days": [1, 2]])
        #expect(result == "Graz kelvin [1, 2]")
        await #expect(throws: ToolError.self) { try await tool.call(["place": "Graz"]) }
        #expect(throws: ToolError.self) { try AgentTool("text", "", arguments: String.self) { $0 } }
    }

    @Test(arguments: [
        ("2 * (3 + 4)^2", "98"), ("-2^2", "-4"), ("2^3^2", "512"), ("2**3", "8"), ("7 % 4 + 1.5", "4.5"),
        ("sqrt(16) + max(1, 5, 3)", "9"), ("1e3 / 8", "125"), ("2 × 3 − 1", "5"),
        (" 0.1 + 0.2 ", "0.30000000000000004"),
        ("10 / 4", "2.5"), ("pow(2, 10)", "1024"),
    ])
    func theCalculatorComputes(_ expression: String, _ result: String) throws {
        #expect(Calculator.text(try Calculator.evaluate(expression)) == result)
    }

    @Test(arguments: ["", "2 +", "1 / 0", "(1", "abc", "2 2", "import os", "9^9^9", "sqrt()", "1..2"])
    func theCalculatorRefuses(_ expression: String) {
        #expect(throws: ToolError.self) { try Calculator.evaluate(expression) }
    }

    @Test func deepNestingEndsInAnError() {
        for text in [String(repeating: "(", count: 100_000), String(repeating: "-", count: 100_000) + "1"] {
            #expect(throws: ToolError.self) { try Calculator.evaluate(text) }
        }
    }

    @Test func longResultsSayThatTheyAreCut() async throws {
        let tool = AgentTool("long", "", parameters: [:]) { _ in String(repeating: "x", count: 30_000) }
        let text = try await tool.call([:])
        #expect(text.hasSuffix("(the first 20000 of 30000 characters)"))
    }

    @Test func filesStayBelowTheirFolder() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/root-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder + "/in/deep", withIntermediateDirectories: true)
        try "secret".write(toFile: folder + "/outside.txt", atomically: true, encoding: .utf8)
        try "hello".write(toFile: folder + "/in/deep/a.txt", atomically: true, encoding: .utf8)
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/in/link.txt", withDestinationPath: folder + "/outside.txt")
        try FileManager.default.createSymbolicLink(atPath: folder + "/in/up", withDestinationPath: folder)
        let root = try FileRoot(path: folder + "/in")
        #expect(try await root.text(of: "deep/a.txt") == "hello")
        #expect(try root.names(in: "deep") == ["a.txt"])
        for path in [
            "../outside.txt", "link.txt", "up/outside.txt", "/etc/passwd", folder + "/outside.txt", "a\0b", "..",
        ] {
            await #expect(throws: ToolError.self, "\(path)") { try await root.text(of: path) }
        }
    }

    @Test func queriesOnlyRead() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/shop-\(UUID().uuidString).sqlite"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try SQLFixture.make(path)
        let source = try SQLSource(path: path)
        #expect(try source.schema().contains("CREATE TABLE orders"))
        #expect(
            try await source.rows("SELECT city, sum(price) AS total FROM orders GROUP BY city")
                == "city | total\nGraz | 30\nWien | 5.5")
        for sql in [
            "DELETE FROM orders", "INSERT INTO orders VALUES ('x', 1)", "PRAGMA writable_schema = 1",
            "ATTACH '/etc/passwd' AS x", "SELECT 1; DELETE FROM orders", "WITH a AS (SELECT 1) DELETE FROM orders",
            "SELECT load_extension('x')", "VACUUM INTO '/tmp/x'",
        ] {
            await #expect(throws: ToolError.self, "\(sql)") { try await source.rows(sql) }
        }
        let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i FROM n"
        #expect(try await source.rows(many).hasSuffix("(the first 100 rows; there are more)"))
    }

    @Test(arguments: [
        ("127.0.0.1", false), ("10.1.2.3", false), ("169.254.169.254", false), ("192.168.1.1", false),
        ("100.64.0.1", false), ("0.0.0.0", false), ("::1", false), ("fe80::1", false), ("fd00::1", false),
        ("::ffff:127.0.0.1", false), ("64:ff9b::7f00:1", false), ("2002:7f00:1::", false), ("::", false),
        ("8.8.8.8", true), ("2606:4700:4700::1111", true), ("172.32.0.1", true), ("172.31.0.1", false), ("x", false),
    ])
    func inwardAddressesAreKnown(_ address: String, _ isPublic: Bool) {
        #expect(HostPolicy.isPublic(address) == isPublic)
    }

    @Test func hostsMustBeListed() async throws {
        let server = try TestServer()
        defer { server.stop() }
        let page = "http://127.0.0.1:\(server.port)/page"
        #expect(try await WebTools(HostPolicy(allowed: ["127.0.0.1"])).text(of: page).contains("opens at nine"))
        await #expect(throws: ToolError.self) { try await WebTools(HostPolicy(allowed: [])).text(of: page) }
        // A wildcard means public hosts; a name that leads inward is refused.
        await #expect(throws: ToolError.self) { try await WebTools(HostPolicy(allowed: ["*"])).text(of: page) }
        await #expect(throws: ToolError.self) {
            try await WebTools(HostPolicy(allowed: ["*"])).text(of: page.replacing("127.0.0.1", with: "localhost"))
        }
        // Redirections are checked as well.
        await #expect(throws: ToolError.self) {
            try await WebTools(HostPolicy(allowed: ["127.0.0.1"])).text(of: page.replacing("page", with: "away"))
        }
        let both = HostPolicy(allowed: ["127.0.0.1", "localhost"])
        #expect(try await WebTools(both).text(of: page.replacing("page", with: "away")).contains("opens at nine"))
    }

    @Test func searchResultsAreRead() {
        let answer: JSON = ["organic": [["title": "A", "link": "http://a", "snippet": "first"]]]
        #expect(WebTools.results(answer) == "A\nhttp://a\nfirst")
        #expect(WebTools.escaped("a b&ü") == "a%20b%26%C3%BC")
    }

    @Test func sandboxesKeepProgramsIn() async throws {
        guard let sandbox = try? await Sandbox() else { return }
        #expect(try await sandbox.python("print(6 * 7)") == Sandbox.Result(output: "42\n", status: 0))
        #expect(try await sandbox.shell("cat /etc/passwd; ls /home /root /work").status != 0)
        #expect(try await !sandbox.shell("cat /etc/passwd 2>/dev/null; true").output.contains("root:"))
        let network = "import socket; socket.create_connection(('127.0.0.1', 1), 2)"
        #expect(try await sandbox.python(network).status != 0)
        #expect(try await sandbox.shell("echo x > /usr/x").status != 0)
        #expect(try await sandbox.python("x = bytearray(4 << 30)").status != 0)
        #expect(try await sandbox.shell("ps 2>/dev/null | wc -l; ls /proc | grep -c '^[0-9]*$'").output.count < 12)
        var short = sandbox
        short.maximumSeconds = 0.5
        let start = ContinuousClock.now
        await #expect(throws: ToolError.self) { try await short.shell("sleep 60") }
        #expect(start.duration(to: .now) < .seconds(10))
    }
}
