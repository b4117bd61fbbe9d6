import Files
import Platform
import Tensors

/// An index that a collection keeps in files.
package protocol MappableIndex: VectorIndex {}

extension HNSWIndex: MappableIndex {}
extension FlatIndex: MappableIndex {}

extension MappableIndex {
    /// Writes the index as a collection would, and measures how long opening it takes, up to the first answer.
    ///
    /// - Returns: Seconds.
    package func measureOpening(_ settings: CollectionSettings) throws -> Double {
        var settings = settings
        settings.index = self is FlatIndex ? .flat : .hnsw
        let folder = "\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/swiftlet-bench-\(getpid())"
        try FileSystem.createFolder(folder)
        defer { try? FileSystem.remove(folder) }
        try VectorImage(settings, index: self, live: SlotSet(below: rows.count)).write(to: folder, generation: 1)
        let clock = ContinuousClock()
        let start = clock.now
        let snapshot = CollectionDatabase.Snapshot(generation: 1, sequence: 0)
        let image = try VectorImage(settings, folder: folder, snapshot: snapshot, pool: ThreadPool(threads: 1))
        let query = rows.format.decode(rows.row(0))
        _ = query.withUnsafeBufferPointer { query in
            query.baseAddress.map { image.index.search($0, k: 1, options: SearchOptions(), allowed: nil) }
        }
        let time = (clock.now - start).components
        return Double(time.seconds) + Double(time.attoseconds) / 1e18
    }
}
