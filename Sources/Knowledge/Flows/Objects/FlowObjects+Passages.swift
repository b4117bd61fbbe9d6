import Agents
import Documents
import JSONValues

extension FlowObjects {
    /// The passages that are wired to a node.
    func passages(_ node: FlowNode, _ keys: String...) async throws -> any PassageSource {
        for key in keys {
            if let source = wired(node, key).first { return try await passageSource(source) }
        }
        throw FlowError(node.title, "has no \(keys.joined(separator: " or "))")
    }

    /// The passages of a store's or retriever's node.
    func passageSource(_ node: FlowNode) async throws -> any PassageSource {
        try await source(node.id) {
            NodeCatalogue.kind(node.name) == .collection ? try await collection(node) : try await retriever(node)
        }
    }

    private static let names = [
        "collectionName", "qdrantCollection", "milvusCollection", "pineconeIndex", "indexName", "tableName",
        "collection", "pineconeNamespace", "selectedStore", "knowledgeBaseID",
    ]

    private func collection(_ node: FlowNode) async throws -> any PassageSource {
        let name = Self.names.lazy.compactMap { node.text($0) }.first
        if let given = try await setup.passages(node.id, name) { return given }
        let loaders = wired(node, "document")
        guard !loaders.isEmpty else {
            throw FlowError(
                node.title, "stands for a collection that is not given",
                remedy: "index documents (swiftlet index) and give the name: --collection NAME")
        }
        var found: [FoundPassage] = []
        for loader in loaders { found += try await documents(loader) }
        return ListedPassages(found, encoder: setup.encoder)
    }

    private func retriever(_ node: FlowNode) async throws -> any PassageSource {
        switch node.name {
        case "awsBedrockKBRetriever": return try await collection(node)
        case "similarityThresholdRetriever":
            let base = try await passages(node, "vectorStore")
            let share = (node.number("minSimilarityScore") ?? 80) / 100
            let maximum = node.integer("maxK")
            return ChangedPassages { question, count in
                let found = try await base.passages(for: question, count: maximum ?? count)
                let best = found.first?.score ?? 0
                // Scores of different searches are not alike: what counts is how near a passage comes to the best.
                return found.filter { Double($0.score) >= Double(best) * share }
            }
        case "HydeRetriever":
            let (base, model) = (try await passages(node, "vectorStore"), try await model(node, "model"))
            return ChangedPassages { question, count in
                let text = try await model.answer("Write a passage that answers this question:\n\(question)")
                return try await base.passages(for: text, count: count)
            }
        case "multiQueryRetriever", "RRFRetriever":
            let base = try await passages(node, "vectorStore", "baseRetriever")
            let (model, queries) = (try await model(node, "model"), node.integer("queryCount") ?? 3)
            return ChangedPassages { question, count in
                try await Self.fused(question, count, base, model, queries)
            }
        case "llmFilterRetriever":
            let (base, model) = (try await passages(node, "baseRetriever"), try await model(node, "model"))
            return ChangedPassages { question, count in try await Self.extracts(question, count, base, model) }
        case "promptRetriever":
            throw FlowError(node.title, "is a prompt, which only a Multi Prompt Chain can use")
        default: return try await passages(node, "vectorStore", "baseRetriever")
        }
    }

    private struct Queries: Decodable, Sendable { var queries: [String] }

