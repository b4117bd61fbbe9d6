import JSONValues
import Testing
import Vectors

@testable import VectorServers

@Suite struct StoreAddressTests {
    @Test func addressesAreTakenApart() throws {
        let postgres = try StoreAddress("postgresql://ann:secret@db.example:5433/store/manuals?sslmode=require")
        #expect(postgres.kind == .postgres && postgres.collection == "manuals" && postgres.container == ["store"])
        #expect(postgres.authority == "ann:secret@db.example:5433" && postgres.parameters == "?sslmode=require")
        let socket = try StoreAddress("postgres:///postgres/manuals?host=/run/pg")
        #expect(socket.authority == "" && socket.container == ["postgres"])
        let qdrant = try StoreAddress("qdrant+https://key@host/manuals")
        #expect(qdrant.isEncrypted && qdrant.host == "host" && qdrant.credentials == "key")
        #expect(try StoreAddress("chroma://h:1/tenant/database/abc").container == ["tenant", "database"])
    }

    @Test func secretsAreNotShown() throws {
        for text in ["postgres://ann:secret@h/d/abc?password=secret", "qdrant://secret@h/abc", "chroma://secret@h/abc"]
        {
            #expect(!"\(try StoreAddress(text))".contains("secret"))
        }
        #expect(throws: VectorError.self) { try StoreAddress("postgres://ann:secret@h/abc") }
        do { _ = try StoreAddress("postgres://ann:secret@h/abc?password=secret") } catch {
            #expect(!"\(error)".contains("secret") && "\(error)".contains("@h/abc"))
        }
    }

    @Test(arguments: [
        "manuals", "mysql://h/abc", "postgres://h", "postgres://h/abc", "postgres://h/a/b/abc", "qdrant://h",
        "qdrant:///abc",
        "qdrant://h/d/abc", "chroma://h/t/abc", "qdrant://h/a\"b", "qdrant://h/ab", "qdrant://h/abc--files",
        "qdrant://h/-abc",
        "postgres+https://h/d/abc", "qdrant://h/abc?x=1", "://", "",
    ])
    func otherTextsAreRefused(_ text: String) {
        #expect(throws: VectorError.self) { try StoreAddress(text) }
    }

    @Test func idsBecomePoints() {
        let point = QdrantStore.point("a/b.txt#3")
        #expect(
            point.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12] && point != QdrantStore.point("a/b.txt#4"))
    }

    @Test func chromasListsComeBack() {
        let metadata: [String: MetadataValue] = ["tags": ["x", 2, true], "year": 2020, "none": []]
        var members = JSON.Object()
        for (field, value) in metadata { ChromaMetadata.add(value, field, to: &members) }
        #expect(members["tags[]\"x\""] == true && ChromaMetadata.read(.object(members)) == metadata)
    }

    @Test func chromasFiltersHaveNoNot() throws {
        let filter = MetadataFilter.not(.or([.equals("a", "x"), .not(.range("n", from: 2))]))
        let condition = try ChromaFilter.condition(filter)
        #expect(
            condition?["where"] == [
                "$and": [["$and": [["a": ["$nin": ["x"]]], ["a[]\"x\"": ["$ne": true]]]], ["n": ["$gte": 2.0]]]
            ])
        #expect(try ChromaFilter.condition(.or([])) == nil && ChromaFilter.condition(.and([])) == [:])
        #expect(throws: VectorError.self) { try ChromaFilter.condition(.exists("a")) }
    }
}
