import Essentials
import JSONValues
import Vectors

/// Collections of a Chroma server (version 1 and later, `chroma run`).
struct ChromaServer: VectorServer {
    /// The key of a collection's metadata under which it says what it was made for.
    private static let settingsKey = "swiftlet"

    private let address: StoreAddress
    private let client: ServerClient

    init(_ address: StoreAddress) throws {
        self.address = address
        let (tenant, database) =
            address.container.count == 2
            ? (address.container[0], address.container[1]) : ("default_tenant", "default_database")
        client = ServerClient(
            address, port: 8000, path: "/api/v2/tenants/\(tenant)/databases/\(database)/collections",
            key: ("X-Chroma-Token", ProcessInfo.processInfo.environment["CHROMA_API_KEY"]))
    }

    func open(_ name: String) async throws -> (any VectorStore)? {
        guard let answer = try await client.call("GET", "/\(name)") else { return nil }
        guard let text = answer["metadata"]?[Self.settingsKey]?.stringValue,
            let settings = try? JSON(parsing: text, source: name).decode(CollectionSettings.self)
        else {
            throw VectorError.server(
                address: address.text(for: name), reason: "this collection was made by something else; name another one"
            )
        }
        return try store(name, answer, settings)
    }

    private func store(_ name: String, _ answer: JSON, _ settings: CollectionSettings) throws -> ChromaStore {
        guard let id = answer["id"]?.stringValue else { throw client.unexpected("id") }
        return ChromaStore(id: id, path: address.text(for: name), settings: settings, client: client)
    }

    func create(_ name: String, settings: CollectionSettings) async throws -> any VectorStore {
        let spaces: [Metric: String] = [.cosine: "cosine", .l2: "l2", .dot: "ip"]
        guard let space = spaces[settings.metric] else {
            throw VectorError.invalidOption(
                "Chroma compares by cosine, l2 or dot, not by \(settings.metric.rawValue).")
        }
        if try await client.call("GET", "/\(name)") != nil {
            throw VectorError.exists(path: address.text(for: name))
        }
        let answer = try await client.demand(
            "POST", "",
            [
                "name": .string(name), "get_or_create": false,
                "metadata": [Self.settingsKey: .string(try JSON(encoding: settings).text())],
                "configuration": [
                    "hnsw": [
                        "space": .string(space), "ef_construction": .integer(settings.graph.constructionWidth),
                        "max_neighbors": .integer(settings.graph.links),
                    ]
                ],
            ])
        return try store(name, answer, settings)
    }

    func remove(_ name: String) async throws -> Bool { try await client.call("DELETE", "/\(name)") != nil }
}
