import Tensors

/// How long a text may become: by the context, and by the memory for keys and values.
struct TextLimits: Sendable {
    /// The most positions of a text.
    let contextLength: Int
    /// The bytes for keys, values and states.
    let memory: Int
    private let requestedLength: Int
    private let layout: CacheLayout
    private let batchTokens: Int

    init(contextLength: Int, layout: CacheLayout, memory: Int, batchTokens: Int) {
        requestedLength = contextLength
        self.layout = layout
        self.memory = memory
        self.batchTokens = batchTokens
        var (fits, tooLong) = (0, contextLength + 1)
        while tooLong - fits > 1 {
            let middle = fits + (tooLong - fits) / 2
            if layout.byteCount(positions: middle, step: batchTokens) <= memory {
                fits = middle
            } else {
                tooLong = middle
            }
        }
        self.contextLength = fits
    }

    /// Whether the memory allows less than the context.
    var isLimitedByMemory: Bool { contextLength < requestedLength }

    /// The most that a text of so many positions takes.
    func byteCount(positions: Int) -> Int { layout.byteCount(positions: positions, step: batchTokens) }

    /// Checks that a text fits, with room for one token more unless it is only read.
    func check(tokens: Int, isOnlyRead: Bool) throws(EngineError) {
        let needed = isOnlyRead ? tokens : tokens + 1
        guard needed <= requestedLength else { throw .promptTooLong(tokens: tokens, contextLength: requestedLength) }
        guard needed <= contextLength else {
            throw .exceedsMemory(tokens: tokens, bytes: byteCount(positions: needed), memory: memory)
        }
    }
}
