import JSONValues
import Serving
import Testing

/// Tools in chat completions: what clients send, and what comes back in one piece and as a stream.
@Suite struct ToolRouteTests {
    static let call = "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"x\": 1}}\n</tool_call>"
    static let tools = #"""
        "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object",
        "properties":{"x":{"type":"integer"}},"required":["x"]}}},{"type":"function","function":{"name":"now"}}]
        """#

    private func model(_ text: String, template: String = "") -> ScriptedModel {
        ScriptedModel(template: template) { _ in .init(text: text) }
    }

    private func body(_ more: String = "") -> String {
        #"{"messages":[{"role":"user","content":"a"}],\#(Self.tools)\#(more)}"#
    }

    @Test func callsInOnePiece() async throws {
        try await withServer(model("Hm.\n" + Self.call)) { client in
            let choice = try await client.post("/v1/chat/completions", body()).json["choices"]?[0]
            #expect(choice?["finish_reason"] == "tool_calls")
            #expect(choice?["message"]?["content"] == "Hm.")
            let call = choice?["message"]?["tool_calls"]?[0]
            #expect(call?["function"] == ["name": "f", "arguments": "{\"x\": 1}"])
            #expect(call?["type"] == "function" && call?["id"]?.stringValue?.hasPrefix("call_") == true)
        }
        try await withServer(model(Self.call)) { client in
            let reply = try await client.post("/v1/chat/completions", body(#","tool_choice":"required""#))
            #expect(try reply.json["choices"]?[0]?["message"]?["content"] == .null)
        }
    }

    @Test func streamedCallsAreThoseInOnePiece() async throws {
        let two = Self.call + "\n<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>"
        try await withServer(model(two)) { client in
            let events = try await client.post("/v1/chat/completions", body(#","stream":true"#)).events
            let deltas = events.compactMap { $0["choices"]?[0]?["delta"]?["tool_calls"]?[0] }
            let first = deltas.filter { $0["index"] == 0 }
            #expect(first[0]["function"] == ["name": "f", "arguments": ""] && first[0]["type"] == "function")
            #expect(first.compactMap { $0["function"]?["arguments"]?.stringValue }.joined() == "{\"x\": 1}")
            #expect(first.count > 2)
            let second = deltas.filter { $0["index"] == 1 }
            #expect(second.compactMap { $0["function"]?["arguments"]?.stringValue }.joined() == "{}")
            #expect(second[0]["id"] != first[0]["id"])
            #expect(events.contains { $0["choices"]?[0]?["finish_reason"] == "tool_calls" })
            let text = events.compactMap { $0["choices"]?[0]?["delta"]?["content"]?.stringValue }.joined()
            #expect(text.isEmpty)
        }
    }

    @Test(arguments: ["false", "true"]) func aLimitIsTheReason(stream: String) async throws {
        try await withServer(model(Self.call)) { client in
            let more = #","tool_choice":"required","max_tokens":46,"stream":\#(stream)"#
            let reply = try await client.post("/v1/chat/completions", body(more))
            let reasons = try stream == "true" ? reply.events : [reply.json]
            #expect(reasons.contains { $0["choices"]?[0]?["finish_reason"] == "length" })
        }
    }

    @Test func theAnswerIsBound() async throws {
        let model = model("Hi")
        try await withServer(model) { client in
            _ = try await client.post("/v1/chat/completions", body())
            _ = try await client.post("/v1/chat/completions", body(#","tool_choice":"none""#))
            _ = try await client.post(
                "/v1/chat/completions", body(#","tool_choice":{"type":"function","function":{"name":"now"}}"#))
            _ = try await client.post("/v1/chat/completions", body(#","parallel_tool_calls":false"#))
        }
        let requests = model.requests.withLock(\.self)
        #expect(requests.map { $0.constraint != nil } == [true, false, true, true])
        let prompts = requests.map { String(decoding: $0.prompt.map { UInt8($0) }, as: UTF8.self) }
        #expect(prompts[0].hasPrefix("system:") && prompts[0].contains("<tools>\n{\"name\""))
        #expect(prompts[1] == "user:a\nassistant:")
    }

    /// Earlier calls and their results reach a template that knows no tools.
    @Test func earlierCallsAreToldAsText() async throws {
        let model = model("Hi")
        try await withServer(model) { client in
            _ = try await client.post(
                "/v1/chat/completions",
                #"""
                {"messages":[{"role":"user","content":"a"},
                {"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function",
                "function":{"name":"f","arguments":"{\"x\": 1}"}}]},
                {"role":"tool","tool_call_id":"1","content":"7"}]}
                """#)
        }
        let prompt = model.requests.withLock { String(decoding: $0[0].prompt.map { UInt8($0) }, as: UTF8.self) }
        #expect(prompt.contains("assistant:\(Self.call)\nuser:<tool_response>\n7\n</tool_response>\nassistant:"))
    }

    @Test func reasoningIsReportedApart() async throws {
        try await withServer(model("<think>\nHm.\n</think>\n\nHi", template: "</think>")) { client in
            let chat = #""messages":[{"role":"user","content":"a"}]"#
            let whole = try await client.post("/v1/chat/completions", "{\(chat)}").json["choices"]?[0]?["message"]
            #expect(whole == ["role": "assistant", "content": "Hi", "reasoning_content": "Hm."])
            let events = try await client.post("/v1/chat/completions", "{\(chat),\"stream\":true}").events
            let deltas = events.compactMap { $0["choices"]?[0]?["delta"] }
            #expect(deltas.compactMap { $0["reasoning_content"]?.stringValue }.joined() == "Hm.")
            #expect(deltas.compactMap { $0["content"]?.stringValue }.joined() == "Hi")
            let raw = try await client.post("/v1/chat/completions", "{\(chat),\"reasoning_format\":\"none\"}")
            #expect(try raw.json["choices"]?[0]?["message"]?["content"] == "<think>\nHm.\n</think>\n\nHi")
        }
    }

    @Test(arguments: [
        (#""tools":[{"type":"function","function":{"name":"a b"}}]"#, "tools[0].function.name"),
        (#""tools":[{"type":"web_search"}]"#, "tools[0].type"),
        (
            #""tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"a"}}]"#,
            "tools[1].function.name"
        ),
        (
            #""tools":[{"type":"function","function":{"name":"a","parameters":{"type":"string"}}}]"#,
            "tools[0].function.parameters.type"
        ),
        (
            #""tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b","parameters":{"type":"object","properties":{"p":{"$dynamicRef":"x"}}}}}]"#,
            "tools[1].function.parameters"
        ),
        (
            #""tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":{"type":"function","function":{"name":"b"}}"#,
            "tool_choice"
        ),
        (#""tool_choice":"required""#, "tool_choice"), (#""reasoning_format":"x""#, "reasoning_format"),
    ])
    func whatCannotBeDoneIsNamed(fields: String, param: String) async throws {
        try await withServer(model("Hi")) { client in
            let reply = try await client.post(
                "/v1/chat/completions", #"{"messages":[{"role":"user","content":"a"}],\#(fields)}"#)
            #expect(reply.status == 400)
            #expect(try reply.json["error"]?["param"] == .string(param))
        }
    }
}
