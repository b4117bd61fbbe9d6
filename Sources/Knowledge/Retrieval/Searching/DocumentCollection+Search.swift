public import Inference
import Vectors

extension DocumentCollection {
    /// The best passages for a query, best first.
    ///
    /// - Parameters:
    ///   - encoder: The encoder of the collection; not needed for keywords alone.
    ///   - reranker: Reads the candidates together with what is asked, and orders them anew.
    /// - Throws: `VectorError`, `RetrievalError` or `EmbeddingError`.
    public func search(
        _ query: RetrievalQuery, encoder: PassageEncoder?, reranker: (any TextReranker)? = nil
    ) async throws -> [RetrievedPassage] {
        guard query.count > 0, query.text.contains(where: { !$0.isWhitespace }) else { return [] }
        let needsMore = reranker != nil || query.diversity != nil || query.expands
        let depth = needsMore ? max(query.candidates, query.count) : query.count
        var filter: MetadataFilter?
        if let prefix = query.pathPrefix { filter = try await self.filter(prefix) }
        // Where nothing finds words, meaning has to do.
        let method = query.method == .hybrid && !vectors.findsWords ? .dense : query.method
        var (vector, rankings): ([Float]?, [[RetrievedPassage]]) = (nil, [])
        for text in [query.text] + query.alternatives {
            let own =
                method == .keywords
                ? nil : try await self.vector(of: text, near: query.hypotheticalPassage, encoder)
            if vector == nil { vector = own }
            let search = VectorQuery(
                vector: own, words: method == .dense ? nil : text, count: depth, filter: filter,
                width: max(64, depth))
            rankings.append(
                try await vectors.search(search).map(RetrievedPassage.init))
        }
        var passages = rankings.count == 1 ? rankings[0] : Self.fused(rankings, count: depth)
        if let reranker { passages = try await Self.rerank(passages, query.text, reranker) }
        if let lambda = query.diversity {
            let vector = if let vector { vector } else { try await self.vector(of: query.text, encoder) }
            passages = try await diverse(passages, vector, lambda: lambda, count: query.count)
        }
        if query.expands { passages = try await expanded(passages) }
        return Array(passages.prefix(query.count))
    }

    /// The cosine of what is asked with each of these passages.
    func similarities(of passages: [RetrievedPassage], to text: String, encoder: PassageEncoder) async throws -> [Float]
    {
        let vector = try await vector(of: text, encoder)
        let stored = try await storedVectors(of: passages)
        return passages.map { passage in
            guard let other = stored[passage.id] else { return 0 }
            return zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
        }
    }

    /// The cosine of what is asked with each of these texts.
    func similarities(of texts: [String], to text: String, encoder: PassageEncoder) async throws -> [Float] {
        let vector = try await vector(of: text, encoder)
        return try await encoder.encode(passages: texts).map { other in
            let length = other.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return length > 0 ? zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 } / length : 0
        }
    }

    /// The vector of a text, of length 1.
    private func vector(of text: String, _ encoder: PassageEncoder?) async throws -> [Float] {
        guard let encoder else {
            throw VectorError.otherEncoder(path: vectors.path, found: self.encoder, expected: "none")
        }
        try check(encoder)
        return try vectors.settings.prepared(try await encoder.encode(query: text), id: "the query")
    }

    /// The vector of a text, or the mean of its own and that of a passage that might answer it.
    private func vector(of text: String, near passage: String?, _ encoder: PassageEncoder?) async throws -> [Float] {
        let own = try await vector(of: text, encoder)
        guard let passage, let encoder else { return own }
        let other = try vectors.settings.prepared(try await encoder.encode(passages: [passage])[0], id: "the query")
        return try vectors.settings.prepared(zip(own, other).map { $0 + $1 }, id: "the query")
    }

    private static func fused(_ rankings: [[RetrievedPassage]], count: Int) -> [RetrievedPassage] {
        let passages = Dictionary(rankings.joined().map { ($0.id, $0) }) { first, _ in first }
        return RankFusion.fuse(rankings.map { $0.map { ($0.id, $0.score) } }).prefix(count).compactMap { id, score in
            var passage = passages[id]
            passage?.score = Float(score)
            return passage
        }
    }

    private func storedVectors(of passages: [RetrievedPassage]) async throws -> [String: [Float]] {
        try await vectors.records(ids: passages.map(\.id)).reduce(into: [:]) { $0[$1.id] = $1.vector }
    }

    private func filter(_ prefix: String) async throws -> MetadataFilter {
        let paths = try await catalog.files().map(\.path).filter { $0.hasPrefix(prefix) }
        return .oneOf("path", paths.map(MetadataValue.text))
    }

    private static func rerank(
        _ passages: [RetrievedPassage], _ text: String, _ reranker: any TextReranker
    ) async throws -> [RetrievedPassage] {
        let texts = passages.map(\.text)
        let ranking = try await Blocking.run { try reranker.ranking(query: text, documents: texts) }
        return ranking.map { entry in
            var passage = passages[entry.index]
            passage.score = entry.score.score
            return passage
        }
    }

    private func diverse(
        _ passages: [RetrievedPassage], _ vector: [Float], lambda: Float, count: Int
    ) async throws -> [RetrievedPassage] {
        let stored = try await storedVectors(of: passages)
        let known = passages.filter { stored[$0.id] != nil }
        let places = MarginalRelevance.choose(
            vector, from: known.compactMap { stored[$0.id] }, count: count, lambda: lambda)
        return places.map { known[$0] }
    }

    /// The passages with what belongs around them; of those that share it the first stays.
    private func expanded(_ passages: [RetrievedPassage]) async throws -> [RetrievedPassage] {
        var taken: [String: [ClosedRange<Int>]] = [:]
        var expanded: [RetrievedPassage] = []
        for passage in passages {
            if taken[passage.path, default: []].contains(where: { $0.contains(passage.number) }) { continue }
            taken[passage.path, default: []].append(passage.context)
            let around = try await self.passages(of: passage.path, passage.context)
            var larger = passage
            if let first = around.first, let last = around.last, around.count > 1 {
                larger.text = around.dropFirst().reduce(first.text) { Self.joined($0, $1.text) }
                larger.location = Self.location(passage.location, from: first.location, through: last.location)
            }
            expanded.append(larger)
        }
        return expanded
    }

    /// Two texts of which the second may begin as the first ends.
    static func joined(_ first: String, _ second: String) -> String {
        let (a, b) = (Array(first.utf8), Array(second.utf8))
        for count in stride(from: min(a.count, b.count), to: 7, by: -1) where a.suffix(count) == b.prefix(count) {
            return first + String(decoding: b.dropFirst(count), as: UTF8.self)
        }
        return first + "\n" + second
    }

    /// Where a passage is with what is around it: lines from the first to the last, if there are lines.
    private static func location(_ own: String, from first: String, through last: String) -> String {
        let pattern = /(line|row|item)s? (\d+)(?:-(\d+))?/
        guard let start = first.firstMatch(of: pattern), let end = last.firstMatch(of: pattern),
            let middle = own.firstMatch(of: pattern)
        else { return own }
        let through = end.3 ?? end.2
        let lines = start.2 == through ? "\(start.1) \(through)" : "\(start.1)s \(start.2)-\(through)"
        return own.replacingCharacters(in: middle.range, lines)
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>, _ text: String) -> String {
        String(self[..<range.lowerBound]) + text + self[range.upperBound...]
    }
}
