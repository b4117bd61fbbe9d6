import Documents
import Essentials
import Vectors

/// The catalog of a collection on a server: documents of another collection there, so that every machine sees it. Their vectors
/// say nothing.
struct StoredCatalog: Catalog {
    /// What the catalog's settings are.
    static let settings = CollectionSettings(size: 1, metric: .l2, index: .flat)

    /// The name of the catalog of a collection.
    static func name(of collection: String) -> String { collection + "--files" }

    /// What a document of the catalog is.
    private enum Kind: String {
        case splitting, root, file

        func id(_ name: String) -> String { "\(rawValue):\(name)" }
    }

    let store: any VectorStore

    func splitting() async throws -> SplittingOptions {
        let id = Kind.splitting.id("")
        guard let text = try await store.records(ids: [id]).first?.text,
            let options = try? JSONDecoder().decode(SplittingOptions.self, from: Data(text.utf8))
        else { throw RetrievalError.damaged(path: store.path, reason: "it does not say how documents are split") }
        return options
    }

    func set(_ splitting: SplittingOptions) async throws {
        let text = String(decoding: try JSONEncoder().encode(splitting), as: UTF8.self)
        try await store.upsert([record(.splitting, "", text: text)])
    }

    private func record(_ kind: Kind, _ name: String, text: String, _ metadata: [String: MetadataValue] = [:])
        -> VectorRecord
    {
        VectorRecord(
            id: kind.id(name), vector: [1], text: text,
            metadata: metadata.merging(["kind": .text(kind.rawValue), "name": .text(name)]) { $1 })
    }

    private func records(_ kind: Kind) async throws -> [VectorRecord] {
        var (records, cursor): ([VectorRecord], String?) = ([], nil)
        repeat {
            let page = try await store.page(after: cursor, count: 500)
            records += page.records.filter { $0.metadata["kind"] == .text(kind.rawValue) }
            cursor = page.next
        } while cursor != nil
        return records
    }

    func files() async throws -> [IndexedFile] {
        try await records(.file).map { record in
            func text(_ field: String) -> String {
                if case .text(let text)? = record.metadata[field] { text } else { "" }
            }
            func number(_ field: String) -> Int {
                if case .number(let number)? = record.metadata[field] { Int(exactly: number) ?? 0 } else { 0 }
            }
            return IndexedFile(
                path: text("name"), fingerprint: text("fingerprint"), size: number("size"),
                passages: number("passages"),
                notes: record.text.split(separator: "\n").map(String.init))
        }.sorted { $0.path < $1.path }
    }

    func roots() async throws -> [String] {
        try await records(.root).compactMap { if case .text(let path)? = $0.metadata["name"] { path } else { nil } }
            .sorted()
    }

    func add(roots: [String]) async throws { try await store.upsert(roots.map { record(.root, $0, text: "") }) }

    func enter(_ files: [IndexedFile]) async throws {
        try await store.upsert(
            files.map { file in
                record(
                    .file, file.path, text: file.notes.joined(separator: "\n"),
                    [
                        "fingerprint": .text(file.fingerprint), "size": .number(Double(file.size)),
                        "passages": .number(Double(file.passages)),
                    ])
            })
    }

    func remove(_ paths: [String]) async throws { try await store.delete(ids: paths.map { Kind.file.id($0) }) }

    func close() async throws { try await store.close() }
}
