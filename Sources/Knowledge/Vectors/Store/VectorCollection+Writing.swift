import Files
import GRDB
import Synchronization

extension VectorCollection {
    /// Adds documents, or replaces those with the same ids, and returns when all of them are on the disk; of equal ids the
    /// last one counts. If one is refused or there is an error, nothing has changed.
    public func upsert(_ records: [VectorRecord]) throws {
        guard access == .writing else { throw VectorError.readOnly(path: path) }
        // All are checked before the first is written.
        let vectors = try records.map { try settings.prepared($0.vector, id: $0.id) }
        // Of equal ids the last one counts.
        var last: [String: Int] = [:]
        for (place, record) in records.enumerated() { last[record.id] = place }
        let places = last.values.sorted()
        try change { database, totals in
            var slots: [Int: Int] = [:]
            for place in places { slots[place] = try CollectionDatabase.slot(of: records[place].id, database) }
            var free = self.image.freeSlots(places.count - slots.count).makeIterator()
            for place in places {
                if let slot = slots[place] { try CollectionDatabase.remove(slot: slot, &totals, database) }
                guard let slot = slots[place] ?? free.next() else { continue }
                try CollectionDatabase.insert(records[place], vector: vectors[place], slot: slot, &totals, database)
            }
        }
    }

    /// Removes documents; returns how many there were.
    @discardableResult public func delete(ids: [String]) throws -> Int {
        guard access == .writing else { throw VectorError.readOnly(path: path) }
        var count = 0
        try change { database, totals in
            count = 0
            for id in Set(ids) {
                guard let slot = try CollectionDatabase.slot(of: id, database) else { continue }
                try CollectionDatabase.remove(slot: slot, &totals, database)
                try CollectionDatabase.log(slot, nil, database)
                count += 1
            }
        }
        return count
    }

    /// Removes the documents that a filter lets through; returns how many.
    @discardableResult public func delete(where filter: MetadataFilter) throws -> Int {
        guard access == .writing else { throw VectorError.readOnly(path: path) }
        var count = 0
        try change { database, totals in
            let slots = try CollectionDatabase.slots(filter, live: self.image.live, database)
            count = slots.count
            for slot in slots.slots {
                try CollectionDatabase.remove(slot: Int(slot), &totals, database)
                try CollectionDatabase.log(Int(slot), nil, database)
            }
        }
        return count
    }

    /// Changes the database in one step, then the vectors in memory; only one change at a time.
    private func change(_ body: (Database, inout CollectionDatabase.Totals) throws -> Void) throws {
        try writer.withLock { _ in
            try database.pool.write { content in
                var totals = try database.get("totals", CollectionDatabase.Totals.self, content)
                try body(content, &totals)
                try CollectionDatabase.set(totals, "totals", content)
            }
            try takeChangesIn()
            let pending = image.pendingChanges
            // What is committed stays so if there is no room for a new snapshot now.
            if pending > max(20_000, image.live.count / 4) { try? writeSnapshot() }
        }
    }

    /// Brings the vectors in memory to the state of the database.
    func takeChangesIn() throws {
        try database.pool.read { content in
            try lock.writing {
                try Self.replay(image, database, content, pool)
                filters.withLock { $0 = [:] }
            }
        }
    }

    /// Writes vectors and graph into new files, so that the next opening has nothing to do over; done by itself when many
    /// vectors have changed.
    public func checkpoint() throws {
        guard access == .writing else { throw VectorError.readOnly(path: path) }
        try writer.withLock { _ in try writeSnapshot() }
    }

    private func writeSnapshot() throws {
        if image.pendingChanges == 0, image.repaired == nil { return }
        let before = try database.pool.read {
            try database.get("snapshot", CollectionDatabase.Snapshot.self, $0)
        }
        let next = CollectionDatabase.Snapshot(generation: before.generation + 1, sequence: image.sequence)
        do {
            // Others may search meanwhile.
            try lock.reading { try image.write(to: path, generation: next.generation) }
        } catch {
            removeSnapshot(next.generation)
            throw error
        }
        // If this fails the files stay until the next opening: only then is it known whether it has been kept all the same.
        try database.pool.write { content in
            try CollectionDatabase.set(next, "snapshot", content)
            try content.execute(sql: "DELETE FROM changes WHERE sequence <= ?", arguments: [next.sequence])
        }
        // Into the database itself, before the files that an older state would name are gone. Readers may hold it up, then
        // the log keeps it.
        _ = try? database.pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        image.forgetPending()
        removeSnapshot(before.generation)
    }

    private func removeSnapshot(_ generation: Int) {
        try? FileSystem.remove(VectorImage.vectorsPath(path, generation))
        try? FileSystem.remove(VectorImage.graphPath(path, generation))
    }

    /// Writes a snapshot if there are changes, and lets go of the database. Without it nothing is lost, and the next opening
    /// does over what is not in the snapshot.
    public func close() throws {
        if access == .writing { try checkpoint() }
        try database.pool.close()
        writerLock.withLock { $0 = nil }
    }
}
