import Files
import GRDB
import Platform
import Testing

@testable import Vectors

/// Damage and failures: what was committed is there afterwards, or the damaged file is named.
@Suite(.serialized) struct DurabilityTests {
    /// The documents of a collection, with the number that each was written with; nil if it cannot be opened.
    private func contents(_ path: String) throws -> Set<String> {
        let collection = try VectorCollection.open(at: path, threads: 1)
        defer { try? collection.database.pool.close() }
        let count = try collection.count()
        let hits = try collection.search(
            VectorQuery(vector: CollectionTests.record(0).vector, count: count + 5, width: 200))
        // Documents and vectors say the same.
        #expect(hits.count == count)
        return Set(hits.map(\.id))
    }

    /// A collection with a snapshot, changes after it, and a log of the database that has not been taken in.
    private func prepared(_ folder: TemporaryFolder) throws -> String {
        let collection = try CollectionTests.make(folder, 25)
        try collection.checkpoint()
        try collection.upsert((25..<30).map { CollectionTests.record($0) })
        let copy = folder.path + "/original"
        try TemporaryFolder.copy(collection.path, to: copy)
        try FileSystem.remove(copy + "/collection.sqlite-shm")
        return copy
    }

    @Test("A store that was cut off anywhere is whole, repaired, or refused by name")
    func truncation() throws {
        let folder = try TemporaryFolder()
        let original = try prepared(folder)
        let all = try contents(
            {
                try TemporaryFolder.copy(original, to: folder.path + "/whole"); return folder.path + "/whole"
            }())
        #expect(all.count == 30)
        // SWIFTLET_TEST_EVERY_BYTE=1 cuts at every byte; otherwise some hundred places.
        let isThorough = getenv("SWIFTLET_TEST_EVERY_BYTE") != nil
        for name in try FileSystem.names(in: original) where name != "lock" {
            let bytes = try FileSystem.contents(of: original + "/" + name)
            let step = isThorough ? 1 : max(1, bytes.count / 40) | 1
            for length in Array(stride(from: 0, to: bytes.count, by: step)) + [bytes.count - 1] {
                let path = folder.path + "/cut"
                try TemporaryFolder.copy(original, to: path)
                #expect(truncate(path + "/" + name, off_t(length)) == 0)
                do {
                    let found = try contents(path)
                    // Only the log may lose what came last.
                    #expect(
                        found == all || name.hasSuffix("-wal") && found.isSubset(of: all), "\(name) cut at \(length)")
                    if name.hasPrefix("graph") { #expect(found == all) }
                } catch let error as VectorError {
                    #expect(!name.hasPrefix("graph"))
                    #expect("\(error)".contains(path), "\(error)")
                } catch {
                    Issue.record("\(name) cut at \(length): \(error)")
                }
            }
        }
    }

    @Test(
        "A collection that nobody holds any more leaves no thread behind",
        .enabled(if: FileSystem.exists("/proc/self/task")))
    func threads() throws {
        let folder = try TemporaryFolder()
        let path = try prepared(folder)
        for _ in 0..<200 {
            let collection = try VectorCollection.open(at: path, access: .reading, threads: 2)
            #expect(try collection.count() == 30)
        }
        // Other tests come and go meanwhile.
        #expect(try FileSystem.names(in: "/proc/self/task").count < 150)
    }

    @Test("A changed byte of vectors or graph is noticed")
    func changedBytes() throws {
        let folder = try TemporaryFolder()
        let original = try prepared(folder)
        for name in ["vectors-1.bin", "graph-1.bin"] {
            let bytes = try FileSystem.contents(of: original + "/" + name)
            for place in stride(from: 0, to: bytes.count, by: bytes.count / 30 | 1) {
                let path = folder.path + "/changed"
                try TemporaryFolder.copy(original, to: path)
                var changed = bytes
                changed[place] ^= 0x10
                try AtomicFile.write(changed, to: path + "/" + name)
                if name.hasPrefix("vectors") {
                    // The padding behind the header is not read, and has no checksum.
                    if place > 1000, place < 1 << 16 { continue }
                    #expect(throws: VectorError.self, "\(place)") { try contents(path) }
                } else {
                    #expect(try contents(path).count == 30)
                }
            }
        }
    }

