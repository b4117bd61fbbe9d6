import Foundation
import Inference
import JSONValues
import Retrieval
import Serving
import Synchronization
import Testing

/// Answers to chats that are given again.
struct ChatCacheTests {
    /// Vectors of letters: texts with the same letters are near.
    private struct LetterEmbedder: TextEmbedder {
        let name = "letters"
        let dimensions = 32
        let maximumTokens: Int? = nil
        let similarity = Similarity.cosine

        func embed(_ inputs: [EmbeddingInput], options: EmbeddingOptions) -> [Embedding] {
            inputs.map { input in
                var vector = [Float](repeating: 0, count: dimensions)
                if case .text(let text) = input { for byte in text.lowercased().utf8 { vector[Int(byte) % 32] += 1 } }
                return Embedding(vector: vector, tokens: 1)
            }
        }
    }

    private func ask(
        _ client: TestClient, _ question: String, before: String = "", more: String = ""
    ) async throws -> TestClient.Reply {
        try await client.post(
            "/v1/chat/completions",
            #"{"messages":[\#(before){"role":"user","content":"\#(question)"}]\#(more)}"#)
    }

    @Test("A question is answered once, streamed or not, unless it differs, is asked elsewhere or wants a new answer")
    func answersAreGivenAgain() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let model = ScriptedModel(identity: "a") { _ in .init(text: "It is 28 metres.") }
        var options = ServerOptions()
        let cache = try SemanticCache(folder: folder, encoder: PassageEncoder(LetterEmbedder()))
        options.semanticCache = cache
        try await withServer(model, options: options) { client in
            func header(_ reply: TestClient.Reply) -> String? { reply.headers["x-semantic-cache"] }
            let first = try await ask(client, "How tall is the tower?")
            #expect(header(first) == "miss")
            let again = try await ask(client, "How tall is the tower?")
            #expect(header(again) == "hit; exact" && model.all.count == 1)
            #expect(try again.json["choices"]?[0]?["message"] == first.json["choices"]?[0]?["message"])
            #expect(try again.json["usage"]?["completion_tokens"] == first.json["usage"]?["completion_tokens"])
            let streamed = try await ask(client, "how tall is that tower?", more: #","stream":true"#)
            #expect(header(streamed)?.hasPrefix("hit; similarity=0.9") == true)
            let text = try streamed.events.compactMap { $0["choices"]?[0]?["delta"]?["content"]?.stringValue }
            #expect(text.joined() == "It is 28 metres." && model.all.count == 1)
            #expect(header(try await ask(client, "How tall is not the tower?")) == "miss")
            let before = #"{"role":"user","content":"Of Linz."},{"role":"assistant","content":"Yes?"},"#
            #expect(header(try await ask(client, "How tall is the tower?", before: before)) == "miss")
            for more in [
                #","semantic_cache":false"#, #","n":2"#, #","logprobs":true"#,
                #","tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"none""#,
            ] {
                #expect(header(try await ask(client, "How tall is the tower?", more: more)) == nil, "\(more)")
            }
            // A cut answer is not kept, and a long one not given where a short one is wanted.
            #expect(header(try await ask(client, "How tall is the tower?", more: #","max_tokens":3"#)) == "miss")
            let metrics = try await client.get("/metrics").text
            #expect(metrics.contains("swiftlet_semantic_cache_total{result=\"exact\"} 1"))
            #expect(metrics.contains("swiftlet_semantic_cache_refused_total{difference=\"negation\"} 1"))
        }
        try cache.close()
    }

    @Test("An answer is the model's own, and its client's where these are kept apart", arguments: [false, true])
    func whose(isolates: Bool) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let cache = try SemanticCache(folder: folder, encoder: PassageEncoder(LetterEmbedder()))
        var options = ServerOptions()
        (options.semanticCache, options.isolatesClients) = (cache, isolates)
        options.apiKeys = APIKeys(["one", "two"])
        func found(_ identity: String?, key: String) async throws -> String? {
            let result = Mutex<String?>(nil)
            try await withServer(ScriptedModel(identity: identity) { _ in .init(text: "Yes.") }, options: options) {
                client in
                let reply = try await client.send(
                    client.request(
                        "POST", "/v1/chat/completions", body: #"{"messages":[{"role":"user","content":"Is it?"}]}"#,
                        headers: ["Authorization": "Bearer \(key)"]))
                result.withLock { $0 = reply.headers["x-semantic-cache"] }
            }
            return result.withLock { $0 }
        }
        #expect(try await found("a", key: "one") == "miss")
        #expect(try await found("a", key: "one") == "hit; exact")
        #expect(try await found("a", key: "two") == (isolates ? "miss" : "hit; exact"))
        #expect(try await found("b", key: "one") == "miss")
        #expect(try await found(nil, key: "one") == nil)
        try cache.close()
    }
}
