import Foundation
import Inference
import JSONValues
import Serving
import Testing

/// Its vectors are the number of tokens, 0.5 and -0.25; tokens are bytes, of which it reads eight.
struct ScriptedEmbedder: TextEmbedder {
    let name = "vectors"
    let dimensions = 3
    let maximumTokens: Int? = 8
    let similarity = Similarity.cosine
    let prompts = ["query": "q:"]

    func embed(_ inputs: [EmbeddingInput], options: EmbeddingOptions) throws -> [Embedding] {
        try inputs.enumerated().map { index, input in
            var tokens: Int
            switch input {
            case .text(let text): tokens = text.utf8.count
            case .tokens(let ids):
                tokens = ids.count
                if let id = ids.first(where: { $0 > 255 }) {
                    throw EmbeddingError.tokenOutOfRange(id: id, vocabularySize: 256)
                }
            }
            if case .named(let name) = options.prompt {
                guard let prompt = prompts[name] else { throw EmbeddingError.unknownPrompt(name, known: ["query"]) }
                tokens += prompt.utf8.count
            }
            guard tokens <= 8 || options.truncates else {
                throw EmbeddingError.tooLong(text: index, tokens: tokens, limit: 8)
            }
            let vector = [Float(min(tokens, 8)), 0.5, -0.25]
            return Embedding(vector: Array(vector.prefix(options.dimensions ?? 3)), tokens: min(tokens, 8))
        }
    }
}

/// Scores are how many letters a document shares with the query.
struct ScriptedReranker: TextReranker {
    let name = "scores"
    let maximumTokens = 20

    func scores(query: String, documents: [String], truncates: Bool) throws -> [RelevanceScore] {
        try documents.enumerated().map { index, document in
            if document.utf8.count > 20, !truncates {
                throw EmbeddingError.tooLong(text: index, tokens: document.utf8.count, limit: 20)
            }
            return RelevanceScore(
                score: Float(document.filter(query.contains).count) / 4, tokens: document.utf8.count + query.utf8.count)
        }
    }
}

@Suite struct EmbeddingRouteTests {
    let embedder = ServedEmbedder(id: "vectors", created: 7, embedder: ScriptedEmbedder())
    let reranker = ServedReranker(id: "scores", created: 8, reranker: ScriptedReranker())
    let model = ScriptedModel { _ in .init(text: "hello") }

