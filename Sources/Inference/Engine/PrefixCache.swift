import Tensors

/// Full pages of keys and values that earlier texts left behind, by the tokens that lead to them.
///
/// A text that begins like an earlier one takes over its pages and computes only the rest. The least recently used
/// pages go first.
struct PrefixCache {
    private struct Key: Hashable {
        let parent: Int
        let tokens: [Int32]
    }

    private struct Entry {
        let id: Int
        let page: CachePage
        var lastUse: Int
    }

    private var entries: [Key: Entry] = [:]
    private var nextID = 1
    private var clock = 0
    private let capacity: Int

    /// Keeps at most `capacity` pages.
    init(capacity: Int) { self.capacity = capacity }

    /// The pages that hold the beginning of `tokens`; at least one token is left over, so that there are logits to compute.
    mutating func pages(for tokens: [Int32]) -> [CachePage] {
        var pages: [CachePage] = []
        clock += 1
        Self.forEachKey(tokens.dropLast()) { key in
            entries[key]?.lastUse = clock
            guard let entry = entries[key] else { return nil }
            pages.append(entry.page)
            return entry.id
        }
        return pages
    }

    /// Keeps the full pages of a text whose first `tokens.count` positions are computed.
    mutating func insert(_ tokens: ArraySlice<Int32>, pages: [CachePage]) {
        guard capacity > 0 else { return }
        var index = 0
        clock += 1
        Self.forEachKey(tokens) { key in
            defer { index += 1 }
            if entries[key] == nil {
                entries[key] = Entry(id: nextID, page: pages[index], lastUse: clock)
                nextID += 1
            }
            entries[key]?.lastUse = clock
            return entries[key]?.id
        }
        trim()
    }

    /// Walks down the pages of `tokens`; `visit` returns the number of the page's entry, or nil to stop.
    private static func forEachKey(_ tokens: ArraySlice<Int32>, _ visit: (Key) -> Int?) {
        var parent = 0
        var rest = tokens
        while rest.count >= KeyValueLayout.pageTokens {
            let key = Key(parent: parent, tokens: Array(rest.prefix(KeyValueLayout.pageTokens)))
            guard let id = visit(key) else { return }
            parent = id
            rest = rest.dropFirst(KeyValueLayout.pageTokens)
        }
    }

    private mutating func trim() {
        guard entries.count > capacity else { return }
        // A tenth more than needed, so that this is rare; of one text the last pages first, which no others build on.
        let surplus = entries.count - capacity + capacity / 10
        for key in entries.sorted(by: { ($0.value.lastUse, $1.value.id) < ($1.value.lastUse, $0.value.id) }).prefix(
            surplus
        ).map(\.key) {
            entries[key] = nil
        }
    }
}
