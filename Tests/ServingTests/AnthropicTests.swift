import JSONValues
import ModelStore
import Serving
import Testing

@Suite struct AnthropicTests {
    let model = ScriptedModel { $0.contains("fail") ? .init(text: "Hi", fails: true) : .init(text: "Hi there") }

    private func body(_ more: String, content: String = #""a""#) -> String {
        #"{"model":"scripted","max_tokens":50,"messages":[{"role":"user","content":\#(content)}]\#(more)}"#
    }

    /// The events of a reply: each a name, and data of that type.
    private func events(_ reply: TestClient.Reply) throws -> [JSON] {
        try reply.text.split(separator: "\n\n").map { event in
            let lines = event.split(separator: "\n")
            let json = try JSON(parsing: String(lines[1].dropFirst("data: ".count)), source: "event")
            #expect(lines[0] == "event: \(json["type"]?.stringValue ?? "")")
            return json
        }
    }

    @Test("The stop strings and the limit of a model's settings hold where a request says nothing")
    func settings() async throws {
        var settings = ModelSettings()
        settings.parameters = ["stop": ["there"], "num_predict": 1]
        let model = ScriptedModel(settings: settings) { _ in .init(text: "Hi there") }
        try await withServer(model) { client in
            let stopped = try await client.post("/v1/messages", body(""))
            #expect(try stopped.json["content"]?[0]?["text"] == "Hi " && stopped.json["stop_reason"] == "stop_sequence")
            let other = try await client.post("/v1/messages", body(#","stop_sequences":["i"]"#))
            #expect(try other.json["content"]?[0]?["text"] == "H")
            let limited = try await client.post("/v1/responses", #"{"input":"a"}"#)
            #expect(try limited.json["status"] == "incomplete")
        }
    }

    @Test func wholeAnswer() async throws {
        try await withServer(model) { client in
            let content =
                #"[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":"b"}]"#
            let reply = try await client.post(
                "/v1/messages",
                body(#","system":[{"type":"text","text":"s"}],"metadata":{"user_id":"me"}"#, content: content))
            let json = try reply.json
            #expect(json["type"] == "message" && json["role"] == "assistant")
            #expect(json["content"] == [["type": "text", "text": "Hi there"]])
            #expect(json["stop_reason"] == "end_turn" && json["stop_sequence"] == .null)
            // The system's part and what was found in the cache count once, as input of two kinds.
            #expect(json["usage"]?["input_tokens"] == .integer("system:s\nuser:a\nb\nassistant:".utf8.count - 2))
            #expect(json["usage"]?["cache_read_input_tokens"] == 2 && json["usage"]?["output_tokens"] == 9)
        }
    }

    @Test func stopReasons() async throws {
        try await withServer(model) { client in
            let stopped = try await client.post("/v1/messages", body(#","stop_sequences":["ther"]"#)).json
            #expect(stopped["stop_reason"] == "stop_sequence" && stopped["stop_sequence"] == "ther")
            #expect(stopped["content"]?[0]?["text"] == "Hi ")
            let short = body("").replacing("\"max_tokens\":50", with: "\"max_tokens\":1")
            #expect(try await client.post("/v1/messages", short).json["stop_reason"] == "max_tokens")
        }
    }

    @Test func streaming() async throws {
        try await withServer(model) { client in
            let events = try events(try await client.post("/v1/messages", body(#","stream":true"#)))
            let types = events.compactMap { $0["type"]?.stringValue }
            #expect(types.first == "message_start" && types.last == "message_stop")
            #expect(types.filter { $0 == "content_block_start" }.count == 1)
            #expect(
                types.firstIndex(of: "content_block_stop") == types.count - 3
                    && types[types.count - 2] == "message_delta")
            #expect(events.compactMap { $0["delta"]?["text"]?.stringValue }.joined() == "Hi there")
            #expect(events[0]["message"]?["content"] == [])
            #expect(events[types.count - 2]["delta"]?["stop_reason"] == "end_turn")
            #expect(events[types.count - 2]["usage"]?["output_tokens"] == 9)
        }
    }

    @Test func aFailureIsTheLastEvent() async throws {
        try await withServer(model) { client in
            let events = try events(
                try await client.post("/v1/messages", body(#","stream":true"#, content: #""fail""#)))
            #expect(events.last?["type"] == "error" && events.last?["error"]?["type"] == "api_error")
        }
    }

    @Test func aLastMessageOfTheAssistantIsContinued() async throws {
        try await withServer(model) { client in
            let messages = #"[{"role":"user","content":"a"},{"role":"assistant","content":"Once"}]"#
            let reply = try await client.post("/v1/messages", #"{"max_tokens":5,"messages":\#(messages)}"#)
            #expect(reply.status == 200)
        }
        #expect(model.prompts == ["user:a\nassistant:Once"])
    }

    @Test func tokensAreCounted() async throws {
        try await withServer(model) { client in
            let reply = try await client.post(
                "/v1/messages/count_tokens", #"{"model":"scripted","messages":[{"role":"user","content":"abc"}]}"#)
            #expect(try reply.json == ["input_tokens": .integer("user:abc\nassistant:".utf8.count)])
        }
        #expect(model.all.isEmpty)
    }

    @Test(arguments: [
        (
            #""messages":[{"role":"user","content":[{"type":"image","source":{}}]}],"max_tokens":5"#,
            "messages[0].content[0].type"
        ),
        (#""messages":[{"role":"user","content":"a"}]"#, "max_tokens"), (#""messages":[],"max_tokens":5"#, "messages"),
        (#""messages":[{"role":"user","content":"a"}],"max_tokens":5,"mcp_servers":[{"name":"x"}]"#, "mcp_servers"),
        (#""messages":[{"role":"user","content":"a"}],"max_tokens":5,"unheard":1"#, "unheard"),
        (#""messages":[{"role":"tool","content":"a"}],"max_tokens":5"#, "messages[0].role"),
    ])
    func whatIsNotDoneIsRefused(fields: String, name: String) async throws {
        try await withServer(model) { client in
            let reply = try await client.post("/v1/messages", "{\(fields)}")
            #expect(reply.status == 400)
            let json = try reply.json
            #expect(json["type"] == "error" && json["error"]?["type"] == "invalid_request_error")
            #expect(json["error"]?["message"]?.stringValue?.contains(name) == true, "\(json)")
        }
        #expect(model.all.isEmpty)
    }
}
