import JSONValues
import Serving
import Testing

@Suite struct OllamaTests {
    let model = ScriptedModel { $0.contains("é") ? .init(text: "é") : .init(text: "Hi there") }

    private func lines(_ reply: TestClient.Reply) throws -> [JSON] {
        try reply.text.split(separator: "\n").map { try JSON(parsing: String($0), source: "line") }
    }

    @Test func chatStreamsUnlessToldOtherwise() async throws {
        try await withServer(model) { client in
            let reply = try await client.post(
                "/api/chat", #"{"model":"scripted:latest","messages":[{"role":"user","content":"a"}]}"#)
            #expect(reply.headers["content-type"] == "application/x-ndjson")
            let lines = try lines(reply)
            #expect(lines.compactMap { $0["message"]?["content"]?.stringValue }.joined() == "Hi there")
            #expect(lines.dropLast().allSatisfy { $0["done"] == false })
            let last = try #require(lines.last)
            #expect(last["done"] == true && last["done_reason"] == "stop")
            #expect(last["prompt_eval_count"] == 17 && last["eval_count"] == 9)
            #expect(last["prompt_eval_duration"] == 500_000_000 && last["eval_duration"] == 250_000_000)
            let whole = try await client.post(
                "/api/chat",
                #"{"model":"scripted","stream":false,"messages":[{"role":"user","content":"a"}],"options":{"num_predict":2}}"#
            )
            #expect(try whole.json["message"] == ["role": "assistant", "content": "Hi"])
            #expect(try whole.json["done_reason"] == "length")
        }
    }

    @Test func generate() async throws {
        try await withServer(model) { client in
            let reply = try await client.post(
                "/api/generate", #"{"model":"scripted","prompt":"a","system":"s","stream":false,"keep_alive":"5m"}"#)
            #expect(try reply.json["response"] == "Hi there")
            let prompt = "system:s\nuser:a\nassistant:"
            #expect(try reply.json["context"]?.arrayValue?.count == prompt.utf8.count + 9)
            let raw = try await client.post(
                "/api/generate",
                #"{"model":"scripted","prompt":"a","raw":true,"stream":false,"options":{"stop":["there"],"seed":3}}"#)
            #expect(try raw.json["response"] == "Hi ")
            let loaded = try await client.post("/api/generate", #"{"model":"scripted"}"#)
            #expect(try loaded.json["done_reason"] == "load")
        }
        let request = model.all.last
        #expect(request?.prompt == [97] && request?.sampling.seed == 3)
    }

    @Test func formsBind() async throws {
        try await withServer(model) { client in
            for format in [#""json""#, #"{"type":"object"}"#] {
                let reply = try await client.post(
                    "/api/generate", #"{"model":"scripted","prompt":"a","stream":false,"format":\#(format)}"#)
                #expect(reply.status == 200)
            }
        }
        #expect(model.all.allSatisfy { $0.constraint != nil })
    }

    @Test(arguments: [
        (#""images":["aGk="]"#, "images"), (#""template":"{{ .Prompt }}""#, "template"), (#""format":"xml""#, "format"),
        (#""options":{"num_ctx":100000}"#, "num_ctx"), (#""options":{"temprature":1}"#, "options.temprature"),
        (#""think":3"#, "think"), (#""keep_alive":"soon""#, "keep_alive"), (#""options":{"num_ctx":4}"#, "num_ctx"),
        (#""what":1"#, "what"),
    ])
    func whatIsNotDoneIsRefused(field: String, name: String) async throws {
        try await withServer(model) { client in
            let reply = try await client.post(
                "/api/generate", "{\"model\":\"scripted\",\"prompt\":\"abcdef\",\(field)}")
            #expect(reply.status == 400)
            let message = try reply.json["error"]?.stringValue ?? ""
            #expect(message.contains(name), "\(message)")
        }
        #expect(model.all.isEmpty)
    }

    @Test func modelsAreListed() async throws {
        var options = ServerOptions()
        options.aliases = ["gpt": "scripted"]
        try await withServer(model, options: options) { client in
            let tags = try await client.get("/api/tags").json["models"]?.arrayValue ?? []
            #expect(tags.map { $0["name"] } == ["scripted", "gpt"])
            #expect(tags.allSatisfy { $0["digest"]?.stringValue?.count == 64 && $0["modified_at"] != nil })
            #expect(try await client.get("/api/ps").json["models"]?[0]?["name"] == "scripted")
            let shown = try await client.post("/api/show", #"{"model":"gpt"}"#).json
            #expect(shown["capabilities"]?[0] == "completion")
            let unknown = try await client.post("/api/show", #"{"model":"nobody"}"#)
            #expect(unknown.status == 404)
            #expect(try unknown.json["error"]?.stringValue?.contains("nobody") == true)
            #expect(try await client.get("/api/version").json["version"]?.stringValue?.isEmpty == false)
        }
    }
}
