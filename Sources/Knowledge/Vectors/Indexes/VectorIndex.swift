package import Tensors

/// A slot and its distance from a query; smaller is nearer.
package struct Neighbour: Sendable, Hashable {
    package let slot: Int
    package let distance: Float

    package init(slot: Int, distance: Float) { (self.slot, self.distance) = (slot, distance) }

    /// Nearer first; of equally near ones the lower slot.
    static func isNearer(_ a: Neighbour, _ b: Neighbour) -> Bool { (a.distance, a.slot) < (b.distance, b.slot) }
}

package struct SearchOptions: Sendable, Hashable {
    /// The candidates that HNSW keeps; k at least.
    package var width = 64
    /// The lists that IVF reads, or the buckets of LSH beside a query's own.
    package var probes = 8
    /// The candidates whose distances are computed again from the stored vectors, as a multiple of k.
    package var refinement: Float = 2

    package init(width: Int = 64, probes: Int = 8, refinement: Float = 2) {
        (self.width, self.probes, self.refinement) = (width, probes, refinement)
    }
}

/// What finds the nearest rows of a table.
package protocol VectorIndex: AnyObject, Sendable {
    /// The table.
    var rows: VectorRows { get }
    /// The slots that can be found.
    var count: Int { get }
    /// The bytes of memory that index and table take.
    var memoryBytes: Int { get }

    /// Adds the slots of a range, whose rows are written, on all threads of a pool.
    func insert(_ slots: Range<Int>, pool: ThreadPool)
    /// The `k` nearest slots, nearest first, or all if there are fewer; only those in `allowed` if there is such a set.
    ///
    /// - Parameter query: The `size` values, of length 1 for cosine.
    func search(_ query: UnsafePointer<Float>, k: Int, options: SearchOptions, allowed: SlotSet?) -> [Neighbour]
}

extension VectorIndex {
    /// The neighbours of several queries, [queries, size], on all threads of a pool.
    package func search(
        batch queries: UnsafeBufferPointer<Float>, k: Int, options: SearchOptions, allowed: SlotSet? = nil,
        pool: ThreadPool
    ) -> [[Neighbour]] {
        guard let address = queries.baseAddress, rows.format.size > 0 else { return [] }
        // Queries are only read.
        nonisolated(unsafe) let base = address
        let count = queries.count / rows.format.size
        return [[Neighbour]](unsafeUninitializedCapacity: count) { results, filled in
            nonisolated(unsafe) let start = results.baseAddress
            pool.run(count) { item, _ in
                let found = search(base + item * rows.format.size, k: k, options: options, allowed: allowed)
                start.map { ($0 + item).initialize(to: found) }
            }
            filled = count
        }
    }
}
