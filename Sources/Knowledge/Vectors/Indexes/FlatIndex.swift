import Synchronization
package import Tensors

/// Exact search: every row is measured.
///
/// `@unchecked Sendable`: searches may run side by side; whoever changes it has it for itself.
package final class FlatIndex: VectorIndex, @unchecked Sendable {
    package let rows: VectorRows
    private var live = SlotSet()
    private let scratch = ScratchPool()

    package private(set) var count = 0
    package var memoryBytes: Int { rows.bytes.count }

    package init(_ rows: VectorRows) { self.rows = rows }

    package func insert(_ slots: Range<Int>, pool: ThreadPool) {
        for slot in slots { update(slot) }
    }

    /// Makes a slot one that can be found.
    package func update(_ slot: Int) {
        if !live.contains(slot) { count += 1 }
        live.insert(slot)
    }

    /// Makes a slot one that is not found.
    package func remove(_ slot: Int) {
        if live.contains(slot) { count -= 1 }
        live.remove(slot)
    }

    package func search(_ query: UnsafePointer<Float>, k: Int, options: SearchOptions, allowed: SlotSet?)
        -> [Neighbour]
    {
        guard k > 0, count > 0 else { return [] }
        return scratch.withScratch { scratch in
            scratch.reserveQuery(rows.format.queryByteCount)
            rows.format.encodeQuery(query, to: scratch.query)
            scratch.reserve(Self.block)
            scratch.candidates.reset(width: k)
            if var allowed {
                allowed.formIntersection(live)
                let slots = allowed.slots
                for begin in stride(from: 0, to: slots.count, by: Self.block) {
                    let count = min(Self.block, slots.count - begin)
                    slots.withUnsafeBufferPointer { slots in
                        guard let base = slots.baseAddress else { return }
                        rows.measure(scratch.query, slots: base + begin, count: count, to: scratch.distances)
                        enter(count, scratch) { slots[begin + $0] }
                    }
                }
            } else {
                for begin in stride(from: 0, to: rows.count, by: Self.block) {
                    let count = min(Self.block, rows.count - begin)
                    rows.measure(scratch.query, slots: nil, count: count, from: begin, to: scratch.distances)
                    enter(count, scratch) { UInt32(begin + $0) }
                }
            }
            return (0..<scratch.candidates.count).map { place in
                let key = scratch.candidates.keys[place]
                return Neighbour(
                    slot: Int(CandidateList.number(key)),
                    distance: rows.format.metric.distance(sorted: CandidateList.distance(key)))
            }
        }
    }

    private static let block = 256

    @inline(__always) private func enter(_ count: Int, _ scratch: SearchScratch, slot: (Int) -> UInt32) {
        for place in 0..<count {
            let key = CandidateList.key(scratch.distances[place], slot(place))
            if live.contains(Int(CandidateList.number(key))) { scratch.candidates.insert(key) }
        }
    }
}
