import Synchronization

extension HNSWIndex {
    /// Takes a slot out: it is no longer found, and its neighbours are linked with each other. Its node stays as a way for
    /// links that still lead to it, until the slot is written again.
    package func remove(_ slot: Int) {
        let node = UInt32(slot)
        guard slot < graph.count, isLive(node) else { return }
        live.subtract(1, ordering: .relaxed)
        graph.setFlags(node, graph.flags(node) | HNSWGraph.deleted)
    }

    /// Loosens a deleted node from its neighbours and twins, so that its row may change.
    func detach(_ node: UInt32) {
        guard graph.flags(node) & HNSWGraph.absent == 0 else { return }
        let heir = graph.next(node)
        if heir != HNSWGraph.none { leaveRing(node) }
        if graph.flags(node) & HNSWGraph.twin != 0 { return }
        if heir != HNSWGraph.none { promote(heir, over: node) }
        scratch.withScratch { scratch in
            for level in (heir == HNSWGraph.none ? 0 : 1)..<graph.level(node) + 1 {
                relinkNeighbours(of: node, level, scratch)
            }
        }
    }

    /// The nodes that link to a node, which are among its neighbours and theirs, get the best of its links in its place.
    private func relinkNeighbours(of node: UInt32, _ level: Int, _ scratch: SearchScratch) {
        let around = Array(graph.neighbours(node, level))
        var near = Set(around)
        for neighbour in around where graph.level(neighbour) >= level {
            near.formUnion(graph.neighbours(neighbour, level))
        }
        for holder in near.sorted() where holder != node && graph.level(holder) >= level {
            let links = graph.neighbours(holder, level)
            guard links.contains(node) else { continue }
            let possible = Set(links).union(around).subtracting([node, holder]).filter { graph.level($0) >= level }
                .sorted()
            scratch.reserve(possible.count + 1)
            graph.measure(graph.row(holder), possible, possible.count, scratch.distances)
            scratch.candidates.reset(width: possible.count)
            for (place, other) in possible.enumerated() {
                scratch.candidates.insert(CandidateList.key(scratch.distances[place], other))
            }
            setLinks(
                holder, level,
                choose(limit: graph.capacity(level), except: holder, keepsFastened: level == 0, scratch))
        }
        guard level == 0 else { return }
        // What it held is held by its own holder from now on, or by a neighbour.
        for neighbour in around where graph.holder(neighbour) == node {
            graph.setHolder(neighbour, HNSWGraph.none)
            let others = around.filter { $0 != neighbour && graph.holder($0) != neighbour }
            fasten(
                neighbour, to: [graph.holder(node)].filter { $0 != HNSWGraph.none && $0 != neighbour } + others, scratch
            )
        }
    }

    private func leaveRing(_ node: UInt32) {
        var before = node
        while graph.next(before) != node { before = graph.next(before) }
        let after = graph.next(node)
        graph.setNext(before, after == before ? HNSWGraph.none : after)
    }

    /// The next twin takes the place of a node in the graph.
    private func promote(_ heir: UInt32, over node: UInt32) {
        graph.setFlags(heir, graph.flags(heir) & ~HNSWGraph.twin)
        let links = Array(graph.neighbours(node, 0))
        setLinks(heir, 0, links.map { ($0, 0) })
        for neighbour in links {
            let list = graph.neighbours(neighbour, 0)
            for place in list.indices where list[place] == node { list[place] = heir }
            if graph.holder(neighbour) == node { graph.setHolder(neighbour, heir) }
        }
        graph.setHolder(heir, graph.holder(node))
    }

    /// Lets searches begin elsewhere: at the highest other node.
    func moveEntry() {
        var (best, top) = (HNSWGraph.none, -1)
        for node in 0..<UInt32(graph.count) where node != graph.entry && graph.flags(node) & HNSWGraph.absent == 0 {
            if graph.flags(node) & HNSWGraph.twin == 0, graph.level(node) > top {
                (best, top) = (node, graph.level(node))
            }
        }
        (graph.entry, graph.topLevel) = (best, top)
    }
}
