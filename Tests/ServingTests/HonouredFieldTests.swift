import JSONValues
import Serving
import Testing

/// Fields are honoured or refused by name: none is left aside in silence.
@Suite struct HonouredFieldTests {
    let model = ScriptedModel { _ in .init(text: "hi") }

    @Test(arguments: [
        ("grammar", #""root ::= b""#), ("json_schema", #"{"type":"what"}"#),
        ("structured_outputs", #"{"regex":"("}"#), ("structured_outputs", #"{"jsn":{"type":"object"}}"#),
        ("guided_json", #""{""#), ("guided_regex", #""\\bx""#), ("guided_choice", "[1]"),
        ("guided_grammar", #""start: b""#), ("response_format", #"{"type":"xml"}"#), ("min_tokens", "-1"),
        ("response_format", #"{"type":"json_schema","json_schema":{"schema":{"$dynamicRef":"a"}}}"#),
        ("allowed_token_ids", "[1]"), ("stream_options", #"{"include_usage":true}"#), ("seed", "18446744073709551616"),
        ("seed", "-9223372036854775809"), ("use_beam_search", "true"), ("n", "0"), ("temperature", "1e308"),
        ("truncate_prompt_tokens", "0"), ("prompt_logprobs", "101"), ("mirostat", "3"), ("dry_multiplier", "-1"),
        ("xtc_probability", "2"), ("dynatemp_range", "-1"), ("samplers", #"["top_z"]"#), ("dry_base", "0.5"),
        ("temprature", "0"),
        ("modalities", #"["text","audio"]"#), ("skip_special_tokens", "false"), ("n_probs", "5"),
        ("repeat_last_n", "-2"), ("speculative.n_min", "2"), ("speculative.p_min", "1.5"),
        ("speculative.n_max", "-1"), ("web_search_options", #"{"search_context_size":"low"}"#),
    ])
    func whatIsNotDoneIsRefused(field: String, value: String) async throws {
        try await withServer(model) { client in
            for (path, rest) in [
                ("/v1/completions", #""prompt":"a""#),
                ("/v1/chat/completions", #""messages":[{"role":"user","content":"a"}]"#),
            ] {
                let reply = try await client.post(path, "{\(rest),\"\(field)\":\(value)}")
                #expect(reply.status == 400)
                let param = try reply.json["error"]?["param"]?.stringValue ?? ""
                #expect(param.hasPrefix(field), "\(param)")
            }
        }
        let count = model.requests.withLock(\.count)
        #expect(count == 0)
    }

    @Test(arguments: [
        #""grammar":"root ::= \"a\"""#, #""json_schema":{"type":"object"}"#, #""structured_outputs":{"regex":"a"}"#,
        #""structured_outputs":{"json_object":true}"#, #""guided_json":"{\"type\":\"object\"}""#,
        #""guided_regex":"a""#,
        #""guided_choice":["a","b"]"#, #""guided_grammar":"start: \"a\"""#,
        #""response_format":{"type":"json_object"}"#,
        #""response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"integer"}}}"#,
    ])
    func formsBindTheAnswer(field: String) async throws {
        try await withServer(model) { client in
            let reply = try await client.post("/v1/completions", "{\"prompt\":\"a\",\(field)}")
            #expect(reply.status == 200)
        }
        let isBound = model.requests.withLock { $0.first?.constraint != nil }
        #expect(isBound)
    }

    @Test func guessesAreTheRequests() async throws {
        try await withServer(model) { client in
            let reply = try await client.post(
                "/completion",
                #"{"prompt":"a","speculative.n_max":2,"speculative.p_min":0.5,"speculative.n_min":0}"#)
            #expect(reply.status == 200)
            #expect(try await client.post("/completion", #"{"prompt":"a"}"#).status == 200)
        }
        let guesses = model.requests.withLock { $0.map { [$0.draftTokens.map(Float.init), $0.draftConfidence] } }
        #expect(guesses == [[2, 0.5], [nil, nil]])
    }

    @Test func oneFormBindsAnAnswer() async throws {
        try await withServer(model) { client in
            let reply = try await client.post(
                "/v1/completions", #"{"prompt":"a","guided_regex":"a","grammar":"root ::= \"a\""}"#)
            #expect(reply.status == 400)
            #expect(try reply.json["error"]?["param"] == "grammar")
        }
    }

    @Test func emptyConstraintsAreNone() async throws {
        try await withServer(model) { client in
            let reply = try await client.post(
                "/v1/completions", #"{"prompt":"a","grammar":"","json_schema":{},"seed":null}"#)
            #expect(reply.status == 200)
        }
    }

    @Test func remarksAndWhatIsOffAreTaken() async throws {
        try await withServer(model) { client in
            let fields = #"""
                "user":"me","metadata":{"a":"b"},"store":false,"service_tier":"auto","reasoning_effort":"low",
                "mirostat":0,"mirostat_tau":5.0,"dry_multiplier":0.0,"dry_base":1.75,"xtc_probability":0,
                "xtc_threshold":0.1,"tfs_z":1.0,"top_n_sigma":-1,"modalities":["text"],"skip_special_tokens":true,
                "repeat_last_n":-1,"cache_prompt":true,"unknown":null
                """#
            for body in [#""prompt":"a""#, #""messages":[{"role":"user","content":"a"}]"#] {
                let path = body.contains("prompt") ? "/v1/completions" : "/v1/chat/completions"
                let reply = try await client.post(path, "{\(body),\(fields)}")
                #expect(reply.status == 200, "\(reply.text)")
            }
            let stream = #""prompt":"a","stream":true,"stream_options"#
            let taken = try await client.post("/v1/completions", #"{\#(stream)":{"include_obfuscation":false}}"#)
            #expect(taken.status == 200)
            let refused = try await client.post("/v1/completions", #"{\#(stream)":{"continuous_usage_stats":true}}"#)
            #expect(try refused.json["error"]?["param"] == "stream_options.continuous_usage_stats")
        }
        #expect(model.requests.withLock { $0.prefix(2).map(\.sampling.penaltyWindow) } == [nil, nil])
    }

    @Test func formsAreRefused() async throws {
        try await withServer(model) { client in
            for (type, body, status) in [
                ("application/x-www-form-urlencoded", "prompt=a&n=2", 415),
                ("multipart/form-data; boundary=x", "--x--", 415),
                ("application/x-www-form-urlencoded", #"{"prompt":"a"}"#, 200),
            ] {
                let request = client.request("POST", "/v1/completions", body: body, headers: ["Content-Type": type])
                let reply = try await client.send(request)
                #expect(reply.status == status)
            }
        }
    }

    @Test func manyAnswersAreBounded() async throws {
        try await withServer(model) { client in
            let prompts = [String](repeating: "\"a\"", count: 2048).joined(separator: ",")
            let reply = try await client.post("/v1/completions", #"{"prompt":[\#(prompts)],"n":128}"#)
            #expect(reply.status == 400)
            let message = try reply.json["error"]?["message"]?.stringValue ?? ""
            #expect(message.contains("2048 times 128") && message.contains("512"))
        }
        let count = model.requests.withLock(\.count)
        #expect(count == 0)
    }

    @Test func promptsAreTruncatedAndScored() async throws {
        try await withServer(model) { client in
            let reply = try await client.post(
                "/v1/completions", #"{"prompt":"abcd","truncate_prompt_tokens":2,"prompt_logprobs":1,"max_tokens":1}"#)
            let scores = try reply.json["choices"]?[0]?["prompt_logprobs"]
            #expect(scores?.arrayValue?.count == 2 && scores?[0] == .null)
            #expect(scores?[1]?["100"]?["decoded_token"] == "d" && scores?[1]?["100"]?["logprob"] == -0.25)
            #expect(try reply.json["choices"]?[0]?["logprobs"] == .null)
        }
        #expect(model.requests.withLock { $0.first?.prompt } == [99, 100])
    }

    /// The token that stands there is among the likeliest even if it is not one of them.
    @Test func theChosenTokenIsAmongTheLikeliest() async throws {
        try await withServer(model) { client in
            let reply = try await client.post("/v1/completions", #"{"prompt":"a","logprobs":0,"max_tokens":1}"#)
            #expect(try reply.json["choices"]?[0]?["logprobs"]?["top_logprobs"] == [["h": -0.25]])
        }
    }

    @Test func theLastMessageIsContinued() async throws {
        try await withServer(model) { client in
            let messages = #""messages":[{"role":"user","content":"a"},{"role":"assistant","content":"The answer "}]"#
            for (fields, prompt) in [
                (#","continue_final_message":true"#, "user:a\nassistant:The answer "),
                (#","add_generation_prompt":false"#, "user:a\nassistant:The answer \n"),
            ] {
                let reply = try await client.post("/v1/chat/completions", "{\(messages)\(fields)}")
                #expect(reply.status == 200)
                let tokens = model.requests.withLock { $0.removeLast().prompt }
                #expect(model.decode(tokens, skipSpecialTokens: false) == prompt)
            }
            let both = #","continue_final_message":true,"add_generation_prompt":true"#
            #expect(try await client.post("/v1/chat/completions", "{\(messages)\(both)}").status == 400)
        }
    }

    /// llama-server's fields reach the sampler.
    @Test func samplersAreSet() async throws {
        try await withServer(model) { client in
            let reply = try await client.post(
                "/v1/chat/completions",
                #"""
                {"messages":[{"role":"user","content":"a"}],"samplers":["top_k","temperature"],"top_n_sigma":1.5,
                "xtc_probability":0.5,"xtc_threshold":0.2,"dry_multiplier":0.8,"dry_base":2,"dry_allowed_length":3,
                "dry_penalty_last_n":-1,"dry_sequence_breakers":["."],"dynatemp_range":0.5,"dynatemp_exponent":2,
                "mirostat":2,"mirostat_tau":4,"mirostat_eta":0.2,"adaptive_target":0.3,"adaptive_decay":0.8,"min_tokens":3}
                """#)
            #expect(reply.status == 200)
        }
        let sampling = try #require(model.requests.withLock(\.first)?.sampling)
        #expect(sampling.steps == [.topK, .temperature] && sampling.topNSigma == 1.5 && sampling.minimumTokens == 3)
        #expect(sampling.xtcProbability == 0.5 && sampling.xtcThreshold == 0.2 && sampling.dryWindow == nil)
        #expect(sampling.dryMultiplier == 0.8 && sampling.dryBase == 2 && sampling.dryAllowedLength == 3)
        #expect(sampling.dryBreakers == ["."] && sampling.temperatureRange == 0.5 && sampling.temperatureExponent == 2)
        #expect(sampling.mirostat?.version == .second && sampling.mirostat?.target == 4)
        #expect(sampling.mirostat?.rate == 0.2 && sampling.adaptiveTarget == 0.3 && sampling.adaptiveDecay == 0.8)
    }
}
