import Foundation
import JSONValues
import Testing

@testable import WebClient

/// Bodies as they arrive.
@Suite struct StreamTests {
    @Test func `events come one by one`() async throws {
        let server = try TestServer()
        var events: [ServerSentEvent] = []
        for try await event in try await server.client.events(HTTPRequest(server.url("/events"), json: nil)) {
            events.append(event)
        }
        #expect(
            events == [
                ServerSentEvent(data: #"{"token":"é"}"#), ServerSentEvent(type: "end", data: "1\n2", id: "7"),
            ])
        #expect(try await server.log().first?["fields"]?["accept"] == "text/event-stream")
    }

    @Test func `a refusal is an error before anything is read, after as many attempts`() async throws {
        let server = try TestServer()
        let error = await #expect(throws: HTTPError.self) {
            _ = try await server.client.stream(HTTPRequest(server.url("/fail/503/9/stream"), json: nil))
        }
        guard case .status(_, 503, #"{"error": "busy"}"#, 3) = error else {
            return #expect(Bool(false), "\(error as Any)")
        }
        let (_, pieces) = try await server.client.stream(HTTPRequest(server.url("/fail/429/2/stream"), json: nil))
        var body: [UInt8] = []
        for try await piece in pieces { body += piece }
        #expect(body == Array(#""fine""#.utf8))
    }

    @Test(arguments: ["/drip", "/endless"])
    func `whoever stops reading ends the transfer`(path: String) async throws {
        let server = try TestServer()
        do {
            let (_, pieces) = try await server.client.stream(HTTPRequest(server.url(path)))
            for try await _ in pieces { break }
        }
        try await expectLeft(server)
    }

    @Test(arguments: ["/drip", "/endless"])
    func `a task that is cancelled ends the transfer`(path: String) async throws {
        let server = try TestServer()
        let task = Task {
            let (_, pieces) = try await server.client.stream(HTTPRequest(server.url(path)))
            for try await _ in pieces where Task.isCancelled { break }
        }
        while try await server.log().isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        task.cancel()
        _ = await task.result
        try await expectLeft(server)
    }

    @Test func `a whole body is not waited for when the task is cancelled`() async throws {
        let server = try TestServer()
        let task = Task { try await server.client.data(HTTPRequest(server.url("/slow/30"))) }
        while try await server.log().isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        let start = ContinuousClock.now
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(start.duration(to: .now) < .seconds(20))
    }

    private func expectLeft(_ server: TestServer) async throws {
        for _ in 0..<100 {
            if try await server.log().first?["left"] == true { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("the server still sends after ten seconds")
    }

    @Test(arguments: [
        ("data: a\n\ndata: b\n\n", ["a", "b"]), ("data\n\ndata:\n\n", ["", ""]), ("data: a\ndata: b\n\n", ["a\nb"]),
        ("\u{FEFF}data: a\r\n\r\n", ["a"]), ("data:  a\rdata: b\r\r", [" a\nb"]), ("event: x\n\ndata: y\n\n", ["y"]),
        (": only a comment\n\n", []), ("data: unfinished\n", []), ("unknown: x\ndata: y\n\n", ["y"]),
    ])
    func `streams are cut as the standard says`(text: String, data: [String]) throws {
        for size in [1, 2, 3, 1000] {
            var parser = ServerSentEventParser()
            var found: [String] = []
            let bytes = Array(text.utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                found += try parser.parse(bytes[start..<min(start + size, bytes.count)]).map(\.data)
            }
            #expect(found == data, "pieces of \(size)")
        }
    }

    @Test func `an event has a limit`() throws {
        var parser = ServerSentEventParser()
        #expect(throws: HTTPFailure.self) {
            for _ in 0...ServerSentEventParser.limit >> 16 {
                _ = try parser.parse(repeatElement(UInt8(ascii: "x"), count: 1 << 16))
            }
        }
    }

    @Test func `what Retry-After says`() {
        let now = Date(timeIntervalSince1970: 784_111_777)
        #expect(RetryPolicy.seconds("7", from: now) == 7)
        #expect(RetryPolicy.seconds("Sun, 06 Nov 1994 08:49:47 GMT", from: now) == 10)
        #expect(
            RetryPolicy.seconds("Tue, 29 Feb 2000 00:00:00 GMT", from: Date(timeIntervalSince1970: 951_782_390)) == 10)
        #expect(RetryPolicy.seconds("Sun, 06 Nov 1994 08:00:00 GMT", from: now) == 0)
        for field in ["", "-1", "nan", "soon", "Sun, 06 Nov 1994 99:99:99 GMT", "Sun, 06 Foo 1994 08:49:37 GMT"] {
            #expect(RetryPolicy.seconds(field, from: now) == nil)
        }
        var policy = RetryPolicy()
        (policy.firstPause, policy.longestPause) = (1, 20)
        #expect(0.75...1 ~= policy.pause(afterFailures: 1) && 3...4 ~= policy.pause(afterFailures: 3))
        #expect(policy.pause(afterFailures: 99) <= 20)
    }
}
