import CKernels

/// How the work of one attention is shared out among threads.
///
/// Results do not depend on it: stretches of keys have softmaxes of their own, which are joined in order in any case.
struct AttentionPlan {
    /// Consecutive rows of one span.
    struct Block {
        var span: Int
        var rows: Range<Int>
        /// The stretches that the rows see.
        var stretches: Range<Int>
        /// Where the parts of its first head begin, in parts; nil if each head is done in one go.
        var firstPart: Int?
    }

    /// What one thread does at a time.
    struct Item {
        var block: Int
        var head: Int
        /// Parts to compute; nil for all in one go.
        var stretches: Range<Int>?
    }

    private(set) var blocks: [Block] = []
    private(set) var items: [Item] = []
    /// The number of parts of all blocks and heads.
    private(set) var partCount = 0
    /// The most rows of a block.
    private(set) var blockRows = 1
    private let dividedQueries: Int

    /// Queries of one key/value head that a thread takes at least and at most, as heads times rows.
    private static let queryRange = 24...192
    /// Blocks with more queries are not divided further; the second number is for long texts.
    private static let dividedQueries = (64, 128)
    private static let stretch = Int(SWIFTLET_STRETCH_TOKENS)

    init(_ attention: AttentionShape, spans: [BatchSpan<SequenceCache>], threads: Int, canDivide: Bool) {
        let group = attention.heads / attention.keyValueHeads
        let rows = spans.reduce(0) { $0 + $1.rows.count }
        let share = rows * attention.keyValueHeads / (6 * threads)
        // Each block converts all keys that it sees. Where these alone occupy the threads, queries stay together: a piece of a
        // long prompt then costs what its tokens cost.
        let end = spans.map(\.positions.upperBound).max() ?? 0
        let reach = min(end, attention.window ?? end)
        let isLong = canDivide && reach / Self.stretch * attention.keyValueHeads >= 8 * threads
        dividedQueries = isLong ? Self.dividedQueries.1 : Self.dividedQueries.0
        let least = isLong ? dividedQueries : Self.queryRange.lowerBound
        blockRows = max(1, min(max(share, least / group), Self.queryRange.upperBound / group))
        for (index, span) in spans.enumerated() {
            var row = span.rows.lowerBound
            while row < span.rows.upperBound {
                let end = min(row + blockRows, span.rows.upperBound)
                blocks.append(Block(span: index, rows: row..<end, stretches: stretches(row..<end, span, attention)))
                row = end
            }
        }
        // Later blocks see more keys: what is left at the end, when threads help each other, is then short.
        blocks.reverse()
        makeItems(attention, group: group, threads: canDivide ? threads : 1)
    }

    private func stretches(
        _ rows: Range<Int>, _ span: BatchSpan<SequenceCache>, _ attention: AttentionShape
    ) -> Range<Int> {
        let first = span.firstPosition + rows.lowerBound - span.rows.lowerBound
        var end = attention.isCausal ? first + rows.count : span.positions.upperBound
        if let window = attention.window, !attention.isCausal { end = min(end, first + rows.count + window - 1) }
        if attention.readsSource { return 0..<(span.sourceCount + Self.stretch - 1) / Self.stretch }
        let begin = max(attention.window.map { first - $0 + 1 } ?? 0, span.sourceCount)
        return begin / Self.stretch..<(end + Self.stretch - 1) / Self.stretch
    }

    private mutating func makeItems(_ attention: AttentionShape, group: Int, threads: Int) {
        let heads = attention.keyValueHeads
        let total = blocks.reduce(0) { $0 + $1.stretches.count } * heads
        // Threads are evenly loaded when each takes several shares.
        let share = max(1, total / (8 * threads))
        for index in blocks.indices {
            let block = blocks[index]
            let isDivided =
                threads > 1 && block.stretches.count > share && block.rows.count * group <= dividedQueries
            if isDivided {
                blocks[index].firstPart = partCount
                partCount += heads * block.stretches.count
            }
            for head in 0..<heads {
                guard isDivided else {
                    items.append(Item(block: index, head: head))
                    continue
                }
                var first = block.stretches.lowerBound
                while first < block.stretches.upperBound {
                    let end = min(first + share, block.stretches.upperBound)
                    items.append(Item(block: index, head: head, stretches: first..<end))
                    first = end
                }
            }
        }
    }
}
