/// A set of slots: one bit each.
package struct SlotSet: Sendable, Hashable {
    package private(set) var words: [UInt64]

    /// The empty set.
    package init(capacity: Int = 0) { words = [UInt64](repeating: 0, count: (capacity + 63) / 64) }

    /// A set of these slots.
    package init(_ slots: some Sequence<Int>) {
        self.init()
        for slot in slots { insert(slot) }
    }

    /// All slots below `count`.
    package init(below count: Int) {
        words = [UInt64](repeating: .max, count: (count + 63) / 64)
        if count % 64 > 0 { words[words.count - 1] = 1 << UInt64(count % 64) - 1 }
    }

    /// Adds the next 64 slots.
    mutating func append(word: UInt64) { words.append(word) }

    /// The number of slots in the set.
    package var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    package func contains(_ slot: Int) -> Bool {
        slot >> 6 < words.count && words[slot >> 6] >> UInt64(slot & 63) & 1 != 0
    }

    package mutating func insert(_ slot: Int) {
        while words.count <= slot >> 6 { words.append(0) }
        words[slot >> 6] |= 1 << UInt64(slot & 63)
    }

    package mutating func remove(_ slot: Int) {
        if slot >> 6 < words.count { words[slot >> 6] &= ~(1 << UInt64(slot & 63)) }
    }

    package mutating func formIntersection(_ other: SlotSet) {
        for word in words.indices { words[word] &= word < other.words.count ? other.words[word] : 0 }
    }

    package mutating func formUnion(_ other: SlotSet) {
        while words.count < other.words.count { words.append(0) }
        for word in other.words.indices { words[word] |= other.words[word] }
    }

    package mutating func subtract(_ other: SlotSet) {
        for word in 0..<min(words.count, other.words.count) { words[word] &= ~other.words[word] }
    }

    /// Calls `body` with each slot, in ascending order.
    package func forEach(_ body: (Int) -> Void) {
        for (place, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                body(place << 6 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
    }

    /// The slots in ascending order.
    package var slots: [UInt32] {
        var slots: [UInt32] = []
        slots.reserveCapacity(count)
        forEach { slots.append(UInt32($0)) }
        return slots
    }
}
