import Documents
import Files
import Hummingbird
import Inference
import JSONValues
import Retrieval
import Vectors

/// Collections of documents over HTTP: listing, uploading, searching, asking.
///
/// Only what a client sends is indexed: no request names a file of this machine.
struct DocumentRoutes: Sendable {
    let host: ModelHost
    let folder: CollectionFolder

    func list() async throws -> JSON {
        var entries: [JSON] = []
        for name in try folder.names() { entries.append(try await describe(try folder.open(name))) }
        return ["object": "list", "data": .array(entries)]
    }

    func collection(_ name: String) async throws -> JSON {
        let collection = try open(name)
        guard var members = try await describe(collection).objectValue else { return .null }
        members["documents"] = .array(
            try await collection.files().map { file in
                [
                    "path": .string(shown(file.path)), "bytes": .integer(file.size),
                    "passages": .integer(file.passages), "notes": .array(file.notes.map(JSON.string)),
                ]
            })
        return .object(members)
    }

    private func describe(_ collection: DocumentCollection) async throws -> JSON {
        let files = try await collection.files()
        return [
            "name": .string(collection.name), "object": "collection", "files": .integer(files.count),
            "passages": .integer(try await collection.vectors.count(where: nil)),
            "bytes": .integer(files.reduce(0) { $0 + $1.size }),
            "encoder": .string(collection.encoder),
        ]
    }

    func remove(_ name: String) throws -> JSON {
        _ = try open(name)
        try refusing { try folder.remove(name) }
        try FileSystem.remove(uploads(name))
        return ["name": .string(name), "deleted": true]
    }

    /// Takes documents, `{"documents": [{"name", "content" (base64) or "text"}]}`, and streams how indexing them goes.
    func add(_ name: String, _ fields: RequestFields, _ context: some RequestContext) throws -> Response {
        guard CollectionFolder.isName(name) else {
            throw APIError.invalid("name", "cannot be the name of a collection")
        }
        let files = try UploadedDocument.read(fields)
        let exists = folder.contains(name)
        let encoder = try encoder(exists ? try open(name).encoder : nil)
        return .events(context: context) { events in
            let target = uploads(name)
            try FileSystem.createFolder(target)
            for file in files { try AtomicFile.write(file.content, to: "\(target)/\(file.name)") }
            let collection = try refusing {
                exists ? try folder.open(name, access: .writing) : try folder.create(name, encoder: encoder)
            }
            let (stream, continuation) = AsyncStream.makeStream(of: IndexEvent.self)
            let paths = files.map { "\(target)/\($0.name)" }
            async let report = {
                defer { continuation.finish() }
                return try await Indexer(collection: collection, encoder: encoder) { continuation.yield($0) }.index(
                    paths)
            }()
            for await event in stream {
                if let json = json(event) { try await events.send(json) }
            }
            let done = try await report
            try await collection.close()
            try await events.send([
                "type": "indexed", "added": .integer(done.added), "changed": .integer(done.changed),
                "unchanged": .integer(done.unchanged), "passages": .integer(done.embedded),
            ])
            try await events.sendDone()
        }
    }

    private func json(_ event: IndexEvent) -> JSON? {
        switch event {
        case .found(let files, let bytes): ["type": "found", "files": .integer(files), "bytes": .integer(bytes)]
        case .file(let path): ["type": "file", "path": .string(shown(path))]
        case .advanced(let bytes): ["type": "advanced", "bytes": .integer(bytes)]
        case .problem(let problem):
            ["type": "problem", "path": .string(shown(problem.path)), "reason": .string(problem.reason)]
        case .note(let path, let note): ["type": "note", "path": .string(shown(path)), "note": .string(note)]
        }
    }

    func search(_ name: String, _ fields: RequestFields) async throws -> JSON {
        let collection = try open(name)
        guard let text = try fields.string("query") else { throw APIError.invalid("query", "is missing") }
        var query = RetrievalQuery(text, count: try fields.integer("k", in: 1...1000) ?? 10)
        query.method = try Self.choice("method", fields) ?? query.method
        query.expands = try fields.bool("expand") ?? false
        let encoder = query.method == .keywords ? nil : try encoder(collection.encoder)
        let passages = try await collection.search(query, encoder: encoder)
        return ["results": .array(passages.map(json))]
    }

