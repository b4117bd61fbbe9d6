import Files
import Platform
import Tensors

/// The vectors of a collection in memory, and what finds them: a snapshot's files, mapped, with the changes since.
///
/// `@unchecked Sendable`: guarded by the lock of its collection.
final class VectorImage: @unchecked Sendable {
    let settings: CollectionSettings
    let rows: VectorRows
    let index: any VectorIndex
    /// The slots with a document.
    private(set) var live: SlotSet
    /// The last change that is in here, and how many are not in the snapshot.
    private(set) var sequence: Int64
    private(set) var pendingChanges = 0
    let generation: Int
    /// What was found wrong and made again: the graph.
    let repaired: VectorError?
    /// The files that it was read from.
    let files: [SnapshotFile]

    /// Nothing yet.
    init(_ settings: CollectionSettings) throws(VectorError) {
        self.settings = settings
        rows = VectorRows(try settings.format())
        (live, sequence, generation, repaired, files) = (SlotSet(), 0, 0, nil, [])
        index = try Self.makeIndex(rows, settings)
    }

    /// What an index holds.
    init(_ settings: CollectionSettings, index: any VectorIndex, live: SlotSet) {
        (self.settings, self.index, rows, self.live) = (settings, index, index.rows, live)
        (sequence, generation, repaired, files) = (0, 0, nil, [])
    }

    private static func makeIndex(_ rows: VectorRows, _ settings: CollectionSettings) throws(VectorError)
        -> any VectorIndex
    {
        if settings.index == .flat { return FlatIndex(rows) }
        guard let index = HNSWIndex(rows, options: settings.graph) else {
            throw .unsuitableMetric(settings.metric, settings.encoding)
        }
        return index
    }

    // MARK: Snapshots

    static func vectorsPath(_ folder: String, _ generation: Int) -> String { "\(folder)/vectors-\(generation).bin" }
    static func graphPath(_ folder: String, _ generation: Int) -> String { "\(folder)/graph-\(generation).bin" }

    /// Files up to this size are read and compared with their checksums before they are used, larger ones beside it.
    static let checkedAtOnce = 16 << 20

    /// Maps the files of a snapshot. Damaged vectors are an error; a damaged graph is made again from them.
    init(_ settings: CollectionSettings, folder: String, snapshot: CollectionDatabase.Snapshot, pool: ThreadPool) throws
    {
        self.settings = settings
        (sequence, generation) = (snapshot.sequence, snapshot.generation)
        let file = try SnapshotFile(path: Self.vectorsPath(folder, generation), kind: "vectors")
        if file.byteCount <= Self.checkedAtOnce { try file.verify() }
        let count = try file.number("count"), format = try settings.format()
        guard count >= 0, file.byteCount(of: "rows") == count * VectorRows.stride(of: format) else {
            throw VectorError.damaged(path: file.path, reason: "its rows are not as long as they should be")
        }
        rows = VectorRows(format, region: try file.map("rows"), count: count)
        let bits = try file.map("live")
        var live = SlotSet()
        for word in 0..<file.byteCount(of: "live") / 8 {
            live.append(word: bits.base.load(fromByteOffset: 8 * word, as: UInt64.self))
        }
        self.live = live
        guard settings.index == .hnsw else {
            let flat = FlatIndex(rows)
            live.forEach(flat.update)
            (index, repaired, files) = (flat, nil, [file])
            return
        }
        do {
            let (graph, graphFile) = try Self.readGraph(
                Self.graphPath(folder, generation), rows, settings, live: live.count)
            (index, repaired, files) = (graph, nil, [file, graphFile])
        } catch let error as VectorError {
            if case .newerFormat = error { throw error }
            let graph = try Self.makeIndex(rows, settings)
            if let graph = graph as? HNSWIndex { graph.insert(live.slots.map { Int($0) }, pool: pool) }
            (index, repaired, files) = (graph, error, [file])
        }
    }

