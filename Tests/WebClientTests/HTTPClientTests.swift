import Foundation
import JSONValues
import Synchronization
import Testing

@testable import WebClient

/// Requests to a local server.
@Suite struct HTTPClientTests {
    @Test func `methods, fields and bodies arrive as they were given`() async throws {
        let server = try TestServer()
        for method in ["GET", "POST", "PUT", "DELETE"] {
            var request = HTTPRequest(try server.url("/echo?a=b%20c"), method: method)
            request.fields = [.init("X-Test", "tëst: 1")]
            request.body = method == "GET" ? nil : Array("body of \(method)".utf8)
            let answer = try await server.client.json(request)
            #expect(answer["method"] == .string(method) && answer["path"] == "/echo?a=b%20c")
            #expect(answer["body"] == .string(method == "GET" ? "" : "body of \(method)"))
            #expect(answer["fields"]?["x-test"] != nil && answer["fields"]?["expect"] == nil)
            #expect(answer["fields"]?["content-type"] == nil)
        }
        let posted = try await server.client.json(HTTPRequest(server.url("/echo"), json: ["a": [1, "ü"]]))
        #expect(posted["body"] == #"{"a":[1,"ü"]}"# && posted["fields"]?["content-type"] == "application/json")
        let empty = try await server.client.json(HTTPRequest(server.url("/echo"), method: "POST", body: []))
        #expect(empty["method"] == "POST" && empty["fields"]?["content-length"] == "0")
        let large = String(repeating: "0123456789", count: 300_000)
        let echo = try await server.client.json(HTTPRequest(server.url("/echo"), json: .string(large)))
        #expect(echo["body"]?.stringValue?.utf8.count == 3_000_002)
        let (head, body) = try await server.client.data(HTTPRequest(server.url("/long/99"), method: "HEAD"))
        #expect(head.length == 99 && body.isEmpty)
    }

    @Test func `a line break in a field is refused`() async throws {
        let server = try TestServer()
        var request = HTTPRequest(try server.url("/echo"))
        for field in [HTTPRequest.Field("X", "a\r\nY: b"), .init("X\n", "a"), .init("", "a"), .init("X: Y", "a")] {
            request.fields = [field]
            let error = await #expect(throws: HTTPError.self) { try await server.client.data(request) }
            guard case .invalidRequest = error else { return #expect(Bool(false), "\(error as Any)") }
        }
        #expect(try await server.log().isEmpty)
        let file = try #require(URL(string: "file:///etc/passwd"))
        await #expect(throws: HTTPError.self) { try await server.client.data(HTTPRequest(file)) }
    }

    @Test(arguments: [429, 500, 503, 408])
    func `failures that pass are tried again`(status: Int) async throws {
        let server = try TestServer()
        let answer = try await server.client.json(HTTPRequest(server.url("/fail/\(status)/2/get")))
        #expect(answer == "fine")
        let error = await #expect(throws: HTTPError.self) {
            try await server.client.data(HTTPRequest(server.url("/fail/\(status)/9/get")))
        }
        guard case .status(_, status, #"{"error": "busy"}"#, 3) = error else {
            return #expect(Bool(false), "\(error as Any)")
        }
        // It is not known whether a POST that failed with these has done something.
        let post = HTTPRequest(try server.url("/fail/\(status)/1/post"), json: nil)
        if [429, 503].contains(status) {
            #expect(try await server.client.json(post) == "fine")
        } else {
            await #expect(throws: HTTPError.self) { try await server.client.json(post) }
        }
    }

    @Test func `failures that stay are told at once`() async throws {
        let server = try TestServer()
        let error = await #expect(throws: HTTPError.self) {
            try await server.client.data(HTTPRequest(server.url("/nothing")))
        }
        #expect(error?.description.hasSuffix("/nothing answered HTTP 404: no such path") == true)
        let closed = try #require(URL(string: "http://127.0.0.1:9/"))
        let unreachable = await #expect(throws: HTTPError.self) {
            try await server.client.data(HTTPRequest(closed, json: nil))
        }
        guard case .connection(_, _, 3) = unreachable else { return #expect(Bool(false), "\(unreachable as Any)") }
    }

    @Test func `a cut connection is tried again unless something may have been done`() async throws {
        let server = try TestServer()
        let (_, body) = try await server.client.data(HTTPRequest(server.url("/cut/2/get")))
        #expect(body == Array("whole".utf8))
        await #expect(throws: HTTPError.self) {
            try await server.client.data(HTTPRequest(server.url("/cut/1/post"), json: nil))
        }
        #expect(try await server.log().filter { $0["path"] == "/cut/1/post" }.count == 1)
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `redirections are followed, and no other host sees the credentials`(status: Int) async throws {
        let server = try TestServer()
        for (place, isSame) in [("same", true), ("other", false)] {
            var request = HTTPRequest(try server.url("/redirect/\(status)/\(place)"), json: ["a": 1])
            request.credentials = [.init("Authorization", "Bearer secret"), .init("X-Api-Key", "secret")]
            let answer = try await server.client.json(request)
            let keepsMethod = status >= 307
            #expect(answer["method"] == (keepsMethod ? "POST" : "GET"))
            #expect(answer["body"] == (keepsMethod ? #"{"a":1}"# : ""))
            #expect((answer["fields"]?["content-type"] != nil) == keepsMethod)
            #expect((answer["fields"]?["authorization"] != nil) == isSame)
            #expect((answer["fields"]?["x-api-key"] != nil) == isSame)
        }
        await #expect(throws: HTTPError.self) { try await server.client.data(HTTPRequest(server.url("/loop"))) }
    }

    @Test func `bodies and times have limits`() async throws {
        let server = try TestServer()
        var request = HTTPRequest(try server.url("/long/1000"))
        request.maximumBytes = 1000
        #expect(try await server.client.data(request).body.count == 1000)
        request.maximumBytes = 999
        await #expect(throws: HTTPError.tooLong(url: request.url.absoluteString, limit: 999)) {
            try await server.client.data(request)
        }
        var endless = HTTPRequest(try server.url("/endless"))
        endless.maximumBytes = 100_000
        await #expect(throws: HTTPError.self) { try await server.client.data(endless) }
        var slow = HTTPRequest(try server.url("/slow/20"), method: "POST")
        slow.totalTimeout = 0.2
        let start = ContinuousClock.now
        let late = await #expect(throws: HTTPError.self) { try await server.client.data(slow) }
        guard case .connection(_, "it took too long", 1) = late else { return #expect(Bool(false), "\(late as Any)") }
        slow.totalTimeout = nil
        slow.idleTimeout = 0.2
        await #expect(throws: HTTPError.self) { try await server.client.data(slow) }
        #expect(start.duration(to: .now) < .seconds(10))
    }

    @Test func `a web page instead of JSON is told`() async throws {
        let server = try TestServer()
        let error = await #expect(throws: HTTPError.self) {
            try await server.client.json(HTTPRequest(server.url("/portal")))
        }
        #expect(error?.description.contains("login page of a network") == true)
    }
}
