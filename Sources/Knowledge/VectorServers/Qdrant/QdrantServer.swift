import Essentials
import JSONValues
import Vectors

/// Collections of a Qdrant server (1.10 and later), by its REST interface.
///
/// What a collection was made for is in a collection of its own, of one point for each.
struct QdrantServer: VectorServer {
    private static let registry = "swiftlet--collections"

    private let address: StoreAddress
    private let client: ServerClient

    init(_ address: StoreAddress) throws {
        self.address = address
        client = ServerClient(
            address, port: 6333, path: "/collections",
            key: ("api-key", ProcessInfo.processInfo.environment["QDRANT_API_KEY"]))
    }

    func open(_ name: String) async throws -> (any VectorStore)? {
        guard try await client.call("GET", "/\(name)") != nil else { return nil }
        let path = address.text(for: name)
        let request: JSON = ["ids": [.string(QdrantStore.point(name))], "with_payload": true]
        let entry = try await client.call("POST", "/\(Self.registry)/points", request)?["result"]?[0]
        guard let text = entry?["payload"]?["settings"]?.stringValue,
            let settings = try? JSON(parsing: text, source: path).decode(CollectionSettings.self)
        else {
            throw VectorError.server(
                address: path, reason: "this collection was made by something else; name another one")
        }
        return QdrantStore(name: name, path: path, settings: settings, client: client)
    }

    func create(_ name: String, settings: CollectionSettings) async throws -> any VectorStore {
        let path = address.text(for: name)
        let distances: [Metric: String] = [.cosine: "Cosine", .l2: "Euclid", .dot: "Dot"]
        guard let distance = distances[settings.metric] else {
            throw VectorError.invalidOption(
                "Qdrant compares by cosine, l2 or dot, not by \(settings.metric.rawValue).")
        }
        if try await client.call("GET", "/\(name)") != nil { throw VectorError.exists(path: path) }
        try await register(name, settings)
        _ = try await client.demand(
            "PUT", "/\(name)",
            [
                "vectors": [
                    "dense": [
                        "size": .integer(settings.size), "distance": .string(distance),
                        "hnsw_config": [
                            "m": .integer(settings.index == .flat ? 0 : settings.graph.links),
                            "ef_construct": .integer(max(4, settings.graph.constructionWidth)),
                        ],
                    ]
                ],
                "sparse_vectors": ["words": ["modifier": "idf"], "sparse": .object([:])],
            ])
        for field in ["words", "metadata.path"] {
            _ = try await client.demand(
                "PUT", "/\(name)/index?wait=true", ["field_name": .string(field), "field_schema": "keyword"])
        }
        return QdrantStore(name: name, path: path, settings: settings, client: client)
    }

    private func register(_ name: String, _ settings: CollectionSettings) async throws {
        if try await client.call("GET", "/\(Self.registry)") == nil {
            _ = try await client.demand("PUT", "/\(Self.registry)", ["vectors": ["size": 1, "distance": "Dot"]])
        }
        _ = try await client.demand(
            "PUT", "/\(Self.registry)/points?wait=true",
            [
                "points": [
                    [
                        "id": .string(QdrantStore.point(name)), "vector": [1],
                        "payload": ["name": .string(name), "settings": .string(try JSON(encoding: settings).text())],
                    ]
                ]
            ])
    }

    func remove(_ name: String) async throws -> Bool {
        guard try await client.call("GET", "/\(name)") != nil else { return false }
        _ = try await client.call("DELETE", "/\(name)")
        _ = try await client.call(
            "POST", "/\(Self.registry)/points/delete?wait=true", ["points": [.string(QdrantStore.point(name))]])
        return true
    }
}
