import Foundation
import JSONValues
import Serving
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@Suite struct ChatTests {
    let model = ScriptedModel(template: "tools <tool_call>") { .init(text: $0.contains("user:é") ? "é" : "Hi there") }

    @Test func wholeAnswer() async throws {
        try await withServer(model) { client in
            let reply = try await client.post(
                "/v1/chat/completions",
                #"""
                {"messages":[{"role":"developer","content":"be kind"},
                {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}],
                "tools":[{"type":"function","function":{"name":"f"}}],"return_token_ids":true}
                """#)
            let json = try reply.json
            #expect(json["object"] == "chat.completion")
            #expect(json["choices"]?[0]?["message"] == ["role": "assistant", "content": "Hi there"])
            #expect(json["choices"]?[0]?["finish_reason"] == "stop")
            let prompt = "tools:1\nsystem:be kind\nuser:a+b\nassistant:"
            #expect(json["prompt_token_ids"] == .array(prompt.utf8.map { .integer(Int($0)) }))
        }
        #expect(model.requests.withLock { $0.first?.maximumTokens } == nil)
    }

    @Test func logProbabilities() async throws {
        try await withServer(model) { client in
            let reply = try await client.post(
                "/v1/chat/completions",
                #"{"messages":[{"role":"user","content":"é"}],"logprobs":true,"top_logprobs":1,"max_tokens":2}"#)
            let first: JSON = ["token": #"bytes:\xc3"#, "logprob": -0.25, "bytes": [0xC3]]
            let content = try #require(try reply.json["choices"]?[0]?["logprobs"]?["content"]?.arrayValue)
            #expect(content.count == 2)
            #expect(content[0]["bytes"] == [0xC3])
            #expect(content[0]["logprob"] == -0.25)
            #expect(content[0]["top_logprobs"] == [first])
        }
    }

    @Test func streaming() async throws {
        try await withServer(model) { client in
            let reply = try await client.post(
                "/v1/chat/completions",
                #"""
                {"messages":[{"role":"user","content":"a"}],"stream":true,"n":2,
                "stream_options":{"include_usage":true}}
                """#)
            let events = try reply.events
            #expect(events.last == "[DONE]")
            for index in 0..<2 {
                let choices = events.compactMap { $0["choices"]?[0] }.filter { $0["index"] == .integer(index) }
                #expect(choices.first?["delta"] == ["role": "assistant", "content": .null])
                #expect(choices.compactMap { $0["delta"]?["content"]?.stringValue }.joined() == "Hi there")
                #expect(choices.last?["delta"] == [:])
                #expect(choices.map { $0["finish_reason"] }.filter { $0 == "stop" }.count == 1)
                #expect(choices.last?["finish_reason"] == "stop")
            }
            #expect(events.dropLast().last?["usage"]?["completion_tokens"] == 18)
            #expect(Set(events.compactMap { $0["id"] }).count == 1)
        }
    }

    @Test func aFailureEndsTheStreamWithAnErrorEvent() async throws {
        let model = ScriptedModel { _ in .init(text: "Hi", fails: true) }
        try await withServer(model) { client in
            let body = #"{"messages":[{"role":"user","content":"a"}],"stream":true}"#
            let events = try await client.post("/v1/chat/completions", body).events
            #expect(events.last?["error"]?["message"] == "the script says so")
            #expect(events.last?["error"]?["type"] == "server_error")
            let whole = try await client.post(
                "/v1/chat/completions", #"{"messages":[{"role":"user","content":"a"}]}"#)
            #expect(whole.status == 500)
            #expect(try whole.json["error"]?["message"] == "the script says so")
        }
    }

    @Test(arguments: [true, false]) func aClientThatGoesAwayStopsItsGeneration(streams: Bool) async throws {
        let model = ScriptedModel { _ in .init(text: String(repeating: "a", count: 4000), delay: 10) }
        try await withServer(model) { client in
            let request = client.request(
                "POST", "/v1/chat/completions",
                body: #"{"messages":[{"role":"user","content":"a"}],"n":2,"stream":\#(streams)}"#)
            let call = Task { try await client.send(request) }
            while model.requests.withLock({ $0.count }) < 2 { try await Task.sleep(for: .milliseconds(5)) }
            try await Task.sleep(for: .milliseconds(50))
            #expect(model.cancellations.load(ordering: .relaxed) == 0)
            call.cancel()
            _ = await call.result
            let deadline = ContinuousClock.now + .seconds(10)
            while model.cancellations.load(ordering: .relaxed) < 2, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(model.cancellations.load(ordering: .relaxed) == 2)
            #expect(try await client.get("/health").status == 200)
        }
    }
}
