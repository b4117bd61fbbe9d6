import Foundation
import JSONValues
import Serving
import Synchronization
import Testing

/// Models that are written down, loaded when they are asked for.
private final class ScriptedCatalog: ModelCatalog {
    struct Unreadable: Error {}

    let loads = Mutex<[String]>([])
    /// Milliseconds that loading takes.
    let delay: Int
    private let names: [String]

    init(_ names: String..., delay: Int = 0) { (self.names, self.delay) = (names, delay) }

    func entries() -> [CatalogEntry] { names.map { CatalogEntry(name: $0, created: 7, bytes: 1000) } }

    func load(_ name: String, reserved: Int) throws -> LoadedModel {
        loads.withLock { $0.append(name) }
        if delay > 0 { Thread.sleep(forTimeInterval: Double(delay) / 1000) }
        if name == "broken" { throw Unreadable() }
        return .language(ScriptedModel(id: name) { .init(text: "I am \(name)", delay: $0.contains("slowly") ? 40 : 0) })
    }
}

@Suite struct OnDemandTests {
    private func options(_ catalog: ScriptedCatalog, _ change: (inout OnDemandOptions) -> Void = { _ in })
        -> ServerOptions
    {
        var onDemand = OnDemandOptions(catalog: catalog)
        change(&onDemand)
        var options = ServerOptions()
        options.onDemand = onDemand
        return options
    }

    private func ask(_ client: TestClient, _ model: String?, _ more: String = "") async throws -> TestClient.Reply {
        let name = model.map { "\"model\":\"\($0)\"," } ?? ""
        return try await client.post(
            "/v1/chat/completions", "{\(name)\(more)\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}")
    }

    private func text(_ reply: TestClient.Reply) throws -> String? {
        try reply.json["choices"]?[0]?["message"]?["content"]?.stringValue
    }

    @Test(
        "No time that a client writes is too long for the clock",
        arguments: ["1e30", "1e18", "\"999999999999h\"", "-1e30"])
    func keptForEver(time: String) async throws {
        try await withServer(options: options(ScriptedCatalog("one"))) { client in
            let answer = try await ask(client, "one", "\"keep_alive\":\(time),")
            #expect(answer.status == 200)
            #expect(try await running(client) == ["one"])
            #expect(try await client.get("/api/tags").status == 200)
        }
    }

    private func running(_ client: TestClient) async throws -> [String] {
        (try await client.get("/api/ps").json["models"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
    }

    @Test func aModelIsLoadedOnceWhenItIsAskedFor() async throws {
        let catalog = ScriptedCatalog("one", "two", delay: 50)
        try await withServer(options: options(catalog)) { client in
            let listed = try await client.get("/v1/models").json["data"]?.arrayValue ?? []
            #expect(listed.map { $0["status"]?["value"] } == ["unloaded", "unloaded"])
            try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<6 { group.addTask { try text(await ask(client, "two:latest")) } }
                for try await answer in group { #expect(answer == "I am two") }
            }
            #expect(catalog.loads.withLock(\.self) == ["two"])
            #expect(try await running(client) == ["two"])
            let after = try await client.get("/v1/models").json["data"]?.arrayValue ?? []
            #expect(after.map { $0["id"] } == ["two", "one"])
            #expect(try await client.get("/metrics").text.contains("swiftlet_model_loads_total 1\n"))
            let unknown = try await ask(client, "three")
            #expect(unknown.status == 404)
            #expect(try unknown.json["error"]?["message"]?.stringValue?.contains("it has: two, one") == true)
        }
    }

    @Test func requestsWithoutANameGetTheDefault() async throws {
        let catalog = ScriptedCatalog("one", "two")
        try await withServer(options: options(catalog) { $0.defaultModel = "two" }) { client in
            #expect(catalog.loads.withLock(\.self) == ["two"])
            _ = try await ask(client, "one")
            #expect(try text(await ask(client, nil)) == "I am two")
        }
    }

    @Test func whatNobodyUsesMakesRoom() async throws {
        let catalog = ScriptedCatalog("one", "two", "three")
        try await withServer(
            ScriptedModel(id: "fixed") { _ in .init(text: "f") }, options: options(catalog) { $0.maximumModels = 2 }
        ) {
            client in
            for name in ["one", "two", "one", "three"] {
                let reply = try await ask(client, name)
                #expect(try text(reply) == "I am \(name)")
            }
            // The one that was used least lately has gone; what was given at the start stays.
            #expect(try await running(client) == ["fixed", "one", "three"])
            #expect(try text(await ask(client, nil)) == "f")
        }
    }

    @Test func whatIsInUseStays() async throws {
        let catalog = ScriptedCatalog("one", "two")
        let options = options(catalog) {
            $0.maximumModels = 1
            $0.waitingSeconds = 0.2
        }
        try await withServer(options: options) { client in
            let body = #"{"model":"one","stream":true,"messages":[{"role":"user","content":"slowly"}]}"#
            async let slow = client.post("/v1/chat/completions", body)
            while try await running(client) != ["one"] { try await Task.sleep(for: .milliseconds(5)) }
            let refused = try await ask(client, "two")
            #expect(refused.status == 503 && refused.headers["retry-after"] == "10")
            #expect(try refused.json["error"]?["code"] == "model_not_loaded")
            #expect(try await slow.events.last == "[DONE]")
            // It was waiting for no more than the end.
            #expect(try text(await ask(client, "two")) == "I am two")
            #expect(try await running(client) == ["two"])
        }
    }

    @Test func modelsLeaveWhenTheirTimeIsOver() async throws {
        let catalog = ScriptedCatalog("one", "two")
        try await withServer(options: options(catalog) { $0.keepAlive = 0.1 }) { client in
            _ = try await ask(client, "one")
            _ = try await ask(client, "two", #""keep_alive":-1,"#)
            #expect(try await running(client).contains("two"))
            while try await running(client).contains("one") { try await Task.sleep(for: .milliseconds(10)) }
            #expect(try await running(client) == ["two"])
            let reply = try await client.post("/api/generate", #"{"model":"two","keep_alive":0}"#)
            #expect(try reply.json["done_reason"] == "unload")
            #expect(try await running(client).isEmpty)
            // And come again.
            #expect(try text(await ask(client, "two")) == "I am two")
        }
    }

    @Test func keepAliveOfNothingEndsNoOtherRequest() async throws {
        let catalog = ScriptedCatalog("one")
        try await withServer(options: options(catalog)) { client in
            try await withThrowingTaskGroup(of: String?.self) { group in
                for index in 0..<40 {
                    group.addTask {
                        try text(await ask(client, "one", index % 2 == 0 ? #""keep_alive":0,"# : ""))
                    }
                }
                for try await answer in group { #expect(answer == "I am one") }
            }
        }
    }

    @Test func whatCannotBeLoadedIsAnError() async throws {
        try await withServer(options: options(ScriptedCatalog("broken"))) { client in
            let reply = try await ask(client, "broken")
            #expect(reply.status == 500)
            #expect(try reply.json["error"]?["message"]?.stringValue?.contains("\"broken\" cannot be loaded") == true)
        }
    }
}