    /// The passages that several wordings of a question find, joined by their places (reciprocal rank fusion, k = 60).
    private static func fused(
        _ question: String, _ count: Int, _ base: any PassageSource, _ model: any ChatModel, _ queries: Int
    ) async throws -> [FoundPassage] {
        let schema: JSON = [
            "type": "object",
            "properties": [
                "queries": [
                    "type": "array", "items": ["type": "string"], "minItems": 1, "maxItems": .integer(queries),
                ]
            ],
            "required": ["queries"], "additionalProperties": false,
        ]
        let more = try await model.value(
            Queries.self,
            [.system("Write \(queries) other wordings of the question for a search, as JSON."), .user(question)],
            schema: schema)
        var scores: [String: (passage: FoundPassage, score: Float)] = [:]
        for query in [question] + more.queries.prefix(queries) {
            for (rank, passage) in try await base.passages(for: query, count: count).enumerated() {
                scores[passage.text, default: (passage, 0)].score += 1 / Float(61 + rank)
            }
        }
        return scores.values.sorted { $0.score > $1.score }.prefix(count).map {
            FoundPassage(text: $0.passage.text, source: $0.passage.source, score: $0.score)
        }
    }

    private static func extracts(
        _ question: String, _ count: Int, _ base: any PassageSource, _ model: any ChatModel
    ) async throws -> [FoundPassage] {
        var kept: [FoundPassage] = []
        for passage in try await base.passages(for: question, count: count) {
            let text = try await model.answer([
                .system(
                    "Copy the sentences of the passage that help to answer the question. If there are none, say only NONE."
                ),
                .user("Question: \(question)\n\nPassage:\n\(PassageAnswer.quoted(passage.text))"),
            ]).text
            if text.trimmed.uppercased().hasPrefix("NONE") { continue }
            kept.append(FoundPassage(text: text, source: passage.source, score: passage.score))
        }
        return kept
    }

    /// The documents of a loader's node, cut by the splitter that is wired to it.
    func documents(_ node: FlowNode) async throws -> [FoundPassage] {
        if node.name == "vectorStoreToDocument" {
            let question = try await text(node.text("query") ?? "{{question}}")
            return try await passages(node, "vectorStore").passages(for: question, count: node.integer("topK") ?? 4)
        }
        let loaded: [(source: String, document: Document)]
        if let path = setup.documents[node.id] ?? setup.documents[""] {
            loaded = try await Self.load(path)
        } else if node.name == "plainText", let text = node.text("text") {
            loaded = [(node.label, Document(parts: [DocumentPart(text)]))]
        } else if let url = node.text("url"),
            ["cheerioWebScraper", "puppeteerWebScraper", "playwrightWebScraper", "apiLoader"].contains(node.name)
        {
            let text = try await WebTools(setup.hosts).text(of: url)
            loaded = [(url, Document(parts: [DocumentPart(text)]))]
        } else {
            throw FlowError(
                node.title, "loads documents that are not in the flow",
                remedy: "give a file or folder: --documents \(node.id)=PATH")
        }
        let splitter = try wired(node, "textSplitter").first.map(Self.splitter)
        return loaded.flatMap { source, document in
            guard let splitter else {
                return document.parts.map { FoundPassage(text: $0.text, source: source, score: 0) }
            }
            return splitter.split(document).map {
                FoundPassage(text: $0.text, source: "\(source): \($0.location)", score: 0)
            }
        }
    }

    private static func load(_ path: String) async throws -> [(source: String, document: Document)] {
        var loaded: [(source: String, document: Document)] = []
        for file in try FlowFiles.files(at: path) { loaded.append((file, try await DocumentLoader().load(file))) }
        return loaded
    }

    /// Flowise counts characters, or tokens in its token splitter: a token is about four.
    private static func splitter(_ node: FlowNode) throws -> PassageSplitter {
        let unit = node.name == "tokenTextSplitter" ? 1 : 4
        let size = max(8, (node.integer("chunkSize") ?? 1000) / unit)
        let overlap = min((node.integer("chunkOverlap") ?? 200) / unit, (size - 1) / 2)
        return try PassageSplitter(SplittingOptions(size: size, overlap: overlap)) { ($0.utf8.count + 3) / 4 }
    }
}

/// Passages that a function finds.
struct ChangedPassages: PassageSource {
    let find: @Sendable (String, Int) async throws -> [FoundPassage]

    func passages(for question: String, count: Int) async throws -> [FoundPassage] { try await find(question, count) }
}
