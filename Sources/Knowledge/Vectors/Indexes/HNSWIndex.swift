import Platform
import Synchronization
import Tensors

/// How a hierarchical navigable small world is made.
public struct HNSWOptions: Sendable, Hashable, Codable {
    /// Links of a vector on upper levels; on the lowest twice as many.
    public var links: Int
    /// Candidates that are looked at for the links of a new vector.
    public var constructionWidth: Int

    /// Options, 16 links and 200 candidates unless told.
    public init(links: Int = 16, constructionWidth: Int = 200) {
        (self.links, self.constructionWidth) = (links, constructionWidth)
    }
}

/// Hierarchical navigable small worlds (Malkov & Yashunin 2018) over codes of 8 bits, with distances of the best candidates
/// computed again from the stored vectors.
///
/// Equal vectors are a ring, one of which is in the graph, so that all of them are found. A deleted node stays as a
/// way through the graph until its slot is written again.
///
/// `@unchecked Sendable`: searches may run side by side, and so may the insertions of one call of `insert`, which take the
/// locks of the nodes they change; everything else needs the index for itself, which its owner sees to.
package final class HNSWIndex: VectorIndex, @unchecked Sendable {
    package let rows: VectorRows
    package let options: HNSWOptions
    let graph: HNSWGraph
    let scratch = ScratchPool()
    let locks = NodeLocks()
    /// Guards the graph's entry and its region of upper links while several threads insert.
    let entryLock = Mutex<Void>(())
    /// The vectors that can be found.
    let live: Atomic<Int>
    /// Whether the graph's rows say less than the stored ones.
    let refines: Bool

    package var count: Int { live.load(ordering: .relaxed) }
    package var memoryBytes: Int { rows.bytes.count + graph.count * graph.stride + 4 * graph.upperCount }

    /// An empty index over `rows`; nil if they cannot be searched like this: options outside of 2 to 1024 links.
    package init?(_ rows: VectorRows, options: HNSWOptions = HNSWOptions()) {
        guard (2...1024).contains(options.links), options.constructionWidth > 0,
            let format = Self.graphFormat(of: rows.format)
        else { return nil }
        (self.rows, self.options) = (rows, options)
        graph = HNSWGraph(format, links: options.links)
        refines = format.encoding != rows.format.encoding
        live = Atomic(0)
    }

    /// An index over a graph that is there already.
    init(_ rows: VectorRows, graph: HNSWGraph, options: HNSWOptions, live: Int) {
        (self.rows, self.graph, self.options) = (rows, graph, options)
        refines = graph.format.encoding != rows.format.encoding
        self.live = Atomic(live)
    }

    /// What rows become in the graph: codes of 8 bits where the metric is one for codes.
    static func graphFormat(of format: RowFormat) -> RowFormat? {
        switch (format.metric, format.encoding) {
        case (.l2, _), (.dot, _), (.cosine, _): RowFormat(.int8, metric: format.metric, size: format.size)
        case (_, .binary): format
        default: RowFormat(.f32, metric: format.metric, size: format.size)
        }
    }

    /// The level of a node: geometric, by its number, so that the same insertions make the same graph.
    func level(of node: UInt32) -> Int {
        var bits = UInt64(node) &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        let uniform = (Double(bits >> 11) + 1) / Double(1 << 53)
        return min(Int(-log(uniform) / log(Double(options.links))), 20)
    }
}

/// Locks of nodes, many of which share one.
///
/// `@unchecked Sendable`: the memory never moves, and its words are atomic.
final class NodeLocks: @unchecked Sendable {
    private static let count = 1 << 14
    private let words: UnsafeMutablePointer<Atomic<UInt32>>

    init() {
        words = .allocate(capacity: Self.count)
        for place in 0..<Self.count { (words + place).initialize(to: Atomic(0)) }
    }

    deinit { words.deallocate() }

    @inline(__always) func withLock<Result>(_ node: UInt32, _ body: () -> Result) -> Result {
        let word = words + Int(node) & (Self.count - 1)
        var tries = 0
        while word.pointee.exchange(1, ordering: .acquiring) != 0 {
            tries += 1
            if tries > 100 { sched_yield() }
        }
        defer { word.pointee.store(0, ordering: .releasing) }
        return body()
    }
}