    @Test func inputsOfEveryForm() async throws {
        try await withServer(model, embedders: [embedder]) { client in
            for (input, counts) in [
                (#""abc""#, [3]), (#"["abc","", "x"]"#, [3, 0, 1]), ("[1,2]", [2]), (#"[[1,2],"abcd"]"#, [2, 4]),
                (#"{"prompt_string":"abc"}"#, [3]),
                (#"["a",{"content":[{"type":"text","text":"ab"},{"type":"text","text":"c"}]}]"#, [1, 3]),
            ] as [(String, [Int])] {
                let reply = try await client.post("/v1/embeddings", #"{"model":"vectors","input":\#(input)}"#)
                let json = try reply.json
                #expect(reply.status == 200 && json["object"] == "list" && json["model"] == "vectors")
                let data = try #require(json["data"]?.arrayValue)
                #expect(data.map { $0["embedding"] } == counts.map { [.number(Double($0)), 0.5, -0.25] })
                #expect(data.map { $0["index"] } == counts.indices.map { .integer($0) })
                let total = counts.reduce(0, +)
                #expect(json["usage"] == ["prompt_tokens": .integer(total), "total_tokens": .integer(total)])
            }
            let metrics = try await client.get("/metrics").text
            #expect(metrics.contains("swiftlet_embedded_tokens_total{model=\"vectors\"} 22\n"))
            #expect(metrics.contains("llamacpp:prompt_tokens_total 22\n"))
        }
    }

    @Test func fieldsAreHonoured() async throws {
        try await withServer(model, embedders: [embedder]) { client in
            func first(_ fields: String) async throws -> JSON? {
                try await client.post("/v1/embeddings", "{\"input\":\"ab\",\(fields)}").json["data"]?[0]?["embedding"]
            }
            let bytes: [Float] = [2, 0.5, -0.25]
            let data = bytes.withUnsafeBytes { Data($0) }
            #expect(try await first(#""encoding_format":"base64""#) == .string(data.base64EncodedString()))
            #expect(try await first(#""dimensions":2"#) == [2.0, 0.5])
            #expect(try await first(#""prompt_name":"query""#) == [4.0, 0.5, -0.25])
            let cut = try await client.post("/v1/embeddings", #"{"input":"0123456789","truncate":true}"#)
            #expect(try cut.json["usage"]?["prompt_tokens"] == 8)
        }
    }

    @Test func wrongFieldsAreNamed() async throws {
        try await withServer(model, embedders: [embedder], rerankers: [reranker]) { client in
            for (path, fields, param) in [
                ("embeddings", #"{}"#, "input"), ("embeddings", #"{"input":[]}"#, "input"),
                ("embeddings", #"{"input":5}"#, "input"), ("embeddings", #"{"input":["a",{}]}"#, "input[1]"),
                ("embeddings", #"{"input":{"content":[{"type":"image_url"}]}}"#, "input.content[0]"),
                ("embeddings", #"{"input":{"content":"a"}}"#, "input.content"),
                ("embeddings", #"{"input":{"prompt_string":"a","b":1}}"#, "input.b"),
                ("embeddings", #"{"input":[[1],[-1]]}"#, "input[1]"), ("embeddings", #"{"input":[256]}"#, "input"),
                ("embeddings", #"{"input":"0123456789"}"#, "input"),
                ("embeddings", #"{"input":"a","dimensions":4}"#, "dimensions"),
                ("embeddings", #"{"input":"a","encoding_format":"hex"}"#, "encoding_format"),
                ("embeddings", #"{"input":"a","prompt_name":"x"}"#, "prompt_name"),
                ("embeddings", #"{"input":"a","model":"scripted"}"#, "model"),
                ("chat/completions", #"{"model":"vectors","messages":[{"role":"user","content":"a"}]}"#, "model"),
                ("embeddings", #"{"input":"a","input_type":"query"}"#, "input_type"),
                ("rerank", #"{"query":"a","documents":["a"],"max_tokens_per_doc":5}"#, "max_tokens_per_doc"),
                ("rerank", #"{"documents":["a"]}"#, "query"), ("rerank", #"{"query":"a"}"#, "documents"),
                ("rerank", #"{"query":"a","documents":[]}"#, "documents"),
                ("rerank", #"{"query":"a","documents":["a",1]}"#, "documents[1]"),
                ("rerank", #"{"query":"a","documents":["a"],"top_n":0}"#, "top_n"),
                ("rerank", #"{"query":"a","documents":["a 30-letter-text-0123456789-0123"]}"#, "documents"),
            ] {
                let reply = try await client.post("/v1/\(path)", fields)
                #expect(reply.status == 400, "\(path) \(fields)")
                #expect(try reply.json["error"]?["param"] == .string(param), "\(path) \(fields): \(reply.text)")
            }
            #expect(try await client.post("/v1/embeddings", #"{"input":"a","model":"none"}"#).status == 404)
        }
    }

    @Test func documentsAreRanked() async throws {
        try await withServer(rerankers: [reranker]) { client in
            let reply = try await client.post(
                "/v1/rerank",
                #"{"query":"abc","documents":["xyz",{"text":"abca"},"ab"],"top_n":2,"return_documents":true}"#)
            #expect(
                try reply.json == [
                    "model": "scores",
                    "results": [
                        ["index": 1, "relevance_score": 1.0, "document": ["text": "abca"]],
                        ["index": 2, "relevance_score": 0.5, "document": ["text": "ab"]],
                    ],
                    "usage": ["prompt_tokens": 18, "total_tokens": 18],
                ])
        }
    }

    @Test func modelsOfEveryKindAreListed() async throws {
        try await withServer(model, embedders: [embedder], rerankers: [reranker]) { client in
            let data = try #require(try await client.get("/v1/models").json["data"]?.arrayValue)
            #expect(data.map { $0["id"] } == ["scripted", "vectors", "scores"])
            #expect(data.map { $0["kind"] } == ["language", "embedding", "reranking"])
            #expect(try await client.get("/v1/models/vectors").json["dimensions"] == 3)
        }
        try await withServer(embedders: [embedder]) { client in
            let reply = try await client.post("/v1/completions", #"{"prompt":"a"}"#)
            #expect(try reply.status == 400 && reply.json["error"]?["param"] == "model")
        }
    }
}
