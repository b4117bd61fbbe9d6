import Tensors

/// The memory for keys, values and states: what texts take, what is promised to them, and what is kept of earlier ones,
/// which gives way first.
struct PageBudget {
    /// The bytes that may be in use.
    let memory: Int
    /// Counts what is in use.
    let meter = CacheMeter()
    var prefixes: PrefixCache
    /// What texts will take in the step that is being planned.
    private(set) var promised = 0

    init(memory: Int, prefixes: PrefixCache) {
        self.memory = memory
        self.prefixes = prefixes
    }

    mutating func beginStep() { promised = 0 }

    /// Makes room for so many bytes more, if that is possible without taking them from a text.
    mutating func makeRoom(_ bytes: Int) -> Bool {
        let (meter, limit) = (meter, memory - promised - bytes)
        prefixes.evict { meter.byteCount > limit }
        return meter.byteCount <= limit
    }

    /// Sets bytes aside for a text in this step; false if there is no room.
    mutating func promise(_ bytes: Int) -> Bool {
        guard bytes == 0 || makeRoom(bytes) else { return false }
        promised += bytes
        return true
    }
}
