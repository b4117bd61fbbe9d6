import Files
import Foundation
import JSONValues
import ModelStore
import Serving
import Testing

/// Models that clients make, copy and remove.
@Suite struct ManagementTests {
    /// A store with a model that is nothing but a beginning, and a server that may change it.
    private final class Place: Sendable {
        let folder = NSTemporaryDirectory() + "managed-\(UUID().uuidString)"
        var store: LocalStore { LocalStore(folder: folder) }

        init() throws {
            try FileSystem.createFolder(folder)
            let blob = folder + "/base.gguf"
            try AtomicFile.write(Array("GGUF and more".utf8), to: blob)
            try store.create(
                try ModelName("base"), from: nil, settings: nil, source: "pypi:base", files: ["base.gguf": blob])
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        var options: ServerOptions {
            var options = ServerOptions()
            options.management = StoreManagement(store: store, hub: HubSettings())
            let store = store
            options.onDemand = OnDemandOptions(
                catalog: StoreCatalog(store: store) { path, name, _ in
                    let settings = store.model(at: path)?.settings
                    return .language(ScriptedModel(id: name) { _ in .init(text: settings?.system ?? "no system") })
                })
            return options
        }
    }

    private func status(_ client: TestClient, _ method: String, _ path: String, _ body: String) async throws -> Int {
        try await client.send(client.request(method, path, body: body)).status
    }

    private func names(_ client: TestClient) async throws -> [String] {
        (try await client.get("/api/tags").json["models"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
    }

    @Test func modelsAreMadeCopiedAndRemoved() async throws {
        let place = try Place()
        try await withServer(options: place.options) { client in
            let made = try await client.post(
                "/api/create",
                #"{"model":"mario","from":"base:latest","system":"I am Mario.","parameters":{"stop":"x"}}"#)
            #expect(made.status == 200 && made.text.hasSuffix("{\"status\":\"success\"}\n"))
            let answer = try await client.post("/api/generate", #"{"model":"mario","prompt":"a","stream":false}"#)
            #expect(try answer.json["response"] == "I am Mario.")
            // Made anew, it is another at once.
            let text = #"{"model":"mario","modelfile":"FROM base\nSYSTEM I am Luigi.","stream":false}"#
            #expect(try await client.post("/api/create", text).json["status"] == "success")
            let other = try await client.post("/api/generate", #"{"model":"mario","prompt":"a","stream":false}"#)
            #expect(try other.json["response"] == "I am Luigi.")
            #expect(
                try await status(client, "POST", "/api/copy", #"{"source":"mario","destination":"me/luigi:1b"}"#) == 200
            )
            #expect(try await names(client).sorted() == ["base", "mario", "me-luigi-1b"])
            let copied = try await client.post("/api/generate", #"{"model":"me/luigi:1b","prompt":"a","stream":false}"#)
            #expect(try copied.json["response"] == "I am Luigi.")
            #expect(try await status(client, "DELETE", "/api/delete", #"{"model":"mario"}"#) == 200)
            #expect(try await status(client, "DELETE", "/api/delete", #"{"model":"mario"}"#) == 404)
            #expect(try await names(client).sorted() == ["base", "me-luigi-1b"])
        }
    }

    @Test func filesAreSentByTheirDigests() async throws {
        let place = try Place()
        try await withServer(options: place.options) { client in
            let digest = "sha256:" + SHA256.digest(of: "GGUF 2".utf8)
            let missing = try await client.send(client.request("HEAD", "/api/blobs/\(digest)"))
            #expect(missing.status == 404)
            #expect(try await status(client, "POST", "/api/blobs/\(digest)", "GGUF 3") == 400)
            #expect(try await client.send(client.request("HEAD", "/api/blobs/\(digest)")).status == 404)
            #expect(try await status(client, "POST", "/api/blobs/\(digest)", "GGUF 2") == 201)
            #expect(try await client.send(client.request("HEAD", "/api/blobs/\(digest)")).status == 200)
            let body = "{\"model\":\"sent\",\"files\":{\"a.gguf\":\"\(digest)\"},\"stream\":false}"
            #expect(try await status(client, "POST", "/api/create", body) == 200)
            #expect(try await names(client).contains("sent"))
            // It is the model's now, and not kept twice.
            #expect(try await client.send(client.request("HEAD", "/api/blobs/\(digest)")).status == 404)
        }
    }

    @Test(arguments: [
        (#"{"model":"x"}"#, 400, "from"), (#"{"model":"x","from":"nobody"}"#, 404, "nobody"),
        (#"{"model":"x","from":"/etc/passwd"}"#, 404, "passwd"), (#"{"model":"../x","from":"base"}"#, 200, "success"),
        (#"{"model":"x","from":"base","parameters":{"temprature":1}}"#, 400, "temprature"),
        (#"{"model":"x","from":"base","parameters":{"temperature":"hot"}}"#, 400, "parameters.temperature"),
        (#"{"model":"x","from":"base","parameters":{"num_ctx":1.5}}"#, 400, "parameters.num_ctx"),
        (#"{"model":"x","from":"base","system":"a\"\"\"b"}"#, 400, "three quotes"),
        (#"{"model":"x","from":"base","license":["a",1]}"#, 400, "license"),
        (#"{"model":"x","from":"base","template":"{{ .Prompt }}"}"#, 400, "Jinja"),
        (#"{"model":"x","from":"base","quantize":"q4_0"}"#, 400, "quantize"),
        (#"{"model":"x","from":"base","what":1}"#, 400, "what"), (#"{"model":"fixed","from":"base"}"#, 409, "fixed"),
        (#"{"model":"x","modelfile":"FROM base\nADAPTER /etc"}"#, 400, "adapter"),
        (#"{"model":"x","modelfile":"FROM base\nHM"}"#, 400, "line 2"),
        (#"{"model":"x","from":"base","files":{"a":"sha256:1"}}"#, 400, "files.a"),
    ])
    func whatCannotBeMadeIsRefused(body: String, expected: Int, word: String) async throws {
        let place = try Place()
        try await withServer(ScriptedModel(id: "fixed") { _ in .init(text: "") }, options: place.options) { client in
            let reply = try await client.post("/api/create", body)
            #expect(reply.status == expected && reply.text.contains(word), "\(reply.text)")
        }
    }

    @Test func pullingNamesNoPath() async throws {
        let place = try Place()
        try await withServer(options: place.options) { client in
            for source in [place.folder + "/base.gguf", "llama3", "hf:nothing"] {
                let reply = try await client.post("/api/pull", "{\"model\":\"\(source)\"}")
                #expect(reply.status == 400 && reply.text.contains("error"), "\(reply.text)")
            }
        }
    }

    @Test func nobodyChangesAnythingUnlessItIsAllowed() async throws {
        let place = try Place()
        var options = place.options
        options.management = nil
        try await withServer(options: options) { client in
            let digest = "sha256:" + String(repeating: "a", count: 64)
            for (method, path, body) in [
                ("POST", "/api/pull", #"{"model":"hf:a/b"}"#), ("POST", "/api/create", #"{"model":"x","from":"base"}"#),
                ("POST", "/api/copy", #"{"source":"base","destination":"x"}"#),
                ("DELETE", "/api/delete", #"{"model":"base"}"#), ("POST", "/api/blobs/\(digest)", "a"),
            ] {
                let reply = try await client.send(client.request(method, path, body: body))
                #expect(reply.status == 403 && reply.text.contains("--manage-models"), "\(path)")
            }
            #expect(try await names(client) == ["base"])
        }
    }
}
