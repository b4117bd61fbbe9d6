import Foundation
import JSONValues
import Serving
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Thousands of bodies, made of good ones by a seeded generator: each gets a typed answer, and none brings the server down.
@Suite struct HostileBodyTests {
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }

    private static let routes: [(path: String, fields: [(key: String, value: String)])] = [
        ("/v1/completions", [("prompt", #""ab""#), ("max_tokens", "2")] + generation),
        (
            "/v1/chat/completions",
            [
                ("messages", #"[{"role":"user","content":[{"type":"text","text":"a"}]}]"#), ("tools", "[]"),
                ("tool_choice", #""auto""#), ("top_logprobs", "2"), ("chat_template_kwargs", "{}"),
                ("continue_final_message", "false"),
            ] + generation
        ),
        (
            "/v1/embeddings",
            [
                ("input", #"["a",[1,2]]"#), ("dimensions", "2"), ("encoding_format", #""base64""#),
                ("prompt_name", #""query""#), ("truncate", "true"),
            ]
        ),
        (
            "/v1/rerank",
            [("query", #""a""#), ("documents", #"["a",{"text":"b"}]"#), ("top_n", "1"), ("return_documents", "true")]
        ),
        ("/tokenize", [("content", #""a""#), ("add_special", "true"), ("with_pieces", "true")]),
        ("/detokenize", [("tokens", "[97,98]")]),
        ("/apply-template", [("messages", #"[{"role":"user","content":"a"}]"#)]),
    ]

    private static let generation: [(key: String, value: String)] = [
        ("model", #""scripted""#), ("n", "2"), ("stream", "true"), ("stream_options", #"{"include_usage":true}"#),
        ("temperature", "0.5"), ("top_p", "0.5"), ("top_k", "5"), ("min_p", "0.1"), ("seed", "7"),
        ("logit_bias", #"{"97":1}"#), ("stop", #"["x"]"#), ("logprobs", "1"), ("prompt_logprobs", "1"),
        ("truncate_prompt_tokens", "2"), ("repeat_penalty", "1.1"), ("repeat_last_n", "8"), ("best_of", "2"),
        ("echo", "true"), ("response_format", #"{"type":"text"}"#), ("n_predict", "3"), ("return_token_ids", "true"),
        ("frequency_penalty", "1"), ("mirostat", "0"), ("user", #""me""#), ("grammar", #""root ::= \"a\"+""#),
        ("json_schema", #"{"type":"object","properties":{"a":{"type":"integer"}}}"#), ("guided_regex", #""a+""#),
        ("structured_outputs", #"{"choice":["a","b"]}"#), ("guided_json", #"{"enum":[1,2]}"#),
    ]

    private static let values = [
        "null", "true", "false", "0", "-0.0", "-1", "1", "1.5", "256", "257", "1e308", "-1e308", "1e-320", "1e999",
        "2147483648", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551616",
        "9007199254740993", "NaN", "Infinity", #""""#, #""\u0000""#, #""\ud800""#, "\"\u{1F600}\"", #""<|im_end|>""#,
        "[]", "{}", "[[]]", "[{}]", "[null]", "[-1]", "[257]", "[1e400]", #"["a",1]"#, #"[{"role":"user"}]"#,
        #"{"type":5}"#, #"{"-1":1}"#, #"{"97":"x"}"#, #"[{"text":5}]"#, #"[[1],["a"]]"#,
        "\"" + String(repeating: "a", count: 5000) + "\"", String(repeating: "[", count: 3000),
        String(repeating: "[", count: 100) + String(repeating: "]", count: 100),
    ]

    private static func body(_ fields: [(key: String, value: String)], _ random: inout Generator) -> [UInt8] {
        var chosen = fields.enumerated().filter { $0.offset == 0 || Int.random(in: 0..<4, using: &random) == 0 }
            .map(\.element)
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let value = values.randomElement(using: &random) ?? "null"
            switch Int.random(in: 0..<4, using: &random) {
            case 0: chosen.append((fields.randomElement(using: &random)?.key ?? "a", value))
            case 1: chosen.append(("surprise", value))
            default: chosen[Int.random(in: chosen.indices, using: &random)].value = value
            }
        }
        var bytes = Array(("{" + chosen.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}").utf8)
        guard Int.random(in: 0..<5, using: &random) == 0 else { return bytes }
        let place = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.removeSubrange(place...)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        default: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
        return bytes
    }

    @Test(arguments: [1, 2] as [UInt64]) func everyAnswerIsTyped(seed: UInt64) async throws {
        let model = ScriptedModel { _ in .init(text: "hi") }
        let embedder = ServedEmbedder(id: "vectors", created: 7, embedder: ScriptedEmbedder())
        let reranker = ServedReranker(id: "order", created: 8, reranker: ScriptedReranker())
        try await withServer(model, embedders: [embedder], rerankers: [reranker]) { client in
            let session = URLSession(configuration: .ephemeral)
            defer { session.finishTasksAndInvalidate() }
            var random = Generator(state: seed)
            var statuses: [Int: Int] = [:]
            for _ in 0..<1000 {
                guard let (path, fields) = Self.routes.randomElement(using: &random) else { return }
                let body = Self.body(fields, &random)
                var request = client.request("POST", path, body: "")
                request.httpBody = Data(body)
                let (data, response) = try await session.data(for: request)
                let status = (response as? HTTPURLResponse)?.statusCode ?? 0
                statuses[status, default: 0] += 1
                let text = String(decoding: body.prefix(300), as: UTF8.self)
                #expect([200, 400, 404, 413, 415].contains(status), "\(status) for \(path) \(text)")
                #expect(Self.isTyped(Array(data), status), "\(status) for \(path) \(text)")
            }
            // Otherwise the generator says nothing.
            #expect(statuses[200, default: 0] > 100 && statuses[400, default: 0] > 300, "\(statuses)")
        }
    }

    /// Whether an answer is an object, an error with all its parts, or a stream that was ended.
    private static func isTyped(_ bytes: [UInt8], _ status: Int) -> Bool {
        if status == 200, bytes.starts(with: Array("data: ".utf8)) {
            return String(decoding: bytes, as: UTF8.self).hasSuffix("data: [DONE]\n\n")
        }
        guard let json = try? JSON(parsing: bytes, source: "reply"), json.objectValue != nil else { return false }
        guard status != 200 else { return json["error"] == JSON?.none }
        return json["error"]?["message"]?.stringValue?.isEmpty == false && json["error"]?["type"]?.stringValue != nil
    }
}
