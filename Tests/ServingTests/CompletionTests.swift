import JSONValues
import Serving
import Testing

@Suite struct CompletionTests {
    let model = ScriptedModel { _ in .init(text: "héllo world") }

    @Test func text() async throws {
        try await withServer(model) { client in
            let reply = try await client.post("/v1/completions", #"{"prompt":"ab"}"#)
            #expect(reply.status == 200)
            let json = try reply.json
            #expect(json["object"] == "text_completion")
            #expect(json["model"] == "scripted")
            #expect(json["choices"]?[0]?["text"] == "héllo world")
            #expect(json["choices"]?[0]?["finish_reason"] == "stop")
            #expect(json["choices"]?[0]?["logprobs"] == .null)
            #expect(
                json["usage"] == [
                    "prompt_tokens": 2, "completion_tokens": 13, "total_tokens": 15,
                    "prompt_tokens_details": ["cached_tokens": 2],
                ])
            #expect(json["timings"]?["predicted_per_second"]?.doubleValue == 48)
        }
        #expect(model.requests.withLock { $0.first?.maximumTokens } == 16)
    }

    @Test func promptsOfEveryForm() async throws {
        try await withServer(model) { client in
            for (prompt, expected) in [
                (#""ab""#, [[97, 98]]), ("[97,98]", [[97, 98]]), (#"["a","bc"]"#, [[97], [98, 99]]),
                ("[[97],[98,99]]", [[97], [98, 99]]),
            ] as [(String, [[Int32]])] {
                model.requests.withLock { $0 = [] }
                let reply = try await client.post("/v1/completions", #"{"prompt":\#(prompt),"max_tokens":3}"#)
                #expect(try reply.json["choices"]?.arrayValue?.count == expected.count)
                #expect(try reply.json["choices"]?[0]?["finish_reason"] == "length")
                let prompts = Set(model.requests.withLock { $0.map(\.prompt) })
                #expect(prompts == Set(expected))
            }
        }
    }

    @Test func severalAnswersAreNumberedByPrompt() async throws {
        let model = ScriptedModel { .init(text: "<\($0)>") }
        try await withServer(model) { client in
            let reply = try await client.post(
                "/v1/completions", #"{"prompt":["a","b"],"n":2,"seed":7,"return_token_ids":true}"#)
            let choices = try #require(try reply.json["choices"]?.arrayValue)
            #expect(choices.map { $0["index"] } == [0, 1, 2, 3])
            #expect(choices.map { $0["text"] } == ["<a>", "<a>", "<b>", "<b>"])
            #expect(choices[2]["prompt_token_ids"] == [98])
            #expect(choices[2]["token_ids"] == [60, 98, 62, 256])
        }
        #expect(Set(model.requests.withLock { $0.map(\.sampling.seed) }) == [7, 8])
    }

    @Test func echoWithLogProbabilitiesScoresThePrompt() async throws {
        try await withServer(model) { client in
            let reply = try await client.post(
                "/v1/completions", #"{"prompt":"aé","echo":true,"logprobs":2,"max_tokens":1}"#)
            let choice = try #require(try reply.json["choices"]?[0])
            #expect(choice["text"] == "aéh")
            #expect(
                choice["logprobs"] == [
                    "tokens": ["a", #"bytes:\xc3"#, #"bytes:\xa9"#, "h"],
                    "token_logprobs": [.null, -0.25, -0.25, -0.25],
                    "top_logprobs": [
                        .null, [#"bytes:\xc3"#: -0.25, #"bytes:\xc4"#: -1.5],
                        [#"bytes:\xa9"#: -0.25, #"bytes:\xaa"#: -1.5], ["h": -0.25, "i": -1.5],
                    ],
                    "text_offset": [0, 1, 2, 2],
                ])
            let scored = try await client.post(
                "/v1/completions", #"{"prompt":[97,98],"echo":true,"logprobs":0,"max_tokens":0}"#)
            #expect(try scored.json["choices"]?[0]?["text"] == "ab")
            #expect(try scored.json["choices"]?[0]?["logprobs"]?["token_logprobs"] == [.null, -0.25])
        }
    }

    @Test func streaming() async throws {
        try await withServer(model) { client in
            let reply = try await client.post(
                "/v1/completions",
                #"{"prompt":"a","stream":true,"echo":true,"stream_options":{"include_usage":true},"stop":["wor"]}"#)
            #expect(reply.headers["content-type"] == "text/event-stream; charset=utf-8")
            let events = try reply.events
            #expect(events.last == "[DONE]")
            let chunks = events.dropLast()
            let texts = chunks.compactMap { $0["choices"]?[0]?["text"]?.stringValue }
            #expect(texts.first == "a")
            #expect(texts.joined() == "ahéllo ")
            #expect(chunks.dropLast().last?["choices"]?[0]?["finish_reason"] == "stop")
            #expect(chunks.first?["usage"] == .null)
            #expect(chunks.last?["choices"] == [])
            #expect(chunks.last?["usage"]?["completion_tokens"] == 8)
        }
    }

    @Test func samplingFieldsReachTheEngine() async throws {
        try await withServer(model) { client in
            let reply = try await client.post(
                "/v1/completions",
                """
                {"prompt":"a","temperature":0,"top_p":0.5,"top_k":-1,"min_p":0.1,"typical_p":0.9,"repeat_penalty":1.1,
                "frequency_penalty":-1,"presence_penalty":2,"logit_bias":{"7":-100},"seed":5,"ignore_eos":true,
                "stop":"x","user":"me","max_completion_tokens":9}
                """)
            #expect(reply.status == 200)
        }
        let request = try #require(model.requests.withLock { $0.first })
        #expect(request.sampling.temperature == 0)
        #expect(request.sampling.topP == 0.5)
        #expect(request.sampling.topK == 0)
        #expect(request.sampling.minP == 0.1)
        #expect(request.sampling.typicalP == 0.9)
        #expect(request.sampling.repetitionPenalty == 1.1)
        #expect(request.sampling.frequencyPenalty == -1)
        #expect(request.sampling.presencePenalty == 2)
        #expect(request.sampling.logitBias == [7: -100])
        #expect(request.sampling.seed == 5)
        #expect(request.ignoresEndOfGeneration)
        #expect(request.stopStrings == ["x"])
        #expect(request.maximumTokens == 9)
    }
}
