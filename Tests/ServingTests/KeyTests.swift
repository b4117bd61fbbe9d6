import JSONValues
import Serving
import Testing

@Suite struct KeyTests {
    let model = ScriptedModel { _ in .init(text: "Hi") }

    private var options: ServerOptions {
        var options = ServerOptions()
        options.apiKeys = APIKeys(["first", "second"])
        return options
    }

    /// Every route that can act wants a key; the list of those that do not is short.
    @Test func routesAreClosedWithoutAKey() async throws {
        try await withServer(model, options: options) { client in
            for path in [
                "/v1/chat/completions", "/v1/completions", "/completion", "/completions", "/infill", "/v1/responses",
                "/v1/messages", "/v1/messages/count_tokens", "/api/generate", "/api/chat", "/api/show", "/api/embed",
                "/v1/embeddings", "/v1/rerank", "/tokenize", "/detokenize", "/apply-template", "/score", "/pooling",
            ] {
                let answer = try await client.post(path, "{}")
                #expect(answer.status == 401, "\(path)")
            }
            for path in ["/v1/models", "/props", "/slots", "/metrics", "/api/tags", "/tokenizer_info"] {
                let reply = try await client.get(path, headers: ["Authorization": "Bearer third"])
                #expect(reply.status == 401, "\(path)")
            }
            for path in ["/", "/health", "/v1/health"] { #expect(try await client.get(path).status == 200, "\(path)") }
            let error = try await client.post("/v1/messages", "{}").json
            #expect(error["error"]?["type"] == "authentication_error")
        }
        #expect(model.all.isEmpty)
    }

    @Test func keysOpen() async throws {
        try await withServer(model, options: options) { client in
            for headers in [["Authorization": "Bearer second"], ["x-api-key": "first"]] {
                let answer = try await client.get("/v1/models", headers: headers)
                #expect(answer.status == 200)
            }
        }
    }

    @Test func metrics() async throws {
        try await withServer(model) { client in
            let text = try await client.get("/metrics").text
            #expect(text.contains("swiftlet_requests_running{model=\"scripted\"} 0"))
            #expect(text.contains("# TYPE llamacpp:prompt_tokens_total counter"))
            #expect(text.contains("# TYPE swiftlet_time_to_first_token_seconds histogram"))
            #expect(text.contains("swiftlet_time_to_first_token_seconds_bucket{model=\"scripted\",le=\"+Inf\"} 0"))
        }
    }
}
