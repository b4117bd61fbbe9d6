import CKernels
import Platform

/// The nodes of a hierarchical navigable small world (Malkov & Yashunin 2018). A node's number is its vector's slot.
///
/// What a search touches of a node lies together: its row of codes, then 16 bytes (the next node with an equal vector, where
/// its upper links begin, how many links it has, its level, flags, its holder), then the links of level 0. Links of upper levels are in a
/// second region: for each level a count and the links.
///
/// `@unchecked Sendable`: see HNSWIndex, its only owner.
final class HNSWGraph: @unchecked Sendable {
    static let none = UInt32.max
    /// Flags of a node.
    static let deleted: UInt8 = 1, twin: UInt8 = 2, absent: UInt8 = 4

    let format: RowFormat
    /// Links of a node on upper levels; on level 0 twice as many.
    let links: Int
    let stride: Int
    private let headerOffset: Int
    private(set) var nodes: Region
    private(set) var upper: Region
    /// The nodes that there is room for.
    private(set) var count = 0
    /// Words used in `upper`.
    private(set) var upperCount = 0
    /// Where searches begin, and the highest level; `none` while the graph is empty.
    var entry = HNSWGraph.none
    var topLevel = -1

    init(_ format: RowFormat, links: Int) {
        (self.format, self.links) = (format, links)
        headerOffset = (format.byteCount + 3) / 4 * 4
        stride = Self.stride(format, links: links)
        (nodes, upper) = (Region(byteCount: 0), Region(byteCount: 0))
    }

    /// A graph whose nodes are in memory or mapped already.
    init(
        _ format: RowFormat, links: Int, nodes: Region, upper: Region, count: Int, upperCount: Int, entry: UInt32,
        topLevel: Int
    ) {
        (self.format, self.links, self.nodes, self.upper) = (format, links, nodes, upper)
        (self.count, self.upperCount, self.entry, self.topLevel) = (count, upperCount, entry, topLevel)
        headerOffset = (format.byteCount + 3) / 4 * 4
        stride = Self.stride(format, links: links)
    }

    static func stride(_ format: RowFormat, links: Int) -> Int {
        ((format.byteCount + 3) / 4 * 4 + 16 + 8 * links + 63) / 64 * 64
    }

    /// Makes room for nodes below `count`; new ones are absent.
    func reserve(_ count: Int) {
        guard count > self.count else { return }
        nodes.grow(to: count * stride)
        for node in self.count..<count { setFlags(UInt32(node), Self.absent) }
        self.count = count
    }

    @inline(__always) func row(_ node: UInt32) -> UnsafeMutableRawPointer { nodes.base + Int(node) &* stride }

    @inline(__always) private func header(_ node: UInt32) -> UnsafeMutableRawPointer { row(node) + headerOffset }

    /// The next node in the ring of those with an equal vector.
    @inline(__always) func next(_ node: UInt32) -> UInt32 { header(node).load(as: UInt32.self) }
    func setNext(_ node: UInt32, _ next: UInt32) { header(node).storeBytes(of: next, as: UInt32.self) }

    /// The neighbour whose link to this node is never given up.
    @inline(__always) func holder(_ node: UInt32) -> UInt32 {
        header(node).load(fromByteOffset: 12, as: UInt32.self)
    }
    func setHolder(_ node: UInt32, _ holder: UInt32) {
        header(node).storeBytes(of: holder, toByteOffset: 12, as: UInt32.self)
    }

    @inline(__always) func level(_ node: UInt32) -> Int { Int(header(node).load(fromByteOffset: 10, as: UInt8.self)) }
    func setLevel(_ node: UInt32, _ level: Int) {
        header(node).storeBytes(of: UInt8(level), toByteOffset: 10, as: UInt8.self)
    }
    @inline(__always) func flags(_ node: UInt32) -> UInt8 { header(node).load(fromByteOffset: 11, as: UInt8.self) }
    func setFlags(_ node: UInt32, _ flags: UInt8) {
        header(node).storeBytes(of: flags, toByteOffset: 11, as: UInt8.self)
    }

    /// Makes a node new: of a level, without links.
    func reset(_ node: UInt32, level: Int, upperStart: UInt32) {
        setNext(node, Self.none)
        setHolder(node, Self.none)
        header(node).storeBytes(of: upperStart, toByteOffset: 4, as: UInt32.self)
        header(node).storeBytes(of: 0, toByteOffset: 8, as: UInt16.self)
        header(node).storeBytes(of: UInt8(level), toByteOffset: 10, as: UInt8.self)
        setFlags(node, 0)
        for level in 0..<level { upperList(upperStart, level + 1).pointee = 0 }
    }

    /// Room for the upper links of a node of this level: the place where they begin. What a node had before is used again
    /// if it fits.
    func allocateUpper(level: Int, reusing node: UInt32) -> UInt32 {
        if flags(node) & Self.absent == 0, self.level(node) >= level {
            return header(node).load(fromByteOffset: 4, as: UInt32.self)
        }
        let start = upperCount
        upperCount += level * (links + 1)
        upper.grow(to: 4 * upperCount)
        return UInt32(start)
    }

    private func upperList(_ start: UInt32, _ level: Int) -> UnsafeMutablePointer<UInt32> {
        upper.base.assumingMemoryBound(to: UInt32.self) + Int(start) + (level - 1) * (links + 1)
    }

    /// The most links that a node has on a level.
    @inline(__always) func capacity(_ level: Int) -> Int { level == 0 ? 2 * links : links }

    /// The links of a node on a level.
    @inline(__always) func neighbours(_ node: UInt32, _ level: Int) -> UnsafeMutableBufferPointer<UInt32> {
        if level == 0 {
            let count = Int(header(node).load(fromByteOffset: 8, as: UInt16.self))
            return UnsafeMutableBufferPointer(
                start: (header(node) + 16).assumingMemoryBound(to: UInt32.self), count: count)
        }
        let list = upperList(header(node).load(fromByteOffset: 4, as: UInt32.self), level)
        return UnsafeMutableBufferPointer(start: list + 1, count: Int(list.pointee))
    }

    /// Sets the number of links of a node on a level; those are written through `neighbours`, whose memory has room.
    func setCount(_ node: UInt32, _ level: Int, _ count: Int) {
        if level == 0 {
            header(node).storeBytes(of: UInt16(count), toByteOffset: 8, as: UInt16.self)
        } else {
            upperList(header(node).load(fromByteOffset: 4, as: UInt32.self), level).pointee = UInt32(count)
        }
    }

    @inline(__always) func measure(
        _ query: UnsafeRawPointer, _ ids: UnsafePointer<UInt32>, _ count: Int, _ distances: UnsafeMutablePointer<Float>
    ) { format.measure(query, nodes.base, stride, ids, count, format.size, distances) }

    @inline(__always) func prefetchRow(_ node: UInt32) { swiftlet_prefetch(row(node), format.byteCount) }
    @inline(__always) func prefetchLinks(_ node: UInt32) { swiftlet_prefetch(header(node) + 8, 8 * links) }
}
