import Foundation
import JSONValues
import Testing

@testable import Serving

@Suite struct ServerTests {
    let model = ScriptedModel { _ in .init(text: "one") }

    @Test func modelsAreListedAndChosenByName() async throws {
        let second = ScriptedModel(id: "org/second") { _ in .init(text: "two") }
        try await withServer(model, second) { client in
            let list = try await client.get("/v1/models").json
            #expect(list["object"] == "list")
            #expect(list["data"]?.arrayValue?.map { $0["id"] } == ["scripted", "org/second"])
            #expect(list["data"]?[0]?["object"] == "model")
            #expect(list["data"]?[0]?["created"] == 1_700_000_000)
            #expect(list["data"]?[0]?["default_sampling"]?["temperature"] == 0.8)
            for path in ["/v1/models/org/second", "/v1/models/org%2Fsecond"] {
                #expect(try await client.get(path).json["id"] == "org/second")
            }
            #expect(try await client.get("/v1/models/none").status == 404)
            for (name, text) in [("", "one"), ("scripted", "one"), ("org/second", "two")] as [(String, JSON)] {
                let reply = try await client.post("/v1/completions", #"{"prompt":"a","model":"\#(name)"}"#)
                #expect(try reply.json["choices"]?[0]?["text"] == text)
            }
        }
    }

    @Test func tokensAndTemplates() async throws {
        try await withServer(model) { client in
            #expect(try await client.post("/tokenize", #"{"content":"ab"}"#).json["tokens"] == [97, 98])
            let pieces = try await client.post("/tokenize", #"{"content":"a","with_pieces":true}"#).json
            #expect(pieces["tokens"] == [["id": 97, "piece": "a"]])
            #expect(try await client.post("/detokenize", #"{"tokens":[97,98]}"#).json["content"] == "ab")
            let prompt = try await client.post("/apply-template", #"{"messages":[{"role":"user","content":"a"}]}"#)
            #expect(try prompt.json["prompt"] == "user:a\nassistant:")
            #expect(try await client.get("/health").json == ["status": "ok"])
        }
    }

    @Test func thePageIsServedStrictly() async throws {
        try await withServer(model) { client in
            let page = try await client.get("/")
            #expect(page.status == 200)
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.headers["content-security-policy"]?.contains("default-src 'none'") == true)
            #expect(page.headers["x-content-type-options"] == "nosniff")
            for asset in WebPage.assets {
                let reply = try await client.get("/" + asset.path)
                #expect(reply.text == asset.text)
                #expect(reply.headers["etag"] == asset.entityTag)
            }
            let tag = try #require(page.headers["etag"])
            #expect(try await client.get("/", headers: ["If-None-Match": tag]).status == 304)
        }
    }

    @Test func theProgramHoldsTheNewestPage() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/Faces/Serving/WebPage/Assets").standardizedFileURL
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            .filter { $0.contains(".") && !$0.hasPrefix(".") }
        #expect(files.count == WebPage.assets.count)
        for asset in WebPage.assets {
            let file = folder.appending(path: asset.path.isEmpty ? "index.html" : asset.path)
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(asset.text == text, "\(asset.path)")
        }
    }

    @Test func foreignPagesAreRefused() async throws {
        var options = ServerOptions()
        options.allowedOrigins = ["https://chat.example.org"]
        try await withServer(model, options: options) { client in
            for (origin, status) in [
                ("https://evil.example.org", 403), ("null", 403), ("http://localhost.evil.org", 403),
                ("http://localhost:3000", 200), ("http://127.0.0.1:8080", 200), ("https://chat.example.org", 200),
            ] {
                let reply = try await client.get("/v1/models", headers: ["Origin": origin])
                #expect(reply.status == status, "\(origin)")
                #expect(reply.headers["access-control-allow-origin"] == (status == 200 ? origin : nil))
            }
            let preflight = try await client.send(
                client.request(
                    "OPTIONS", "/v1/completions",
                    headers: [
                        "Origin": "https://chat.example.org", "Access-Control-Request-Method": "POST",
                        "Access-Control-Request-Headers": "authorization",
                    ]))
            #expect(preflight.status == 200)
            #expect(preflight.headers["access-control-allow-headers"] == "authorization")
        }
    }

    @Test(arguments: [
        ("http://example.org:8080", "0.0.0.0", true), ("http://example.org:8081", "0.0.0.0", false),
        ("http://example.org:8080", "127.0.0.1", false), ("http://[::1]:8080", "::1", true),
        ("http://127.0.0.1.example.org", "127.0.0.1", false), ("file://localhost", "127.0.0.1", false),
    ])
    func origins(origin: String, host: String, allowed: Bool) {
        let policy = OriginPolicy(host: host, allowedOrigins: [])
        #expect(policy.allows(origin: origin, authority: "example.org:8080") == allowed)
    }

    @Test("A name that is foreign to this machine is answered only by servers that others reach, or that demand keys")
    func names() async throws {
        var policy = OriginPolicy(host: "127.0.0.1", allowedOrigins: ["http://chat.example.org"])
        #expect(policy.allows(authority: nil) && policy.allows(authority: "localhost:8080"))
        #expect(policy.allows(authority: "[::1]:8080") && policy.allows(authority: "chat.example.org"))
        #expect(!policy.allows(authority: "evil.example") && !policy.allows(authority: "127.0.0.1.evil.example"))
        policy.hasKeys = true
        #expect(policy.allows(authority: "evil.example"))
        #expect(OriginPolicy(host: "0.0.0.0", allowedOrigins: []).allows(authority: "evil.example"))
        try await withServer(model) { client in
            let foreign = try await client.get("/v1/models", headers: ["Host": "evil.example"])
            let own = try await client.get("/v1/models")
            #expect(foreign.status == 403 && own.status == 200)
        }
    }

    @Test("Long texts that take their time do not keep others waiting")
    func longTexts() async throws {
        let gate = DispatchSemaphore(value: 0)
        let model = ScriptedModel(beforeEncoding: { if $0.utf8.count > 1 << 16 { gate.wait() } }) { _ in
            .init(text: "x")
        }
        try await withServer(model) { client in
            await withTaskGroup(of: Int?.self) { group in
                let text = String(repeating: "a", count: 1 << 17)
                // More than there are shared threads.
                let count = max(4, ProcessInfo.processInfo.activeProcessorCount + 1)
                for _ in 0..<count {
                    group.addTask { try? await client.post("/tokenize", #"{"content":"\#(text)"}"#).status }
                }
                try? await Task.sleep(for: .milliseconds(200))
                var health = client.request("GET", "/health")
                health.timeoutInterval = 20
                #expect((try? await client.send(health))?.status == 200)
                for _ in 0..<count { gate.signal() }
                for await status in group { #expect(status == 200) }
            }
        }
    }

    @Test func aPortInUseIsATypedError() async throws {
        try await withServer(model) { client in
            let second = try Server(models: [model], options: ServerOptions(host: "127.0.0.1", port: client.port))
            let error = await #expect(throws: ServerError.self) { try await second.run() }
            #expect(error == .addressInUse(host: "127.0.0.1", port: client.port))
        }
    }

    @Test func aHostWithoutAnAddressIsATypedError() async throws {
        let server = try Server(models: [model], options: ServerOptions(host: "no.such.host.invalid", port: 0))
        let error = await #expect(throws: ServerError.self) { try await server.run() }
        #expect("\(error.map { "\($0)" } ?? "")".hasPrefix("cannot listen on no.such.host.invalid:0: no address"))
    }

    @Test func serversThatCannotStart() throws {
        #expect(throws: ServerError.noModels) { try Server(models: []) }
        #expect(throws: ServerError.repeatedModel("scripted")) { try Server(models: [model, model]) }
        #expect(throws: ServerError.invalidPort(70000)) {
            try Server(models: [model], options: ServerOptions(host: "127.0.0.1", port: 70000))
        }
    }
}
