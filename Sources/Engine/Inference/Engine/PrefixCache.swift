import Tensors

/// Keys, values and states that earlier texts left behind, by the tokens that lead to them, in steps of a page.
///
/// A text that begins like an earlier one takes up from there and computes only the rest. Where a layout lets go of what
/// is out of sight, a text can be taken up only where a snapshot was made. The least recently used go first.
struct PrefixCache {
    private struct Key: Hashable {
        let parent: Parent
        let tokens: [Int32]
    }

    /// What a page follows: another one, or nothing but what decides how it is computed.
    private enum Parent: Hashable {
        case start(PrefixScope)
        case page(Int)
    }

    private struct Entry {
        let id: Int
        /// The page that ends here, where the layout keeps everything.
        var slice: SequenceCache.Snapshot.Slice?
        /// The whole state, where it does not.
        var snapshot: SequenceCache.Snapshot?
        var lastUse: Int
        var byteCount = 0

        /// Whether nobody else has the page.
        mutating func isUnshared() -> Bool { slice?.isUnshared() ?? true }
    }

    private var entries: [Key: Entry] = [:]
    private var nextID = 1
    private var clock = 0
    private var byteCount = 0
    let layout: CacheLayout
    /// The most bytes that are kept.
    let capacity: Int

    init(layout: CacheLayout, capacity: Int) {
        self.layout = layout
        self.capacity = capacity
    }

    /// What is known of the beginning of `tokens`; at least one token is left over, so that there are logits to compute.
    mutating func snapshot(for tokens: [Int32], scope: PrefixScope) -> SequenceCache.Snapshot? {
        var slices: [SequenceCache.Snapshot.Slice] = []
        var snapshot: SequenceCache.Snapshot?
        clock += 1
        Self.forEachKey(tokens.dropLast(), scope) { key in
            entries[key]?.lastUse = clock
            guard let entry = entries[key] else { return nil }
            if let slice = entry.slice { slices.append(slice) }
            snapshot = entry.snapshot ?? snapshot
            return entry.id
        }
        return slices.isEmpty ? snapshot : SequenceCache.Snapshot(slices, layout: layout)
    }

    /// Keeps what a text has computed: `tokens` lead to the end of `snapshot`.
    mutating func insert(_ tokens: ArraySlice<Int32>, _ snapshot: SequenceCache.Snapshot, scope: PrefixScope) {
        guard capacity > 0, snapshot.positions > 0 else { return }
        var index = 0
        clock += 1
        Self.forEachKey(tokens.prefix(snapshot.positions), scope) { key in
            var entry = entries[key] ?? Entry(id: nextID, lastUse: clock)
            if entry.id == nextID { nextID += 1 }
            byteCount -= entry.byteCount
            if layout.keepsEverything {
                entry.slice = entry.slice ?? snapshot.slice(index)
                entry.byteCount = layout.pageBytes
            } else if (index + 1) * CacheLayout.pageTokens == snapshot.positions {
                entry.snapshot = snapshot
                entry.byteCount = snapshot.byteCount
            }
            byteCount += entry.byteCount
            entry.lastUse = clock
            entries[key] = entry
            index += 1
            return entry.id
        }
        trim()
    }

    /// Walks down the pages of `tokens`; `visit` returns the number of the page's entry, or nil to stop.
    private static func forEachKey(_ tokens: ArraySlice<Int32>, _ scope: PrefixScope, _ visit: (Key) -> Int?) {
        var parent = Parent.start(scope)
        var rest = tokens
        while rest.count >= CacheLayout.pageTokens {
            let key = Key(parent: parent, tokens: Array(rest.prefix(CacheLayout.pageTokens)))
            guard let id = visit(key) else { return }
            parent = .page(id)
            rest = rest.dropFirst(CacheLayout.pageTokens)
        }
    }

    /// Forgets a text and what leads to its pages.
    mutating func remove(_ tokens: ArraySlice<Int32>, scope: PrefixScope) {
        var keys: [Key] = []
        Self.forEachKey(tokens, scope) { key in
            keys.append(key)
            return entries[key]?.id
        }
        for key in keys { remove(key) }
    }

    /// Forgets a text however it was computed.
    mutating func forget(_ tokens: [Int32]) {
        let first = Array(tokens.prefix(CacheLayout.pageTokens))
        for key in entries.keys where key.tokens == first {
            if case .start(let scope) = key.parent { remove(tokens[...], scope: scope) }
        }
    }

    /// The pages of a text, or of all, each after the one that it follows; of texts that were computed in a way of their own none.
    func pages(of tokens: [Int32]?) -> [PrefixFile.Page] {
        var pages: [PrefixFile.Page] = []
        if let tokens {
            Self.forEachKey(tokens[...], PrefixScope()) { key in
                guard let entry = entries[key], let slice = entry.slice else { return nil }
                pages.append(
                    PrefixFile.Page(parent: pages.isEmpty ? nil : pages.count - 1, tokens: key.tokens, slice: slice))
                return entry.id
            }
            return pages
        }
        // A page is younger than the one that it follows.
        var places: [Int: Int] = [:]
        for (key, entry) in entries.sorted(by: { $0.value.id < $1.value.id }) {
            guard let slice = entry.slice else { continue }
            switch key.parent {
            case .start(let scope) where scope == PrefixScope():
                pages.append(PrefixFile.Page(parent: nil, tokens: key.tokens, slice: slice))
            case .page(let id):
                guard let parent = places[id] else { continue }
                pages.append(PrefixFile.Page(parent: parent, tokens: key.tokens, slice: slice))
            default: continue
            }
            places[entry.id] = pages.count - 1
        }
        return pages
    }

    /// Takes in pages that were kept elsewhere; those that are there already stay.
    ///
    /// - Returns: how many of them are kept.
    mutating func insert(_ pages: [PrefixFile.Page]) -> Int {
        guard capacity > 0 else { return 0 }
        clock += 1
        var ids: [Int] = []
        for page in pages {
            let parent = page.parent.map { Parent.page(ids[$0]) } ?? .start(PrefixScope())
            let key = Key(parent: parent, tokens: page.tokens)
            var entry = entries[key] ?? Entry(id: nextID, lastUse: clock)
            if entry.id == nextID { nextID += 1 }
            byteCount += layout.pageBytes - entry.byteCount
            entry.slice = entry.slice ?? page.slice
            (entry.byteCount, entry.lastUse) = (layout.pageBytes, clock)
            entries[key] = entry
            ids.append(entry.id)
        }
        trim()
        let kept = Set(entries.values.lazy.map(\.id))
        return ids.count(where: kept.contains)
    }

    private mutating func trim() {
        guard byteCount > capacity else { return }
        // A tenth more than needed, so that this is rare.
        let limit = capacity - capacity / 10
        for key in leastUsed {
            guard byteCount > limit else { return }
            remove(key)
        }
    }

    /// Gives up what was not used for longest, as long as `isNeeded` and as far as it frees memory: pages that a text has, too,
    /// stay.
    mutating func evict(while isNeeded: () -> Bool) {
        guard !entries.isEmpty, isNeeded() else { return }
        for key in leastUsed where entries[key]?.isUnshared() ?? false {
            remove(key)
            guard isNeeded() else { return }
        }
    }

    /// Of one text the last pages first, which no others build on.
    private var leastUsed: [Key] {
        entries.sorted { ($0.value.lastUse, $1.value.id) < ($1.value.lastUse, $0.value.id) }.map(\.key)
    }

    private mutating func remove(_ key: Key) { byteCount -= entries.removeValue(forKey: key)?.byteCount ?? 0 }
}