    private static func readGraph(_ path: String, _ rows: VectorRows, _ settings: CollectionSettings, live: Int) throws
        -> (HNSWIndex, SnapshotFile)
    {
        let file = try SnapshotFile(path: path, kind: "graph")
        if file.byteCount <= checkedAtOnce { try file.verify() }
        guard let format = HNSWIndex.graphFormat(of: rows.format) else {
            throw VectorError.unsuitableMetric(settings.metric, settings.encoding)
        }
        let links = settings.graph.links
        let (count, words) = (try file.number("count"), try file.number("upper"))
        let (entry, top) = (try file.number("entry"), try file.number("level"))
        guard count >= 0, count <= rows.count, words >= 0, entry == -1 || (0..<count).contains(entry),
            file.byteCount(of: "nodes") == count * HNSWGraph.stride(format, links: links),
            file.byteCount(of: "upper") == 4 * words
        else { throw VectorError.damaged(path: path, reason: "its sections are not as long as they should be") }
        let graph = HNSWGraph(
            format, links: links, nodes: try file.map("nodes"), upper: try file.map("upper"), count: count,
            upperCount: words, entry: entry < 0 ? HNSWGraph.none : UInt32(entry), topLevel: top)
        return (HNSWIndex(rows, graph: graph, options: settings.graph, live: live), file)
    }

    /// Writes the files of the next snapshot.
    func write(to folder: String, generation: Int) throws {
        try live.words.withUnsafeBytes { bits in
            try SnapshotFile.write(
                Self.vectorsPath(folder, generation), kind: "vectors", numbers: ["count": rows.count],
                sections: [("rows", rows.bytes), ("live", bits)])
        }
        guard let index = index as? HNSWIndex else { return }
        let graph = index.graph
        try SnapshotFile.write(
            Self.graphPath(folder, generation), kind: "graph",
            numbers: [
                "count": graph.count, "upper": graph.upperCount, "level": graph.topLevel,
                "entry": graph.entry == HNSWGraph.none ? -1 : Int(graph.entry),
            ],
            sections: [
                ("nodes", UnsafeRawBufferPointer(start: graph.nodes.base, count: graph.count * graph.stride)),
                ("upper", UnsafeRawBufferPointer(start: graph.upper.base, count: 4 * graph.upperCount)),
            ])
    }

    // MARK: Changes

    /// Takes changes in, each the next after the one before.
    func apply(_ changes: [CollectionDatabase.Change], pool: ThreadPool) {
        var added: [Int: Int] = [:]
        for change in changes {
            sequence = change.sequence
            pendingChanges += 1
            guard let vector = change.vector, vector.count == settings.size else {
                live.remove(change.slot)
                remove(change.slot)
                added[change.slot] = nil
                continue
            }
            // A vector that was there has left before its row changes.
            remove(change.slot)
            live.insert(change.slot)
            rows.set(change.slot, vector)
            added[change.slot] = change.slot
        }
        let slots = added.keys.sorted()
        if let index = index as? HNSWIndex {
            index.insert(slots, pool: pool)
        } else if let index = index as? FlatIndex {
            slots.forEach(index.update)
        }
    }

    private func remove(_ slot: Int) {
        (index as? HNSWIndex)?.remove(slot)
        (index as? FlatIndex)?.remove(slot)
    }

    /// The snapshot holds everything so far.
    func forgetPending() { pendingChanges = 0 }

    /// The lowest slots without a document, as many as asked for.
    func freeSlots(_ count: Int) -> [Int] {
        var free: [Int] = []
        for (place, word) in live.words.enumerated() where word != .max {
            for bit in 0..<64 where word >> UInt64(bit) & 1 == 0 {
                if free.count == count { return free }
                free.append(place * 64 + bit)
            }
        }
        for slot in live.words.count * 64..<live.words.count * 64 + count - free.count { free.append(slot) }
        return free
    }
}
