import CKernels
import Synchronization

/// Counts the bytes of keys, values and states that are in use; pages that several texts share count once.
package final class CacheMeter: Sendable {
    private let bytes = Atomic(0)

    package init() {}

    /// The bytes in use.
    package var byteCount: Int { bytes.load(ordering: .relaxed) }

    func add(_ count: Int) { bytes.add(count, ordering: .relaxed) }
}

/// A page of keys and values, freed with its last reference: sequences with a common beginning share pages.
package final class CachePage: @unchecked Sendable {
    // Invariant: a page is written only by the one sequence that holds it while it is not yet full.
    private let storage: SystemMemory
    private let byteCount: Int
    private let meter: CacheMeter?
    var memory: UnsafeMutableRawPointer { storage.address }

    /// Takes memory for one page, zeroed so that no stale value is ever multiplied.
    init(byteCount: Int, meter: CacheMeter? = nil) {
        storage = SystemMemory(byteCount: byteCount)
        self.byteCount = byteCount
        self.meter = meter
        meter?.add(byteCount)
    }

    deinit { meter?.add(-byteCount) }
}

/// What one sequence keeps: for each table of the layout the pages that hold positions 0, 32, 64, ..., and the states.
package final class SequenceCache {
    /// Where a sequence can be taken up again: at the end of a page, with what is needed of the pages before, and the
    /// states as they were there.
    package struct Snapshot: Sendable {
        /// How many positions it covers; whole pages.
        package let positions: Int
        /// The bytes that it keeps in memory, shared pages included.
        package let byteCount: Int
        let pages: [[CachePage?]]
        let states: [Float]
    }

    /// Where things lie.
    package let layout: CacheLayout
    private var pages: [[CachePage?]]
    /// The addresses of each table's pages, in memory that kernels can read.
    private var addresses: [UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>]
    private let states: UnsafeMutablePointer<Float>
    private let meter: CacheMeter?

    /// Begins a sequence, or takes one up from where another one was.
    package convenience init(layout: CacheLayout, from snapshot: Snapshot? = nil) {
        self.init(layout: layout, from: snapshot, meter: nil)
    }

    /// Begins a sequence whose memory is counted.
    package init(layout: CacheLayout, from snapshot: Snapshot? = nil, meter: CacheMeter?) {
        self.layout = layout
        self.meter = meter
        meter?.add(layout.stateBytes)
        pages = snapshot?.pages ?? layout.tables.map { _ in [] }
        addresses = pages.map { pages in
            let addresses = UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>.allocate(capacity: pages.count + 16)
            for (index, page) in pages.enumerated() { addresses.initializeElement(at: index, to: page?.memory) }
            return addresses
        }
        states = .allocate(capacity: max(layout.stateCount, 1))
        if let saved = snapshot?.states, saved.count == layout.stateCount {
            states.initialize(from: saved, count: saved.count)
        } else {
            states.initialize(repeating: 0, count: max(layout.stateCount, 1))
        }
    }

    deinit {
        meter?.add(-layout.stateBytes)
        states.deallocate()
        for table in addresses { table.deallocate() }
    }

    /// Begins another sequence in the memory of this one.
    package func restart() {
        states.update(repeating: 0, count: layout.stateCount)
        for (index, table) in layout.tables.enumerated() where table.window != nil { pages[index] = [] }
    }

    /// Makes room for the positions, and lets go of pages that no token from there on sees.
    package func reserve(_ positions: Range<Int>) {
        let size = CacheLayout.pageTokens
        for (index, table) in layout.tables.enumerated() {
            while pages[index].count * size < positions.upperBound {
                append(CachePage(byteCount: table.pageBytes, meter: meter), to: index)
            }
            guard let window = table.window else { continue }
            var page = max(0, positions.lowerBound - window + 1) / size - 1
            while page >= 0, pages[index][page] != nil {
                pages[index][page] = nil
                addresses[index][page] = nil
                page -= 1
            }
        }
    }

    /// The bytes of the pages that `reserve` would take for positions up to this one.
    package func missingBytes(positions: Int) -> Int {
        let count = (positions + CacheLayout.pageTokens - 1) / CacheLayout.pageTokens
        return zip(pages, layout.tables).reduce(0) { $0 + max(0, count - $1.0.count) * $1.1.pageBytes }
    }

    private func append(_ page: CachePage, to table: Int) {
        let (count, old) = (pages[table].count, addresses[table])
        if count == old.count {
            let larger = UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>.allocate(capacity: 2 * count)
            for (index, address) in old.enumerated() { larger.initializeElement(at: index, to: address) }
            old.deallocate()
            addresses[table] = larger
        }
        pages[table].append(page)
        addresses[table].initializeElement(at: count, to: page.memory)
    }

    /// The cache of one layer as the kernels see it, until pages are added; nil if the layer keeps no keys.
    func cache(layer: Int) -> swiftlet_cache? {
        guard let table = layout.table(of: layer), let pages = addresses[table].baseAddress else { return nil }
        return layout.cache(layer: layer, pages: pages)
    }

    /// The state so far; `positions` must be all that is computed, and whole pages.
    package func snapshot(positions: Int) -> Snapshot {
        let kept = zip(pages, layout.tables).map { pages, table in
            let count = positions / CacheLayout.pageTokens
            let first = table.window.map { max(0, positions - $0 + 1) / CacheLayout.pageTokens } ?? 0
            return pages.prefix(count).enumerated().map { $0.offset < first ? nil : $0.element }
        }
        let pageBytes = zip(kept, layout.tables).reduce(0) { $0 + $1.0.count { $0 != nil } * $1.1.pageBytes }
        return Snapshot(
            positions: positions, byteCount: pageBytes + layout.stateBytes, pages: kept,
            states: Array(UnsafeBufferPointer(start: states, count: layout.stateCount)))
    }

    /// The bytes that this sequence's pages and states take, shared pages included.
    package var byteCount: Int {
        zip(pages, layout.tables).reduce(layout.stateBytes) { $0 + $1.0.count { $0 != nil } * $1.1.pageBytes }
    }

    func state(_ reference: StateReference) -> UnsafeMutablePointer<Float> { states + layout.stateOffset(reference) }
}

extension SequenceCache.Snapshot {
    /// The pages of all tables for the same 32 positions.
    package struct Slice: Sendable {
        var pages: [CachePage?]

        /// Whether nobody else has any of the pages.
        package mutating func isUnshared() -> Bool {
            for index in pages.indices where pages[index] != nil {
                if !isKnownUniquelyReferenced(&pages[index]) { return false }
            }
            return true
        }
    }

    /// The pages that hold positions from 32 times `index` on.
    package func slice(_ index: Int) -> Slice { Slice(pages: pages.map { $0[index] }) }

    /// Joins consecutive slices from position 0 on, in a layout that keeps everything.
    package init(_ slices: [Slice], layout: CacheLayout) {
        positions = slices.count * CacheLayout.pageTokens
        byteCount = slices.count * layout.pageBytes
        let tables = slices.first?.pages.count ?? 0
        pages = (0..<tables).map { table in slices.map { $0.pages[table] } }
        states = []
    }
}
