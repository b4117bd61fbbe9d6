import CKernels
import Platform
import Synchronization
package import Tensors

extension HNSWIndex {
    package func insert(_ slots: Range<Int>, pool: ThreadPool) { insert(Array(slots), pool: pool) }

    /// Puts the vectors that `rows` has for these slots, each of which is named once, into the graph.
    func insert(_ slots: [Int], pool: ThreadPool) {
        guard let highest = slots.max() else { return }
        graph.reserve(highest + 1)
        // What threads must not do beside each other: leaving links and rings, making room for links of upper levels.
        for slot in slots {
            remove(slot)
            prepare(UInt32(slot))
        }
        // The first vectors one after another, so that all find a way in.
        let alone = min(slots.count, max(0, 256 - count))
        for slot in slots.prefix(alone) { connect(UInt32(slot), sharesGraph: false) }
        let rest = slots.count - alone, size = 64, sharesGraph = pool.threads > 1 && rest > size
        pool.run((rest + size - 1) / size) { item, _ in
            let begin = alone + item * size
            for slot in slots[begin..<min(begin + size, slots.count)] {
                connect(UInt32(slot), sharesGraph: sharesGraph)
            }
        }
    }

    /// Puts the vector that `rows` has for a slot now into the graph, in the place of the slot's vector before if any.
    package func update(_ slot: Int) {
        remove(slot)
        graph.reserve(slot + 1)
        prepare(UInt32(slot))
        connect(UInt32(slot), sharesGraph: false)
    }

    /// Makes a node of a slot, without links.
    private func prepare(_ node: UInt32) {
        detach(node)
        if node == graph.entry { moveEntry() }
        let level = level(of: node)
        graph.reset(node, level: level, upperStart: graph.allocateUpper(level: level, reusing: node))
        let row = graph.row(node)
        if refines {
            rows.format.decode(rows.row(Int(node))).withUnsafeBufferPointer { values in
                if let base = values.baseAddress { graph.format.encode(base, to: row) }
            }
        } else {
            row.copyMemory(from: rows.row(Int(node)), byteCount: rows.format.byteCount)
        }
    }

    /// Links a prepared node with its neighbours on every level.
    private func connect(_ node: UInt32, sharesGraph: Bool) {
        live.add(1, ordering: .relaxed)
        let level = graph.level(node)
        if !sharesGraph { return link(node, level, from: graph.entry, top: graph.topLevel, sharesGraph: false) }
        let start = entryLock.withLock { _ in (graph.entry, graph.topLevel) }
        link(node, level, from: start.0, top: start.1, sharesGraph: true)
    }

    private func link(_ node: UInt32, _ level: Int, from entry: UInt32, top: Int, sharesGraph: Bool) {
        guard entry != HNSWGraph.none else { return raiseEntry(to: node, level) }
        let isLinked = scratch.withScratch { scratch in
            linkLevels(of: node, level, from: entry, top: top, sharesGraph: sharesGraph, scratch)
        }
        if isLinked, level > top { entryLock.withLock { _ in raiseEntry(to: node, level) } }
    }

    /// Links a node on every level; false if it is a twin of another, which needs no links.
    private func linkLevels(
        of node: UInt32, _ level: Int, from entry: UInt32, top: Int, sharesGraph: Bool, _ scratch: SearchScratch
    ) -> Bool {
        let query = UnsafeRawPointer(graph.row(node))
        var nearest = entry
        if level > 0 {
            // Whether it is a twin has to be known before anything links to it.
            for upper in stride(from: top, to: 0, by: -1) {
                nearest = descend(query, from: nearest, upper, sharesGraph: sharesGraph, scratch)
            }
            expand(query, from: nearest, level: 0, width: 32, sharesGraph: sharesGraph, scratch)
            if joinTwin(node, scratch) { return false }
            nearest = entry
        }
        for upper in stride(from: top, to: level, by: -1) {
            nearest = descend(query, from: nearest, upper, sharesGraph: sharesGraph, scratch)
        }
        for current in stride(from: min(level, top), through: 0, by: -1) {
            expand(
                query, from: nearest, level: current, width: options.constructionWidth, sharesGraph: sharesGraph,
                scratch)
            guard scratch.candidates.count > 0 else { continue }
            nearest = CandidateList.number(scratch.candidates.keys[0])
            if level == 0, joinTwin(node, scratch) { return false }
            let kept = choose(limit: options.links, except: node, prefersLive: true, scratch)
            locks.withLock(node) { setLinks(node, current, kept) }
            for (neighbour, distance) in kept { addLink(neighbour, to: node, distance, current, scratch) }
            if current == 0 { fasten(node, to: kept.map(\.0), scratch) }
        }
        return true
    }

    private func raiseEntry(to node: UInt32, _ level: Int) {
        if level > graph.topLevel { (graph.entry, graph.topLevel) = (node, level) }
    }

    /// Puts a node into the ring of one with an equal vector, if the candidates hold one.
    private func joinTwin(_ node: UInt32, _ scratch: SearchScratch) -> Bool {
        for place in 0..<scratch.candidates.count {
            let other = CandidateList.number(scratch.candidates.keys[place])
            guard memcmp(graph.row(other), graph.row(node), graph.format.byteCount) == 0 else {
                // Rounding makes the distance of equal codes only nearly zero, so a few more are looked at.
                if place > 8 { return false }
                continue
            }
            guard graph.flags(other) & HNSWGraph.twin == 0, other != node else { continue }
            guard memcmp(rows.row(Int(other)), rows.row(Int(node)), rows.format.byteCount) == 0 else { continue }
            return locks.withLock(other) {
                graph.setLevel(node, 0)
                graph.setFlags(node, HNSWGraph.twin)
                graph.setNext(node, graph.next(other) == HNSWGraph.none ? other : graph.next(other))
                graph.setNext(other, node)
                return true
            }
        }
        return false
    }
}
