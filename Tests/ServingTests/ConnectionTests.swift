import Foundation
import Inference
import JSONValues
import Serving
import Synchronization
import Testing

@Suite struct ConnectionTests {
    private let model = ScriptedModel { _ in .init(text: "one two") }
    private let body = #"{"prompt":"a"}"#

    @Test func connectionsAreKeptAlive() async throws {
        try await withServer(model) { client in
            let connection = try RawConnection(port: client.port)
            for _ in 0..<2 {
                connection.post("/v1/completions", body)
                let (head, text) = await connection.readResponse()
                #expect(head.hasPrefix("HTTP/1.1 200") && !head.lowercased().contains("connection: close"))
                #expect(text.contains("one two"))
                connection.post("/v1/chat/completions", #"{"messages":[{"role":"user","content":"a"}],"stream":true}"#)
                let stream = await connection.read(upTo: "[DONE]\n\n\r\n0\r\n\r\n")
                #expect(stream.hasPrefix("HTTP/1.1 200") && !stream.lowercased().contains("connection: close"))
                #expect(stream.hasSuffix("[DONE]\n\n\r\n0\r\n\r\n"))
            }
            connection.post("/v1/completions", body, headers: "Connection: close\r\n")
            #expect(await connection.read().hasPrefix("HTTP/1.1 200"))
        }
    }

    /// A client that has ended its side waits for the answer, in one piece and as a stream.
    @Test(arguments: [false, true]) func halfClosedClientsGetTheirAnswer(streams: Bool) async throws {
        let model = ScriptedModel { _ in .init(text: "slow words", delay: 20) }
        try await withServer(model) { client in
            let connection = try RawConnection(port: client.port)
            connection.post("/v1/completions", #"{"prompt":"a","stream":\#(streams)}"#)
            connection.endOutput()
            let answer = await connection.read()
            #expect(answer.contains("HTTP/1.1 200 OK"))
            #expect(answer.contains(streams ? "[DONE]" : "slow words"), "\(answer)")
            #expect(model.cancellations.load(ordering: .relaxed) == 0)
        }
    }

    @Test func announcedBodiesAreAskedFor() async throws {
        try await withServer(model) { client in
            let connection = try RawConnection(port: client.port)
            let head = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: "
            connection.write("\(head)\(body.utf8.count)\r\n\r\n")
            #expect(await connection.read(upTo: "\r\n\r\n").hasPrefix("HTTP/1.1 100 "))
            connection.write(body)
            let (answer, text) = await connection.readResponse()
            #expect(answer.hasPrefix("HTTP/1.1 200") && text.contains("one two"))
            // What is too large is refused before it is sent.
            connection.write("\(head)999999999\r\n\r\n")
            let refusal = await connection.read()
            #expect(refusal.hasPrefix("HTTP/1.1 413") && refusal.contains("body_too_large"))
        }
    }

    /// HTTP/1.0 knows no chunks: a stream ends with its connection.
    @Test func oldClientsGetPlainStreams() async throws {
        try await withServer(model) { client in
            let connection = try RawConnection(port: client.port)
            connection.post("/v1/completions", #"{"prompt":"a","stream":true}"#, version: "1.0")
            let answer = await connection.read()
            #expect(answer.hasPrefix("HTTP/1.0 200") && answer.hasSuffix("data: [DONE]\n\n"))
            #expect(!answer.lowercased().contains("transfer-encoding"))
        }
    }

    @Test func pathsNameTheirMethods() async throws {
        try await withServer(model) { client in
            let reply = try await client.send(client.request("OPTIONS", "/v1/completions"))
            #expect(reply.status == 204 && reply.headers["allow"] == "POST, OPTIONS")
        }
    }

    @Test func pathsNeedNoVersion() async throws {
        try await withServer(model) { client in
            #expect(try await client.get("/models").json["data"]?[0]?["id"] == "scripted")
            #expect(try await client.post("/v1/completions", body).json["choices"]?[0]?["text"] == "one two")
            let chat = try await client.post("/chat/completions", #"{"messages":[{"role":"user","content":"a"}]}"#)
            #expect(chat.status == 200)
        }
    }

    @Test func aFullQueueSaysWhenToComeAgain() async throws {
        try await withServer(ScriptedModel(isBusy: true) { _ in .init(text: "") }) { client in
            for stream in [true, false] {
                let reply = try await client.post("/v1/completions", #"{"prompt":"a","stream":\#(stream)}"#)
                #expect(reply.status == 429 && reply.headers["retry-after"] == "1")
                #expect(try reply.json["error"]?["code"] == "queue_full")
                #expect(try reply.json["error"]?["type"] == "rate_limit_error")
            }
        }
    }

    /// Embeds one text in 20 ms.
    private final class SlowEmbedder: TextEmbedder {
        let name = "slow"
        let dimensions = 1
        let maximumTokens: Int? = nil
        let similarity = Similarity.cosine
        let texts = Atomic(0)

        func embed(_ inputs: [EmbeddingInput], options: EmbeddingOptions) throws -> [Embedding] {
            inputs.map { _ in
                usleep(20_000)
                texts.add(1, ordering: .relaxed)
                return Embedding(vector: [1], tokens: 1)
            }
        }
    }

    /// Embedding ends when its client leaves, and a short call does not wait for the whole of a long one.
    @Test func embeddingIsFairAndEnds() async throws {
        let embedder = SlowEmbedder()
        try await withServer(embedders: [ServedEmbedder(id: "slow", created: 0, embedder: embedder)]) { client in
            let long = String(repeating: "x", count: 12_000)
            let texts = [String](repeating: "\"\(long)\"", count: 500).joined(separator: ",")
            let request = client.request("POST", "/v1/embeddings", body: #"{"input":[\#(texts)]}"#)
            let call = Task { try await client.send(request) }
            while embedder.texts.load(ordering: .relaxed) < 3 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(try await client.post("/v1/embeddings", #"{"input":"short"}"#).status == 200)
            #expect(embedder.texts.load(ordering: .relaxed) < 300)
            call.cancel()
            _ = await call.result
            try await Task.sleep(for: .milliseconds(300))
            let count = embedder.texts.load(ordering: .relaxed)
            try await Task.sleep(for: .milliseconds(200))
            #expect(embedder.texts.load(ordering: .relaxed) == count && count < 400)
        }
    }
}