    /// The passages of a collection in a plane, where those of like meaning lie near to each other.
    func map(_ name: String) async throws -> JSON {
        let points = try await open(name).map().map { point -> JSON in
            [
                "x": .decimal(point.x), "y": .decimal(point.y), "path": .string(shown(point.passage.path)),
                "location": .string(point.passage.location), "text": .string(String(point.passage.text.prefix(300))),
            ]
        }
        return ["points": .array(points)]
    }

    /// Streams an answer: the passages, its text as it comes, and what it cites.
    func ask(_ name: String, _ fields: RequestFields, _ context: some RequestContext) throws -> Response {
        let collection = try open(name)
        guard let question = try fields.string("question") else { throw APIError.invalid("question", "is missing") }
        var options = AnsweringOptions()
        options.passages = try fields.integer("k", in: 1...100) ?? options.passages
        options.maximumTokens = try fields.integer("max_tokens", in: 1...100_000) ?? options.maximumTokens
        options.method = try Self.choice("method", fields) ?? options.method
        options.expansion = try Self.choice("query_expansion", fields)
        options.ranksWithModel = try fields.bool("model_rerank") ?? false
        options.compresses = try fields.bool("compress") ?? false
        options.rounds = try fields.integer("rounds", in: 1...20) ?? 1
        let answerer = Answerer(
            collection: collection, encoder: try encoder(collection.encoder),
            model: ServedAnswerModel(model: try host.model(for: fields)), options: options)
        return .events(context: context) { events in
            for try await event in answerer.answer(question) { try await events.send(json(event)) }
            try await events.sendDone()
        }
    }

    /// A field that holds one of a few words.
    private static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, _ fields: RequestFields
    ) throws -> Choice? {
        guard let text = try fields.string(key) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        throw APIError.invalid(key, "must be one of \(known), not \"\(text)\"")
    }

    private func json(_ event: GroundedEvent) -> JSON {
        switch event {
        case .passages(let passages): ["type": "passages", "passages": .array(passages.map(json))]
        case .text(let text): ["type": "text", "text": .string(text)]
        case .finished(let answer):
            [
                "type": "answer", "citations": .array(answer.citations.map(JSON.integer)),
                "in_documents": .bool(answer.isInDocuments), "quotation": answer.quotation.map(JSON.string) ?? .null,
                "withheld": answer.withheld.map(JSON.string) ?? .null,
                "sentences": .integer(answer.sentences),
                "unsupported": .integer(answer.unsupported), "prompt_tokens": .integer(answer.promptTokens),
                "completion_tokens": .integer(answer.completionTokens), "seconds": .number(answer.seconds),
            ]
        }
    }

    private func json(_ passage: RetrievedPassage) -> JSON {
        [
            "score": .decimal(passage.score), "path": .string(shown(passage.path)),
            "location": .string(passage.location), "text": .string(passage.text),
        ]
    }

    /// Where what clients sent is kept.
    private func uploads(_ name: String) -> String { "\(folder.path)/uploads/\(name)" }

    /// A path without the folder that only the server knows.
    private func shown(_ path: String) -> String {
        guard let range = path.firstRange(of: "/uploads/") else { return path }
        return path[range.upperBound...].split(separator: "/").dropFirst().joined(separator: "/")
    }

    private func open(_ name: String) throws -> DocumentCollection {
        guard folder.contains(name) else {
            throw APIError(
                .notFound, "There is no collection \"\(name)\".", param: "name", code: "collection_not_found")
        }
        return try refusing { try folder.open(name) }
    }

    /// The name of the encoder of a collection; nil if there is no such collection.
    func encoderName(of name: String) -> String? {
        guard folder.contains(name) else { return nil }
        return try? folder.open(name).encoder
    }

    /// The encoder of that name; the first one for none.
    private func encoder(_ name: String?) throws -> PassageEncoder {
        let found = name.map { name in host.embedders.first { $0.id == name } } ?? host.embedders.first
        guard let found else {
            throw APIError(
                .badRequest,
                name.map {
                    "This collection needs the encoder \"\($0)\", which is not served: swiftlet serve MODEL \($0)."
                }
                    ?? "This server has no encoder: swiftlet serve MODEL minilm.",
                code: "encoder_not_found")
        }
        return found.passageEncoder
    }

    /// What a collection refuses is the client's error.
    private func refusing<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as VectorError {
            if case .locked = error { throw APIError(.conflict, "\(error)", code: "collection_busy") }
            throw error
        } catch let error as RetrievalError {
            throw APIError(.badRequest, "\(error)", code: "invalid_value")
        }
    }
}
