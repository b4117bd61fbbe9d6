import JSONValues
import Serving
import Testing

@Suite struct ResponsesTests {
    let model = ScriptedModel { _ in .init(text: "Hi there") }

    private func events(_ reply: TestClient.Reply) throws -> [JSON] {
        try reply.text.split(separator: "\n\n").map { event in
            let lines = event.split(separator: "\n")
            return try JSON(parsing: String(lines[1].dropFirst("data: ".count)), source: "event")
        }
    }

    @Test func wholeAnswer() async throws {
        try await withServer(model) { client in
            let reply = try await client.post(
                "/v1/responses",
                #"{"model":"scripted","instructions":"s","input":"a","max_output_tokens":40,"store":false}"#)
            let json = try reply.json
            #expect(json["object"] == "response" && json["status"] == "completed")
            #expect(json["output"]?[0]?["content"]?[0]?["text"] == "Hi there")
            #expect(
                json["usage"]?["output_tokens"] == 9 && json["usage"]?["input_tokens_details"]?["cached_tokens"] == 2)
            #expect(json["instructions"] == "s" && json["max_output_tokens"] == 40)
        }
        #expect(model.prompts == ["system:s\nuser:a\nassistant:"])
    }

    @Test func itemsAreAConversation() async throws {
        try await withServer(model) { client in
            let input = #"""
                [{"role":"user","content":"a"},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"b"}]},
                {"type":"reasoning","id":"rs_1","summary":[]},{"role":"developer","content":[{"type":"input_text","text":"c"}]}]
                """#
            let answer = try await client.post("/v1/responses", #"{"input":\#(input)}"#)
            #expect(answer.status == 200)
        }
        #expect(model.prompts == ["user:a\nassistant:b\nsystem:c\nassistant:"])
    }

    @Test func streaming() async throws {
        try await withServer(model) { client in
            let events = try events(try await client.post("/v1/responses", #"{"input":"a","stream":true}"#))
            let types = events.compactMap { $0["type"]?.stringValue }
            #expect(
                types.prefix(4) == [
                    "response.created", "response.in_progress", "response.output_item.added",
                    "response.content_part.added",
                ])
            #expect(
                types.suffix(4) == [
                    "response.output_text.done", "response.content_part.done", "response.output_item.done",
                    "response.completed",
                ])
            #expect(events.compactMap { $0["sequence_number"]?.intValue } == Array(events.indices))
            #expect(
                events.filter { $0["type"] == "response.output_text.delta" }.compactMap { $0["delta"]?.stringValue }
                    .joined()
                    == "Hi there")
            #expect(events.last?["response"]?["output"]?[0]?["content"]?[0]?["text"] == "Hi there")
            let ids = Set(events.compactMap { $0["item_id"]?.stringValue })
            #expect(ids.count == 1 && ids.first == events.last?["response"]?["output"]?[0]?["id"]?.stringValue)
        }
    }

    @Test func aLimitLeavesItIncomplete() async throws {
        try await withServer(model) { client in
            let json = try await client.post("/v1/responses", #"{"input":"a","max_output_tokens":2}"#).json
            #expect(json["status"] == "incomplete" && json["incomplete_details"]?["reason"] == "max_output_tokens")
            let events = try events(
                try await client.post("/v1/responses", #"{"input":"a","max_output_tokens":2,"stream":true}"#))
            #expect(events.last?["type"] == "response.incomplete")
        }
    }

    @Test(arguments: [
        (#""input":"a","previous_response_id":"resp_1""#, "previous_response_id"),
        (#""input":"a","background":true"#, "background"),
        (#""input":"a","truncation":"auto""#, "truncation"),
        (#""input":"a","text":{"format":{"type":"xml"}}"#, "text.format.type"),
        (#""input":[{"role":"user","content":[{"type":"input_image"}]}]"#, "input[0].content[0].type"),
        (#""input":[{"type":"web_search_call"}]"#, "input[0].type"), (#""instructions":"a""#, "input"),
        (#""input":"a","unheard":1"#, "unheard"),
    ])
    func whatIsNotDoneIsRefused(fields: String, name: String) async throws {
        try await withServer(model) { client in
            let reply = try await client.post("/v1/responses", "{\(fields)}")
            #expect(reply.status == 400)
            #expect(try reply.json["error"]?["param"]?.stringValue == name)
        }
        #expect(model.all.isEmpty)
    }
}
