import GRDB
import Synchronization

extension VectorCollection {
    /// The best documents for a query, best first.
    public func search(_ query: VectorQuery) throws -> [SearchHit] {
        guard query.count > 0 else { return [] }
        try refresh()
        let vector = try query.vector.map { try settings.prepared($0, id: "the query") }
        return try database.pool.read { content in
            try lock.reading {
                let allowed = try query.filter.map { try slots($0, content) }
                // Rankings that are fused are longer than the result: what two of them have comes from further down.
                let parts = [vector != nil, query.words != nil, query.sparse != nil].count { $0 }
                let depth = parts > 1 ? max(query.count * 4, 50) : query.count
                var rankings: [[(item: Int, score: Float)]] = []
                if let vector { rankings.append(nearest(vector, depth, query.width, allowed)) }
                if let words = query.words {
                    rankings.append(try database.keywordRanking(words, allowed: allowed, count: depth, content))
                }
                if let sparse = query.sparse {
                    rankings.append(try database.sparseRanking(sparse, allowed: allowed, count: depth, content))
                }
                let best =
                    rankings.count == 1
                    ? rankings[0] : RankFusion.fuse(rankings).map { (item: $0.item, score: Float($0.score)) }
                return try best.prefix(query.count).compactMap { slot, score in
                    try CollectionDatabase.document(slot: slot, content).map {
                        SearchHit(id: $0.id, score: score, text: $0.text, metadata: $0.metadata)
                    }
                }
            }
        }
    }

    /// The ids and similarities of the nearest documents of several vectors, on all threads.
    public func nearest(_ vectors: [[Float]], count: Int = 10, filter: MetadataFilter? = nil, width: Int = 64) throws
        -> [[(id: String, score: Float)]]
    {
        try refresh()
        var queries: [Float] = []
        for (place, vector) in vectors.enumerated() {
            queries += try settings.prepared(vector, id: "query \(place)")
        }
        return try database.pool.read { content in
            try lock.reading {
                let allowed = try filter.map { try slots($0, content) }
                let found = queries.withUnsafeBufferPointer { queries in
                    batches.withLock { _ in
                        image.index.search(
                            batch: queries, k: count, options: SearchOptions(width: width), allowed: allowed, pool: pool
                        )
                    }
                }
                return try found.map { neighbours in
                    try neighbours.compactMap { neighbour in
                        try CollectionDatabase.document(slot: neighbour.slot, content).map {
                            ($0.id, similarity(neighbour))
                        }
                    }
                }
            }
        }
    }

    /// The documents of these ids that there are, with their vectors as they are stored.
    public func records(ids: [String]) throws -> [VectorRecord] {
        try refresh()
        return try database.pool.read { content in
            try lock.reading {
                try ids.compactMap { id in
                    guard let slot = try CollectionDatabase.slot(of: id, content) else { return nil }
                    var record = try CollectionDatabase.document(slot: slot, content)
                    record?.vector = image.rows.format.decode(image.rows.row(slot))
                    return record
                }
            }
        }
    }

    /// The documents one after another.
    public func page(after cursor: String?, count: Int) throws -> RecordPage {
        try refresh()
        return try database.pool.read { content in
            try lock.reading {
                let slots = try Int.fetchAll(
                    content, sql: "SELECT slot FROM documents WHERE slot > ? ORDER BY slot LIMIT ?",
                    arguments: [cursor.flatMap { Int($0) } ?? -1, max(count, 1)])
                let records = try slots.compactMap { slot in
                    var record = try CollectionDatabase.document(slot: slot, content)
                    record?.vector = image.rows.format.decode(image.rows.row(slot))
                    return record
                }
                return RecordPage(
                    records: records, next: slots.count < max(count, 1) ? nil : slots.last.map(String.init))
            }
        }
    }

    /// The number of documents, or of those that a filter lets through.
    public func count(where filter: MetadataFilter? = nil) throws -> Int {
        try refresh()
        guard let filter else { return lock.reading { image.live.count } }
        return try database.pool.read { content in try lock.reading { try slots(filter, content).count } }
    }

    /// The bytes of memory that vectors and graph take; of mapped ones only what is touched is in memory.
    public var memoryBytes: Int { lock.reading { image.index.memoryBytes } }

    private func nearest(_ vector: [Float], _ count: Int, _ width: Int, _ allowed: SlotSet?) -> [(
        item: Int, score: Float
    )] {
        let found = vector.withUnsafeBufferPointer { vector -> [Neighbour] in
            guard let base = vector.baseAddress else { return [] }
            return image.index.search(base, k: count, options: SearchOptions(width: width), allowed: allowed)
        }
        return found.map { ($0.slot, similarity($0)) }
    }

    private func similarity(_ neighbour: Neighbour) -> Float {
        settings.metric.similarity(distance: neighbour.distance, size: settings.size)
    }

    /// What a filter lets through, remembered until something changes.
    private func slots(_ filter: MetadataFilter, _ content: Database) throws -> SlotSet {
        if let known = filters.withLock({ $0[filter] }) { return known }
        let found = try CollectionDatabase.slots(filter, live: image.live, content)
        filters.withLock { filters in
            if filters.count >= 64 { filters = [:] }
            filters[filter] = found
        }
        return found
    }

    /// Sees what the writer has done since; reports damage that has been found meanwhile.
    private func refresh() throws {
        if let damage = damage.withLock({ $0 }) { throw damage }
        guard access == .reading else { return }
        let (snapshot, last) = try database.pool.read { content in
            (
                try database.get("snapshot", CollectionDatabase.Snapshot.self, content),
                try Int64.fetchOne(content, sql: "SELECT max(sequence) FROM changes") ?? 0
            )
        }
        try writer.withLock { _ in
            let sequence = lock.reading { image.sequence }
            if snapshot.sequence > sequence {
                // The changes in between are only in the new files.
                let image = try Self.loadImage(path, settings, database, pool)
                lock.writing {
                    self.image = image
                    filters.withLock { $0 = [:] }
                }
            } else if last > sequence {
                try takeChangesIn()
            }
        }
    }
}
