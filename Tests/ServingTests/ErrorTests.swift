import JSONValues
import Serving
import Testing

@Suite struct ErrorTests {
    let model = ScriptedModel { _ in .init(text: "x") }

    private static let chat = "/v1/chat/completions"
    private static let completions = "/v1/completions"

    @Test(arguments: [
        (completions, "{}", "prompt"),
        (completions, #"{"prompt":""}"#, "prompt"),
        (completions, #"{"prompt":[]}"#, "prompt"),
        (completions, #"{"prompt":[300]}"#, "prompt"),
        (completions, #"{"prompt":[-1]}"#, "prompt"),
        (completions, #"{"prompt":["a",{}]}"#, "prompt"),
        (completions, #"{"prompt":"a","suffix":"b"}"#, "suffix"),
        (completions, #"{"prompt":"a","n":3,"best_of":2}"#, "best_of"),
        (completions, #"{"prompt":"a","n":0}"#, "n"),
        (completions, #"{"prompt":"a","n":1000000000}"#, "n"),
        (completions, #"{"prompt":"a","max_tokens":"9"}"#, "max_tokens"),
        (completions, #"{"prompt":"a","max_tokens":-2}"#, "max_tokens"),
        (completions, #"{"prompt":"a","temperature":-1}"#, "temperature"),
        (completions, #"{"prompt":"a","temperature":1e300}"#, "temperature"),
        (completions, #"{"prompt":"a","top_p":1.5}"#, "top_p"),
        (completions, #"{"prompt":"a","repeat_penalty":0}"#, "repeat_penalty"),
        (completions, #"{"prompt":"a","logprobs":-1}"#, "logprobs"),
        (completions, #"{"prompt":"a","logit_bias":{"x":1}}"#, "logit_bias"),
        (completions, #"{"prompt":"a","logit_bias":{"257":1}}"#, "logit_bias"),
        (completions, #"{"prompt":"a","logit_bias":{"1":1e9}}"#, "logit_bias"),
        (completions, #"{"prompt":"a","stop":[""]}"#, "stop"),
        (completions, #"{"prompt":"a","stop":["","","","","","","","","","","","","","","","",""]}"#, "stop"),
        (completions, #"{"prompt":"a","stream_options":{"include_usage":1}}"#, "stream_options.include_usage"),
        (chat, "{}", "messages"),
        (chat, #"{"messages":[]}"#, "messages"),
        (chat, #"{"messages":["a"]}"#, "messages[0]"),
        (chat, #"{"messages":[{"content":"a"}]}"#, "messages[0].role"),
        (chat, #"{"messages":[{"role":"king","content":"a"}]}"#, "messages[0].role"),
        (chat, #"{"messages":[{"role":"user"}]}"#, "messages[0].content"),
        (
            chat, #"{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}"#, "messages[0].content[0].type"
        ),
        (chat, #"{"messages":[{"role":"user","content":"refuse"}]}"#, "messages"),
        (chat, #"{"messages":[{"role":"user","content":"a"}],"top_logprobs":2}"#, "top_logprobs"),
        (chat, #"{"messages":[{"role":"user","content":"a"}],"logprobs":true,"top_logprobs":21}"#, "top_logprobs"),
        (chat, #"{"messages":[{"role":"user","content":"a"}],"tool_choice":"required"}"#, "tool_choice"),
        (
            chat, #"{"messages":[{"role":"user","content":"a"}],"response_format":{"type":"xml"}}"#,
            "response_format.type"
        ),
        ("/detokenize", #"{"tokens":[9000000000]}"#, "tokens"),
        ("/tokenize", "{}", "content"), ("/tokenize", #"{"content":"a","add_specail":true}"#, "add_specail"),
        ("/tokenize", #"{"prompt":"a","add_specail":true}"#, "add_specail"),
        ("/detokenize", #"{"tokens":[97],"pieces":true}"#, "pieces"),
    ])
    func badFieldsAreNamed(path: String, body: String, param: String) async throws {
        try await withServer(model) { client in
            let reply = try await client.post(path, body)
            #expect(reply.status == 400)
            #expect(try reply.json["error"]?["param"] == .string(param))
            #expect(try reply.json["error"]?["type"] == "invalid_request_error")
            #expect(try reply.json["error"]?["message"]?.stringValue?.isEmpty == false)
        }
        #expect(model.requests.withLock { $0.isEmpty })
    }

    @Test func aPromptThatDoesNotFitNamesBothNumbers() async throws {
        try await withServer(model) { client in
            let prompt = String(repeating: "a", count: 4096)
            let reply = try await client.post("/v1/completions", #"{"prompt":"\#(prompt)"}"#)
            #expect(reply.status == 400)
            let error = try #require(try reply.json["error"])
            #expect(error["code"] == "context_length_exceeded")
            #expect(error["message"]?.stringValue?.contains("4096 tokens") == true)
            let scored = try await client.post("/v1/completions", #"{"prompt":"\#(prompt)","max_tokens":0}"#)
            #expect(scored.status == 200)
        }
    }

    @Test func malformedBodies() async throws {
        var options = ServerOptions()
        options.maximumBodySize = 100
        try await withServer(model, options: options) { client in
            let malformed = try await client.post("/v1/completions", #"{"prompt":}"#)
            #expect(malformed.status == 400)
            #expect(try malformed.json["error"]?["message"]?.stringValue?.contains("line 1, column 11") == true)
            #expect(try await client.post("/v1/completions", "[]").status == 400)
            let large = try await client.post("/v1/completions", String(repeating: " ", count: 101))
            #expect(large.status == 413)
            #expect(try large.json["error"]?["code"] == "body_too_large")
        }
    }

    @Test func unknownPathsMethodsAndModels() async throws {
        try await withServer(model) { client in
            let missing = try await client.get("/v1/nothing")
            #expect(missing.status == 404)
            #expect(try missing.json["error"]?["code"] == "not_found")
            let method = try await client.get("/v1/chat/completions")
            #expect(method.status == 405)
            #expect(method.headers["allow"] == "POST")
            #expect(try method.json["error"]?["code"] == "method_not_allowed")
            let model = try await client.post("/v1/completions", #"{"prompt":"a","model":"other"}"#)
            #expect(model.status == 404)
            #expect(try model.json["error"]?["code"] == "model_not_found")
            #expect(try model.json["error"]?["param"] == "model")
        }
    }
}
