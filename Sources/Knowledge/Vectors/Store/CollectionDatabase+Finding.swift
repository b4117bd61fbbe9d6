import GRDB

extension CollectionDatabase {
    /// The slots that a filter lets through, of those in `live`.
    static func slots(_ filter: MetadataFilter, live: SlotSet, _ database: Database) throws -> SlotSet {
        func select(_ condition: String, _ arguments: [DatabaseValue]) throws -> SlotSet {
            try fetch("SELECT slot FROM metadata WHERE \(condition)", arguments, database)
        }
        switch filter {
        case .equals(let field, let value):
            return try select("field = ? AND value = ?", [field.databaseValue, single(value, field)])
        case .oneOf(let field, let values):
            var found = SlotSet()
            for value in values {
                found.formUnion(try select("field = ? AND value = ?", [field.databaseValue, single(value, field)]))
            }
            return found
        case .range(let field, let from, let through):
            let (condition, bounds) = try bounds(field, from, through)
            return try select("field = ? AND \(condition)", [field.databaseValue] + bounds)
        case .contains(let field, let part): return try slots(field: field, containing: part, database)
        case .exists(let field): return try select("field = ?", [field.databaseValue])
        case .words(let text):
            var found = live
            for word in Set(WordSplitter.words(of: text)) {
                let sql = "SELECT slot FROM words WHERE word = ?"
                found.formIntersection(try fetch(sql, [word.databaseValue], database))
            }
            return found
        case .and(let filters):
            var found = live
            for filter in filters { found.formIntersection(try slots(filter, live: live, database)) }
            return found
        case .or(let filters):
            var found = SlotSet()
            for filter in filters { found.formUnion(try slots(filter, live: live, database)) }
            return found
        case .not(let filter):
            var found = live
            found.subtract(try slots(filter, live: live, database))
            return found
        }
    }

    private static func fetch(_ sql: String, _ arguments: [DatabaseValue], _ database: Database) throws -> SlotSet {
        let cursor = try Int.fetchCursor(
            try database.cachedStatement(sql: sql), arguments: StatementArguments(arguments))
        var found = SlotSet()
        while let slot = try cursor.next() { found.insert(slot) }
        return found
    }

    private static func single(_ value: MetadataValue, _ field: String) throws -> DatabaseValue {
        if case .list = value { throw VectorError.invalidFilter("\(field) is compared with a list; use one-of") }
        return value.databaseValue
    }

    /// Bounds of one kind: SQLite has all numbers before all texts, and those before what flags are.
    private static func bounds(_ field: String, _ from: MetadataValue?, _ through: MetadataValue?) throws
        -> (String, [DatabaseValue])
    {
        let kinds: (String, String)
        switch (from, through) {
        case (.number, .number), (.number, nil), (nil, .number): kinds = ("value > -9e999", "value < ''")
        case (.text, .text), (.text, nil), (nil, .text): kinds = ("value >= ''", "value < x''")
        case (nil, nil): throw VectorError.invalidFilter("the range of \(field) has no bound")
        default: throw VectorError.invalidFilter("the bounds of \(field) are not two numbers or two texts")
        }
        let lower = from == nil ? kinds.0 : "value >= ?", upper = through == nil ? kinds.1 : "value <= ?"
        return ("\(lower) AND \(upper)", [from, through].compactMap { $0?.databaseValue })
    }

    /// The slots with a text in a field that contains another; each different text is looked at once.
    private static func slots(field: String, containing part: String, _ database: Database) throws -> SlotSet {
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT value, slot FROM metadata WHERE field = ? AND value >= '' AND value < x'' ORDER BY value",
            arguments: [field])
        let part = part.lowercased()
        var found = SlotSet()
        var last: (text: String, matches: Bool)?
        while let row = try rows.next() {
            let text: String = row[0]
            if last?.text != text { last = (text, part.isEmpty || text.lowercased().contains(part)) }
            if last?.matches == true { found.insert(row[1]) }
        }
        return found
    }

    /// The texts with some of the words and their BM25 scores, best first, lower slots before higher ones.
    func keywordRanking(_ text: String, allowed: SlotSet?, count: Int, _ database: Database) throws
        -> [(item: Int, score: Float)]
    {
        let totals = try get("totals", Totals.self, database)
        let (bm25, average) = (BM25(), Double(totals.words) / Double(max(totals.documents, 1)))
        var scores: [Int: Double] = [:]
        // A word that is asked for twice counts twice.
        for word in WordSplitter.words(of: text) {
            let statement = try database.cachedStatement(
                sql: """
                    SELECT words.slot, words.count, documents.words FROM words JOIN documents USING (slot)
                    WHERE word = ?
                    """)
            let rows = try Row.fetchAll(statement, arguments: [word])
            for row in rows where allowed?.contains(row[0]) ?? true {
                scores[row[0], default: 0] += bm25.weight(
                    count: row[1], length: row[2], averageLength: average, texts: totals.documents, holders: rows.count)
            }
        }
        return Self.best(scores, count)
    }

    /// The documents that share a dimension with a sparse vector, by their dot products.
    func sparseRanking(_ query: SparseVector, allowed: SlotSet?, count: Int, _ database: Database) throws
        -> [(item: Int, score: Float)]
    {
        var scores: [Int: Double] = [:]
        let statement = try database.cachedStatement(sql: "SELECT slot, weight FROM weights WHERE dimension = ?")
        for (dimension, weight) in query.entries.sorted(by: { $0.key < $1.key }) {
            let rows = try Row.fetchCursor(statement, arguments: [Int(dimension)])
            while let row = try rows.next() {
                if allowed?.contains(row[0]) ?? true {
                    scores[row[0], default: 0] += Double(weight) * (row[1] as Double)
                }
            }
        }
        return Self.best(scores, count)
    }

    private static func best(_ scores: [Int: Double], _ count: Int) -> [(item: Int, score: Float)] {
        let sorted = scores.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return sorted.prefix(count).map { ($0.key, Float($0.value)) }
    }
}
