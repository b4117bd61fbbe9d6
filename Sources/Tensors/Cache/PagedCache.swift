/// A page of keys and values, freed with its last reference: sequences with a common beginning share pages.
public final class CachePage: @unchecked Sendable {
    // Invariant: a page is written only by the one sequence that holds it while it is not yet full.
    private let storage: SystemMemory
    var memory: UnsafeMutableRawPointer { storage.address }

    /// Takes memory for one page, zeroed so that no stale value is ever multiplied.
    public init(byteCount: Int) { storage = SystemMemory(byteCount: byteCount) }
}

/// The keys and values of one sequence: the pages that hold positions 0, 32, 64, ...
public final class PagedCache {
    /// Where things lie within a page.
    public let layout: KeyValueLayout
    /// The pages so far.
    public private(set) var pages: [CachePage]
    private(set) var pointers: [UnsafeMutableRawPointer?]

    /// Begins a sequence, with full pages that another one computed for the same tokens.
    public init(layout: KeyValueLayout, sharing pages: [CachePage] = []) {
        self.layout = layout
        self.pages = pages
        pointers = pages.map(\.memory)
    }

    /// How many positions the pages can hold.
    public var capacity: Int { pages.count * KeyValueLayout.pageTokens }

    /// Adds one page.
    public func append(_ page: CachePage) {
        pages.append(page)
        pointers.append(page.memory)
    }

    /// Adds pages until `positions` fit.
    public func reserve(_ positions: Int) {
        while capacity < positions { append(CachePage(byteCount: layout.pageBytes)) }
    }
}