    @Test("A damaged graph is made again from the vectors, and written with the next snapshot")
    func repairedGraph() throws {
        let folder = try TemporaryFolder()
        let path = try prepared(folder)
        try FileSystem.remove(path + "/graph-1.bin")
        do {
            let collection = try VectorCollection.open(at: path, threads: 1)
            #expect(collection.repaired != nil)
            try collection.close()
        }
        let collection = try VectorCollection.open(at: path, threads: 1)
        #expect(collection.repaired == nil)
        #expect(try collection.count() == 30)
        try collection.verify()
    }

    @Test(
        "Whatever step of a snapshot fails, nothing is lost",
        arguments: [FaultPlan.Fault.failure(EIO), .diskFull, .shortWrite])
    func failingSnapshots(fault: FaultPlan.Fault) throws {
        let counting = FaultPlan()
        do {
            let folder = try TemporaryFolder()
            let collection = try CollectionTests.make(folder, 25)
            try FaultPlan.$current.withValue(counting) { try collection.checkpoint() }
        }
        #expect(counting.steps.count > 6)
        for step in counting.steps.indices {
            let folder = try TemporaryFolder()
            let collection = try CollectionTests.make(folder, 20)
            try collection.checkpoint()
            try collection.upsert((20..<25).map { CollectionTests.record($0) })
            let plan = FaultPlan(fault, atStep: step)
            let failed = FaultPlan.$current.withValue(plan) { (try? collection.checkpoint()) == nil }
            if fault == .shortWrite { #expect(!failed) }
            #expect(try collection.count() == 25)
            #expect(
                try collection.search(VectorQuery(vector: CollectionTests.record(3).vector, count: 1)).first?.id == "d3"
            )
            // As a kill would leave it now.
            let path = folder.path + "/copy"
            try TemporaryFolder.copy(collection.path, to: path)
            try FileSystem.remove(path + "/collection.sqlite-shm")
            #expect(try contents(path).count == 25, "step \(step)")
            try collection.checkpoint()
            try collection.verify()
        }
    }

    @Test("A full disk under the database refuses the change and keeps the rest")
    func fullDatabase() throws {
        let folder = try TemporaryFolder()
        let collection = try CollectionTests.make(folder, 20)
        let pages = try collection.database.pool.read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
        try collection.database.pool.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA max_page_count = \(pages + 2)")
        }
        #expect(throws: (any Error).self) { try collection.upsert((20..<500).map { CollectionTests.record($0) }) }
        #expect(try collection.count() == 20)
        #expect(try collection.search(VectorQuery(vector: CollectionTests.record(30).vector, count: 50)).count == 20)
        try collection.database.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
        try collection.upsert((20..<500).map { CollectionTests.record($0) })
        #expect(try collection.count() == 500)
    }

    @Test("Killed anywhere, a store holds all that was committed")
    func kills() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/c"
        _ = try VectorCollection.create(at: path, settings: .init(size: CollectionTests.size), threads: 1)
        setenv("SWIFTLET_TEST_KILLED_STORE", path, 1)
        var before = 0
        for _ in 0..<3 {
            await #expect(processExitsWith: .signal(SIGKILL)) { try KilledWriter.run() }
            let collection = try VectorCollection.open(at: path, threads: 1)
            let count = try collection.count()
            // Each change is 5 documents; the number of those that were done is noted after they were.
            let noted = Int(String(decoding: try FileSystem.contents(of: path + "/../noted"), as: UTF8.self)) ?? 0
            #expect(count % 5 == 0 && count >= noted && count >= before, "\(count), noted \(noted)")
            let found = try collection.search(
                VectorQuery(vector: CollectionTests.record(0).vector, count: count + 1, width: 400))
            #expect(Set(found.map(\.id)) == Set((0..<count).map { "d\($0)" }))
            try collection.verify()
            before = count
            try collection.database.pool.close()
        }
    }
}

/// What runs in the process that is killed.
enum KilledWriter {
    /// Adds documents and writes snapshots until a thread kills the process, some moment from the start on.
    static func run() throws {
        guard let path = getenv("SWIFTLET_TEST_KILLED_STORE").map({ String(cString: $0) }) else { return }
        let collection = try VectorCollection.open(at: path, threads: 1)
        let delay = UInt32.random(in: 20_000...400_000)
        Task.detached {
            usleep(delay)
            kill(getpid(), SIGKILL)
        }
        var count = try collection.count()
        for round in 0... {
            try collection.upsert((count..<count + 5).map { CollectionTests.record($0) })
            count += 5
            try AtomicFile.write(Array("\(count)".utf8), to: path + "/../noted", isDurable: false)
            if round % 3 == 2 { try collection.checkpoint() }
        }
    }
}
