import Foundation
import Inference
import JSONValues
import Serving
import Testing

/// Adapters as models of their own, loaded while the server runs.
@Suite struct AdapterRouteTests {
    private static func fixture(_ path: String) -> String {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return tests.appending(path: "ArchitecturesTests/Fixtures/\(path)").path
    }

    private func model() throws -> EngineModel {
        EngineModel(engine: Engine(model: try LanguageModel.load(Self.fixture("families/llama"))), id: "base")
    }

    private func complete(_ client: TestClient, _ model: String, _ more: String = "") async throws -> JSON? {
        let reply = try await client.post(
            "/v1/completions",
            "{\"model\":\"\(model)\",\"prompt\":[3,5,9],\"max_tokens\":12,\"temperature\":0,\"ignore_eos\":true,"
                + "\"return_token_ids\":true\(more)}")
        return try reply.json["choices"]?[0]?["token_ids"]
    }

    @Test func adaptersAreModels() async throws {
        var options = ServerOptions()
        options.adapterFolder = Self.fixture("adapters")
        try await withServer(try model(), options: options) { client in
            let base = try await complete(client, "base")
            let loaded = try await client.post(
                "/v1/load_lora_adapter", #"{"lora_name":"tuned","lora_path":"llama-lora"}"#)
            #expect(loaded.status == 200 && loaded.text.contains("'tuned' added"))
            let listed = try await client.get("/v1/models").json["data"]?.arrayValue ?? []
            #expect(listed.map { $0["id"] } == ["base", "tuned"] && listed.last?["parent"] == "base")
            let tuned = try await complete(client, "tuned")
            #expect(tuned != base && tuned != nil)
            #expect(try await complete(client, "base", #","lora":[{"id":0,"scale":1}]"#) == tuned)
            #expect(try await complete(client, "base") == base)
            let scales = client.request("POST", "/lora-adapters", body: #"[{"id":0,"scale":1}]"#)
            #expect(try await client.send(scales).status == 200)
            #expect(try await client.get("/lora-adapters").json[0]?["scale"]?.doubleValue == 1)
            #expect(try await complete(client, "base") == tuned)
            let again = try await client.post(
                "/v1/load_lora_adapter", #"{"lora_name":"tuned","lora_path":"llama-rslora"}"#)
            #expect(again.status == 400)
            #expect(try await client.post("/v1/unload_lora_adapter", #"{"lora_name":"tuned"}"#).status == 200)
            #expect(try await client.post("/v1/unload_lora_adapter", #"{"lora_name":"tuned"}"#).status == 404)
            #expect(try await complete(client, "tuned") == nil)
            #expect(try await complete(client, "base") == base)
        }
    }

    @Test(arguments: [
        ("../families/llama", 404), ("/etc", 404), ("nothing", 404), ("gpt2.fused", 400), ("llama.saved", 400),
        (".", 404),
    ])
    func onlyFittingOnesOfTheFolderAreLoaded(path: String, status: Int) async throws {
        var options = ServerOptions()
        options.adapterFolder = Self.fixture("adapters")
        try await withServer(try model(), options: options) { client in
            let reply = try await client.post(
                "/v1/load_lora_adapter", "{\"lora_name\":\"a\",\"lora_path\":\"\(path)\"}")
            #expect(reply.status == status, "\(reply.text)")
        }
    }

    @Test("A link does not lead out of the folder, and an adapter has no name that means something already")
    func linksAndNames() async throws {
        let folder = NSTemporaryDirectory() + "adapters-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/out", withDestinationPath: Self.fixture("adapters/llama-lora"))
        try FileManager.default.copyItem(atPath: Self.fixture("adapters/llama-lora"), toPath: folder + "/in")
        var options = ServerOptions()
        (options.adapterFolder, options.aliases) = (folder, ["other": "base"])
        try await withServer(try model(), options: options) { client in
            func load(_ name: String, _ path: String, _ more: String = "") async throws -> Int {
                try await client.post(
                    "/v1/load_lora_adapter", "{\"lora_name\":\"\(name)\",\"lora_path\":\"\(path)\"\(more)}"
                ).status
            }
            let outside = try await load("a", "out")
            #expect(outside == 404)
            #expect(try await load("other", "in") == 400)
            #expect(try await load("base", "in") == 400)
            #expect(try await load("a", "in", #","load_inplace":true"#) == 400)
            #expect(try await load("a", "in") == 200)
        }
    }

    @Test func withoutAFolderNothingIsLoaded() async throws {
        try await withServer(try model()) { client in
            let reply = try await client.post(
                "/v1/load_lora_adapter", #"{"lora_name":"a","lora_path":"llama-lora"}"#)
            #expect(reply.status == 403 && reply.text.contains("--lora-folder"))
            let refused = try await client.post("/completion", #"{"prompt":[1],"lora":[{"id":0}]}"#)
            #expect(refused.status == 400 && refused.text.contains("lora[0].id"))
        }
    }
}
