import CKernels
import Tensors

extension HNSWIndex {
    package func search(_ query: UnsafePointer<Float>, k: Int, options: SearchOptions, allowed: SlotSet?)
        -> [Neighbour]
    {
        let passing = allowed?.count ?? count
        guard k > 0, passing > 0, graph.entry != HNSWGraph.none else { return [] }
        // Of the nearest `width` vectors, about that many that pass have to be among the candidates.
        let width = max(k, options.width) * max(graph.count, passing) / passing
        let expected = min(graph.count, graph.links * width + 20 * graph.links)
        if allowed != nil, passing <= expected { return scan(query, k: k, options: options, allowed: allowed) }
        let found = scratch.withScratch { scratch in
            enter(query, scratch)
            collect(width: min(width, graph.count), scratch)
            return results(query, k: k, options: options, allowed: allowed, scratch)
        }
        // What passes may lie far from the query: then the nearest candidates say nothing about it.
        return found.count < min(k, passing) ? scan(query, k: k, options: options, allowed: allowed) : found
    }

    /// Every slot of a set, or every one, by codes, then those that are near from the stored vectors.
    private func scan(_ query: UnsafePointer<Float>, k: Int, options: SearchOptions, allowed: SlotSet?) -> [Neighbour] {
        scratch.withScratch { scratch in
            enter(query, scratch)
            scratch.candidates.reset(width: refined(k, options))
            scratch.reserve(256)
            var count = 0
            func measure() {
                graph.measure(scratch.query, scratch.ids, count, scratch.distances)
                for place in 0..<count {
                    scratch.candidates.insert(CandidateList.key(scratch.distances[place], scratch.ids[place]))
                }
                count = 0
            }
            func take(_ slot: Int) {
                guard slot < graph.count, isLive(UInt32(slot)) else { return }
                scratch.ids[count] = UInt32(slot)
                count += 1
                if count == 256 { measure() }
            }
            if let allowed { allowed.forEach(take) } else { (0..<graph.count).forEach(take) }
            measure()
            let slots = (0..<scratch.candidates.count).map { CandidateList.number(scratch.candidates.keys[$0]) }
            return refine(query, slots, k: k, scratch)
        }
    }

    /// Encodes a query for the graph.
    private func enter(_ query: UnsafePointer<Float>, _ scratch: SearchScratch) {
        scratch.reserveQuery(max(graph.format.queryByteCount, rows.format.queryByteCount))
        graph.format.encodeQuery(query, to: scratch.query)
    }

    /// The candidates whose exact distances are computed.
    private func refined(_ k: Int, _ options: SearchOptions) -> Int {
        refines ? max(k, Int(Float(k) * max(options.refinement, 1))) : k
    }

    @inline(__always) func isLive(_ node: UInt32) -> Bool {
        graph.flags(node) & (HNSWGraph.deleted | HNSWGraph.absent) == 0
    }

    /// Fills the candidates of `scratch` with those near its query on level 0.
    private func collect(width: Int, _ scratch: SearchScratch) {
        var nearest = graph.entry
        for level in stride(from: graph.topLevel, to: 0, by: -1) {
            nearest = descend(scratch.query, from: nearest, level, scratch)
        }
        expand(scratch.query, from: nearest, level: 0, width: width, scratch)
    }

    /// The nearest node on an upper level that going to nearer ones leads to.
    func descend(
        _ query: UnsafeRawPointer, from start: UInt32, _ level: Int, sharesGraph: Bool = false,
        _ scratch: SearchScratch
    ) -> UInt32 {
        scratch.reserve(graph.capacity(0) + 1)
        scratch.ids[0] = start
        graph.measure(query, scratch.ids, 1, scratch.distances)
        var (nearest, distance) = (start, scratch.distances[0])
        while true {
            let before = nearest
            let count = copyLinks(of: nearest, level, to: scratch.ids, sharesGraph: sharesGraph)
            graph.measure(query, scratch.ids, count, scratch.distances)
            for place in 0..<count where scratch.distances[place] < distance {
                (nearest, distance) = (scratch.ids[place], scratch.distances[place])
            }
            if nearest == before { return nearest }
        }
    }

    /// Copies the links of a node; while others insert, under its lock.
    @inline(__always) private func copyLinks(
        of node: UInt32, _ level: Int, to ids: UnsafeMutablePointer<UInt32>, sharesGraph: Bool
    ) -> Int {
        func copy() -> Int {
            // A node that links were left to may have been made anew on a lower level.
            guard graph.level(node) >= level else { return 0 }
            let links = graph.neighbours(node, level)
            for place in 0..<links.count { ids[place] = links[place] }
            return links.count
        }
        return sharesGraph ? locks.withLock(node, copy) : copy()
    }

    /// Fills the candidates of `scratch` with the nodes nearest to a query, going from one node to its neighbours.
    @inline(__always) func expand(
        _ query: UnsafeRawPointer, from start: UInt32, level: Int, width: Int, sharesGraph: Bool = false,
        _ scratch: SearchScratch
    ) {
        let capacity = graph.capacity(level)
        scratch.reserve(2 * capacity + 1)
        scratch.forgetVisited(of: graph.count)
        scratch.candidates.reset(width: width)
        let (ids, distances) = (scratch.ids, scratch.distances)
        let links = ids + capacity, nodes = UInt32(graph.count)
        ids[0] = start
        _ = scratch.visit(start)
        graph.measure(query, ids, 1, distances)
        scratch.candidates.insert(CandidateList.key(distances[0], start))
        while let node = scratch.candidates.next() {
            var neighbours = UnsafePointer(links)
            let count: Int
            if sharesGraph {
                count = copyLinks(of: node, level, to: links, sharesGraph: true)
            } else {
                let list = graph.neighbours(node, 0)
                (neighbours, count) = (UnsafePointer(list.baseAddress ?? links), list.count)
            }
            var fresh = 0
            for place in 0..<count {
                let id = neighbours[place]
                // A large file may not have been compared with its checksums yet.
                if id < nodes, scratch.visit(id) {
                    ids[fresh] = id
                    fresh &+= 1
                    graph.prefetchRow(id)
                }
            }
            if fresh == 0 { continue }
            if let upcoming = scratch.candidates.upcoming { graph.prefetchLinks(upcoming) }
            graph.measure(query, ids, fresh, distances)
            for place in 0..<fresh {
                scratch.candidates.insert(CandidateList.key(distances[place], ids[place]))
            }
        }
    }

    /// The nearest `k` of the candidates, with all their twins, that are there and allowed.
    private func results(
        _ query: UnsafePointer<Float>, k: Int, options: SearchOptions, allowed: SlotSet?, _ scratch: SearchScratch
    ) -> [Neighbour] {
        let wanted = refined(k, options)
        var slots: [UInt32] = []
        slots.reserveCapacity(wanted)
        for place in 0..<scratch.candidates.count where slots.count < wanted {
            let head = CandidateList.number(scratch.candidates.keys[place])
            var node = head
            repeat {
                if isLive(node), allowed?.contains(Int(node)) ?? true { slots.append(node) }
                node = graph.next(node)
            } while node != HNSWGraph.none && node != head && slots.count < wanted
        }
        return refine(query, slots, k: k, scratch)
    }

    /// The `k` nearest of some slots by the stored vectors.
    private func refine(_ query: UnsafePointer<Float>, _ slots: [UInt32], k: Int, _ scratch: SearchScratch)
        -> [Neighbour]
    {
        if refines { rows.format.encodeQuery(query, to: scratch.query) }
        return rows.nearest(slots, k: k, scratch)
    }
}
