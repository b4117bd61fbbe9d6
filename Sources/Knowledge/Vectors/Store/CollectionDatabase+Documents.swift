import Essentials
import GRDB

extension CollectionDatabase {
    /// The slot of a document.
    static func slot(of id: String, _ database: Database) throws -> Int? {
        try database.cachedStatement(sql: "SELECT slot FROM documents WHERE id = ?").fetchOne(Data(id.utf8))
    }

    /// Writes a document and its vector, as it is stored, into a slot that is free.
    static func insert(_ record: VectorRecord, vector: [Float], slot: Int, _ totals: inout Totals, _ database: Database)
        throws
    {
        let words = WordSplitter.words(of: record.text)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let metadata = String(decoding: try encoder.encode(record.metadata), as: UTF8.self)
        let sparse = try record.sparse.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        try database.cachedStatement(sql: "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?)")
            .execute(arguments: [slot, Data(record.id.utf8), Data(record.text.utf8), metadata, words.count, sparse])
        let insertValue = try database.cachedStatement(sql: "INSERT OR IGNORE INTO metadata VALUES (?, ?, ?)")
        for (field, value) in record.metadata {
            for single in value.single { try insertValue.execute(arguments: [field, single.databaseValue, slot]) }
        }
        var counts: [String: Int] = [:]
        for word in words { counts[word, default: 0] += 1 }
        let insertWord = try database.cachedStatement(sql: "INSERT INTO words VALUES (?, ?, ?)")
        for (word, count) in counts { try insertWord.execute(arguments: [word, slot, count]) }
        let insertWeight = try database.cachedStatement(sql: "INSERT INTO weights VALUES (?, ?, ?)")
        for (dimension, weight) in record.sparse?.entries ?? [:] {
            try insertWeight.execute(arguments: [Int(dimension), slot, Double(weight)])
        }
        totals.documents += 1
        totals.words += words.count
        try log(slot, vector, database)
    }

    /// Removes what belongs to a slot, all but the change of its vector.
    static func remove(slot: Int, _ totals: inout Totals, _ database: Database) throws {
        guard
            let row = try Row.fetchOne(
                database, sql: "SELECT text, metadata, words, sparse FROM documents WHERE slot = ?", arguments: [slot])
        else { return }
        let (text, metadata, sparse): (String, [String: MetadataValue], SparseVector?) = (
            string(row[0]), decode(row[1]) ?? [:], (row[3] as String?).flatMap { decode($0) }
        )
        let removeValue = try database.cachedStatement(
            sql: "DELETE FROM metadata WHERE field = ? AND value = ? AND slot = ?")
        for (field, value) in metadata {
            for single in value.single { try removeValue.execute(arguments: [field, single.databaseValue, slot]) }
        }
        let removeWord = try database.cachedStatement(sql: "DELETE FROM words WHERE word = ? AND slot = ?")
        for word in Set(WordSplitter.words(of: text)) { try removeWord.execute(arguments: [word, slot]) }
        let removeWeight = try database.cachedStatement(sql: "DELETE FROM weights WHERE dimension = ? AND slot = ?")
        for dimension in sparse?.entries.keys.map({ Int($0) }) ?? [] {
            try removeWeight.execute(arguments: [dimension, slot])
        }
        try database.cachedStatement(sql: "DELETE FROM documents WHERE slot = ?").execute(arguments: [slot])
        totals.documents -= 1
        totals.words -= row[2]
    }

    /// Notes what a slot's vector has become.
    static func log(_ slot: Int, _ vector: [Float]?, _ database: Database) throws {
        let data = vector.map { $0.withUnsafeBytes { Data($0) } }
        try database.cachedStatement(sql: "INSERT INTO changes(slot, vector) VALUES (?, ?)")
            .execute(arguments: [slot, data])
    }

    private static func string(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }

    static func decode<Value: Decodable>(_ text: String) -> Value? {
        try? JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    /// The document of a slot: id, text, metadata, sparse vector.
    static func document(slot: Int, _ database: Database) throws -> VectorRecord? {
        let statement = try database.cachedStatement(
            sql: "SELECT id, text, metadata, sparse FROM documents WHERE slot = ?")
        return try Row.fetchOne(statement, arguments: [slot]).map { row in
            VectorRecord(
                id: string(row[0]), vector: [], text: string(row[1]), metadata: decode(row[2]) ?? [:],
                sparse: (row[3] as String?).flatMap { decode($0) })
        }
    }
}

extension MetadataValue {
    /// As it is compared in the database: kinds that differ never equal each other there. A list has none of its own.
    var databaseValue: DatabaseValue {
        switch self {
        case .text(let text): text.databaseValue
        case .number(let number): number.databaseValue
        case .flag(let flag): Data([flag ? 1 : 0]).databaseValue
        case .list: .null
        }
    }
}

extension Statement {
    fileprivate func fetchOne(_ argument: Data) throws -> Int? { try Int.fetchOne(self, arguments: [argument]) }
}
