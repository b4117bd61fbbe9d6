import Files
import Foundation
import Inference
import JSONValues
import Serving
import Testing

/// Vectors of word counts: texts with the same words are near.
private struct WordEmbedder: TextEmbedder {
    let name = "words"
    let dimensions = 64
    let maximumTokens: Int? = 64
    let similarity = Similarity.cosine

    func embed(_ inputs: [EmbeddingInput], options: EmbeddingOptions) throws -> [Embedding] {
        inputs.map { input in
            guard case .text(let text) = input else { return Embedding(vector: [], tokens: 0) }
            var vector = [Float](repeating: 0.01, count: dimensions)
            for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
                let hash = word.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
                vector[Int(hash) % dimensions] += 1
            }
            return Embedding(vector: vector, tokens: 1)
        }
    }
}

@Suite struct CollectionRouteTests {
    private let folder = "/tmp/swiftlet-routes-\(UInt64.random(in: 0 ... .max))"
    private let model = ScriptedModel { _ in .init(text: "The sauna is heated on Fridays [1].") }

    private func withCollections(_ body: @Sendable (TestClient) async throws -> Void) async throws {
        defer { try? FileSystem.remove(folder) }
        var options = ServerOptions()
        options.collections = folder
        let embedder = ServedEmbedder(id: "words", created: 7, embedder: WordEmbedder())
        try await withServer(model, embedders: [embedder], options: options, body)
    }

    private static let documents = """
        {"documents": [{"name": "sauna.txt", "text": "The sauna is heated on Fridays."},
                       {"name": "pool.txt", "text": "The pool closes at nine."}]}
        """

    @Test func documentsAreTakenFoundAndAnswerQuestions() async throws {
        try await withCollections { client in
            #expect(try await client.get("/v1/collections").json["data"] == [])
            let events = try await client.post("/v1/collections/house/documents", Self.documents).events
            #expect(events.first?["type"] == "found" && events.first?["files"] == 2)
            #expect(events.last == "[DONE]")
            let indexed = events.first { $0["type"] == "indexed" }
            #expect(indexed?["added"] == 2 && indexed?["passages"] == 2)

            let list = try await client.get("/v1/collections").json
            #expect(list["data"]?[0]?["name"] == "house" && list["data"]?[0]?["files"] == 2)
            #expect(list["data"]?[0]?["encoder"] == "words")
            let details = try await client.get("/v1/collections/house").json
            #expect(
                details["documents"]?.arrayValue?.compactMap { $0["path"]?.stringValue } == ["pool.txt", "sauna.txt"])

            for method in ["dense", "keywords", "hybrid"] {
                let found = try await client.post(
                    "/v1/collections/house/search", #"{"query": "sauna heated", "k": 1, "method": "\#(method)"}"#
                ).json["results"]
                #expect(found?.arrayValue?.count == 1 && found?[0]?["path"] == "sauna.txt", "\(method)")
                #expect(found?[0]?["location"] == "line 1")
            }
            let answer = try await client.post(
                "/v1/collections/house/ask", #"{"question": "On which day is the sauna heated?", "k": 1}"#
            ).events
            #expect(answer.first?["passages"]?[0]?["path"] == "sauna.txt")
            #expect(answer.first { $0["type"] == "answer" }?["citations"] == [1])

            let map = try await client.get("/v1/collections/house/map").json["points"]?.arrayValue
            #expect(map?.count == 2 && map?.allSatisfy { $0["x"]?.doubleValue?.isFinite ?? false } == true)
            #expect(Set(map?.compactMap { $0["path"]?.stringValue } ?? []) == ["pool.txt", "sauna.txt"])

            let gone = try await client.send(client.request("DELETE", "/v1/collections/house"))
            #expect(gone.status == 200)
            #expect(try gone.json["deleted"] == true)
            #expect(try await client.get("/v1/collections/house").status == 404)
            #expect(!FileSystem.exists(folder + "/uploads/house"))
        }
    }

    @Test func changedDocumentsTakeTheirOwnPlace() async throws {
        try await withCollections { client in
            _ = try await client.post("/v1/collections/house/documents", Self.documents)
            let changed = #"{"documents": [{"name": "pool.txt", "text": "The pool closes at ten."}]}"#
            let events = try await client.post("/v1/collections/house/documents", changed).events
            #expect(events.first { $0["type"] == "indexed" }?["changed"] == 1)
            let found = try await client.post("/v1/collections/house/search", #"{"query": "pool closes", "k": 5}"#).json
            let texts = found["results"]?.arrayValue?.compactMap { $0["text"]?.stringValue } ?? []
            #expect(texts.contains { $0.contains("ten") } && !texts.contains { $0.contains("nine") })
        }
    }

    @Test(arguments: [
        ("POST", "/v1/collections/none/search", #"{"query": "x"}"#, 404),
        ("POST", "/v1/collections/none/ask", #"{"question": "x"}"#, 404),
        ("GET", "/v1/collections/none/map", "", 404),
        ("DELETE", "/v1/collections/none", "", 404),
        ("POST", "/v1/collections/..%2Fevil/documents", Self.documents, 400),
        ("POST", "/v1/collections/house/documents", #"{"documents": [{"name": "..", "text": "x"}]}"#, 400),
        (
            "POST", "/v1/collections/house/documents", #"{"documents": [{"name": "x.txt", "content": "no base64!"}]}"#,
            400
        ),
        ("POST", "/v1/collections/house/documents", #"{"documents": []}"#, 400),
        ("POST", "/v1/collections/house/search", #"{"k": 1}"#, 400),
        ("POST", "/v1/collections/house/search", #"{"query": "x", "k": 0}"#, 400),
        ("POST", "/v1/collections/house/search", #"{"query": "x", "method": "magic"}"#, 400),
        ("POST", "/v1/collections/house/ask", #"{"question": "x", "rounds": 0}"#, 400),
        ("PUT", "/v1/collections/house", "{}", 405),
        // No request names a place on another machine.
        ("POST", "/v1/collections/postgres:%2F%2Fhost%2Fd%2Fabc/search", #"{"query": "x"}"#, 404),
        ("POST", "/v1/collections/postgres:%2F%2Fhost%2Fd%2Fabc/documents", Self.documents, 400),
    ])
    func mistakesAreTheClients(_ method: String, _ path: String, _ body: String, _ status: Int) async throws {
        try await withCollections { client in
            _ = try await client.post("/v1/collections/house/documents", Self.documents)
            let reply = try await client.send(client.request(method, path, body: body.isEmpty ? nil : body))
            #expect(reply.status == status, "\(reply.text)")
            #expect(try reply.json["error"]?["message"]?.stringValue?.isEmpty == false)
        }
    }
}
