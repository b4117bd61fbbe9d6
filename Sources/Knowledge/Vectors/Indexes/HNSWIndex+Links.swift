extension HNSWIndex {
    func setLinks(_ node: UInt32, _ level: Int, _ kept: [(UInt32, Float)]) {
        guard graph.level(node) >= level, let list = graph.neighbours(node, level).baseAddress else { return }
        for (place, link) in kept.enumerated() { list[place] = link.0 }
        graph.setCount(node, level, kept.count)
    }

    /// Of the candidates, nearest first, those that are nearer to the node than to a candidate kept before: links then lead
    /// in all directions.
    ///
    /// - Parameters:
    ///   - prefersLive: Takes deleted nodes only if there are no others: their links go when they are written again.
    ///   - keepsFastened: Takes those that are fastened to the node in any case.
    func choose(
        limit: Int, except node: UInt32, prefersLive: Bool = false, keepsFastened: Bool = false,
        _ scratch: SearchScratch
    ) -> [(UInt32, Float)] {
        var kept: [(UInt32, Float)] = []
        let skipsDead =
            prefersLive
            && (0..<scratch.candidates.count).contains {
                isReachable(CandidateList.number(scratch.candidates.keys[$0]))
            }
        kept.reserveCapacity(limit)
        let (ids, distances) = (scratch.ids, scratch.distances)
        for place in 0..<scratch.candidates.count where keepsFastened && kept.count < limit {
            let key = scratch.candidates.keys[place], candidate = CandidateList.number(key)
            guard graph.holder(candidate) == node else { continue }
            ids[kept.count] = candidate
            kept.append((candidate, CandidateList.distance(key)))
        }
        let fastened = kept.count
        for place in 0..<scratch.candidates.count where kept.count < limit {
            let key = scratch.candidates.keys[place]
            let (candidate, distance) = (CandidateList.number(key), CandidateList.distance(key))
            if fastened > 0, graph.holder(candidate) == node { continue }
            if candidate == node || skipsDead && !isReachable(candidate) { continue }
            if place + 4 < scratch.candidates.count {
                graph.prefetchRow(CandidateList.number(scratch.candidates.keys[place + 4]))
            }
            // Four at a time, which most often settles it.
            var isKept = true
            var begin = 0
            while isKept, begin < kept.count {
                let count = min(4, kept.count - begin)
                graph.measure(graph.row(candidate), ids + begin, count, distances)
                for other in 0..<count where distances[other] < distance { isKept = false }
                begin += count
            }
            if isKept {
                ids[kept.count] = candidate
                kept.append((candidate, distance))
            }
        }
        return kept
    }

    /// Gives a node a neighbour that links to it for good, so that it can be reached however far from all others it is: the
    /// first of some that does not hold too many already.
    func fasten(_ node: UInt32, to possible: [UInt32], _ scratch: SearchScratch) {
        let limit = graph.capacity(0) / 2
        func held(_ holder: UInt32) -> Int { graph.neighbours(holder, 0).count { graph.holder($0) == holder } }
        for holder in possible {
            let isFastened = locks.withLock(holder) {
                let links = graph.neighbours(holder, 0), isLast = links.count >= graph.capacity(0)
                guard held(holder) < limit, let base = links.baseAddress else { return false }
                if !links.contains(node) {
                    if isLast {
                        // The farthest of those that are not held makes room.
                        graph.measure(graph.row(holder), base, links.count, scratch.distances)
                        let free = links.indices.filter { graph.holder(links[$0]) != holder }
                        guard let place = free.max(by: { scratch.distances[$0] < scratch.distances[$1] }) else {
                            return false
                        }
                        base[place] = node
                    } else {
                        base[links.count] = node
                        graph.setCount(holder, 0, links.count + 1)
                    }
                }
                graph.setHolder(node, holder)
                return true
            }
            if isFastened { return }
        }
    }

    /// Whether a node, or a twin of it, can be found.
    private func isReachable(_ node: UInt32) -> Bool { isLive(node) || graph.next(node) != HNSWGraph.none }

    /// Links `neighbour` back to a new node; if it has no room, the best of its links and the new one stay.
    func addLink(
        _ neighbour: UInt32, to node: UInt32, _ distance: Float, _ level: Int, _ scratch: SearchScratch
    ) {
        locks.withLock(neighbour) {
            guard graph.level(neighbour) >= level else { return }
            let links = graph.neighbours(neighbour, level)
            if links.contains(node) { return }
            guard links.count >= graph.capacity(level) else {
                links.baseAddress?[links.count] = node
                return graph.setCount(neighbour, level, links.count + 1)
            }
            guard let base = links.baseAddress else { return }
            graph.measure(graph.row(neighbour), base, links.count, scratch.distances)
            scratch.candidates.reset(width: links.count + 1)
            for place in 0..<links.count {
                scratch.candidates.insert(CandidateList.key(scratch.distances[place], base[place]))
            }
            scratch.candidates.insert(CandidateList.key(distance, node))
            setLinks(
                neighbour, level,
                choose(limit: graph.capacity(level), except: neighbour, keepsFastened: level == 0, scratch))
        }
    }
}
