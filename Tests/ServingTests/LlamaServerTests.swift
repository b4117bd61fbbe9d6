import JSONValues
import Serving
import Testing

@Suite struct LlamaServerTests {
    let model = ScriptedModel { _ in .init(text: "Hi there") }

    @Test func wholeAnswer() async throws {
        try await withServer(model) { client in
            for path in ["/completion", "/completions"] {
                let json = try await client.post(
                    path, #"{"prompt":"a","n_predict":5,"return_tokens":true,"n_probs":2}"#
                ).json
                #expect(json["content"] == "Hi th" && json["tokens"] == [72, 105, 32, 116, 104])
                #expect(json["stop"] == true && json["stop_type"] == "limit" && json["truncated"] == false)
                #expect(json["prompt"] == "a" && json["generation_settings"]?["n_predict"] == 5)
                #expect(json["timings"]?["predicted_n"] == 5)
                let scores = try #require(json["completion_probabilities"]?.arrayValue)
                #expect(scores.count == 5 && scores[0]["id"] == 72 && scores[0]["top_logprobs"]?.arrayValue?.count == 2)
            }
            let ended = try await client.post("/completion", #"{"prompt":"a","stop":["there"]}"#).json
            #expect(ended["stop_type"] == "word" && ended["stopping_word"] == "there")
        }
    }

    @Test func severalPrompts() async throws {
        try await withServer(model) { client in
            let json = try await client.post(
                "/completion", #"{"prompt":["a",[98,"c"],{"prompt_string":"d"}],"n_predict":1}"#
            ).json
            #expect(json.arrayValue?.compactMap { $0["prompt"]?.stringValue } == ["a", "bc", "d"])
            #expect(try await client.post("/completion", #"{"prompt":[98,"c"],"n_predict":1}"#).json["prompt"] == "bc")
        }
    }

    @Test func chosenFields() async throws {
        try await withServer(model) { client in
            let json = try await client.post(
                "/completion",
                #"{"prompt":"a","n_predict":1,"response_fields":["content","generation_settings/n_predict"]}"#
            )
            .json
            #expect(json == ["content": "H", "generation_settings/n_predict": 1])
        }
    }

    @Test func streaming() async throws {
        try await withServer(model) { client in
            let events = try await client.post("/completion", #"{"prompt":"a","stream":true}"#).events
            #expect(events.compactMap { $0["content"]?.stringValue }.joined() == "Hi there")
            #expect(events.dropLast().allSatisfy { $0["stop"] == false && $0["tokens"]?.arrayValue?.count == 1 })
            #expect(events.last?["stop"] == true && events.last?["stop_type"] == "eos")
        }
    }

    @Test(
        "What the native routes do not search for is refused", arguments: [#""best_of":2"#, #""use_beam_search":true"#])
    func searches(field: String) async throws {
        try await withServer(model) { client in
            for (path, prompt) in [
                ("/completion", #""prompt":"a""#), ("/completions", #""prompt":["a","b"]"#),
            ] {
                let reply = try await client.post(path, "{\(prompt),\(field),\"n_predict\":2}")
                #expect(reply.status == 400 && reply.text.contains("/v1/completions"), "\(reply.text)")
            }
        }
    }

    @Test func biasesHaveManyForms() async throws {
        try await withServer(model) { client in
            for bias in [#"[[98,-1],["c",false]]"#, #"{"98":-1,"c":false}"#] {
                let answer = try await client.post("/completion", #"{"prompt":"a","logit_bias":\#(bias)}"#)
                #expect(answer.status == 200)
            }
        }
        let biases = model.all.map(\.sampling.logitBias)
        #expect(biases == [[98: -1, 99: -.infinity], [98: -1, 99: -.infinity]])
    }

    @Test func status() async throws {
        try await withServer(model) { client in
            let properties = try await client.get("/props").json
            #expect(properties["default_generation_settings"]?["n_ctx"] == 4096)
            let slots = try await client.get("/slots").json
            #expect(properties["total_slots"]?.intValue == slots.arrayValue?.count)
        }
    }

    @Test func infill() async throws {
        // The scripted vocabulary is bytes: it has no marks.
        try await withServer(model) { client in
            let refused = try await client.post("/infill", #"{"input_prefix":"a","input_suffix":"b"}"#)
            #expect(refused.status == 501)
            let malformed = try await client.post(
                "/infill", #"{"input_prefix":"a","input_suffix":"b","input_extra":[{"filename":3,"text":"x"}]}"#)
            #expect(malformed.status == 400)
        }
    }
}
