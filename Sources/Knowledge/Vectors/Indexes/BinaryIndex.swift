package import Tensors

/// Vectors as bits, all of which are compared; the best are measured again from the stored vectors.
///
/// The bits are the signs of the values, or with random directions (LSH, Charikar 2002) those of the products with them.
///
/// `@unchecked Sendable`: searches may run side by side; whoever changes it has it for itself.
package final class BinaryIndex: VectorIndex, @unchecked Sendable {
    package let rows: VectorRows
    private let codes: VectorRows
    /// [bits, size]; empty for the signs of the values themselves.
    private let directions: [Float]
    private var live = SlotSet()
    private let scratch = ScratchPool()

    package private(set) var count = 0
    package var memoryBytes: Int { rows.bytes.count + codes.bytes.count + 4 * directions.count }

    /// An empty index.
    ///
    /// - Parameter bits: How many random directions there are; nil for the signs of the values. For L2, dot and cosine.
    package init?(_ rows: VectorRows, bits: Int? = nil, seed: UInt64 = 1) {
        let size = rows.format.size
        guard let format = RowFormat(.binary, metric: .hamming, size: bits ?? size),
            [.l2, .dot, .cosine].contains(rows.format.metric), (1...65_536).contains(bits ?? size)
        else { return nil }
        (self.rows, codes) = (rows, VectorRows(format))
        var state = seed
        // A sum of uniform numbers is normal enough for directions.
        directions = (0..<(bits ?? 0) * size).map { _ in
            (0..<4).reduce(Float(0)) { sum, _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return sum + Float(state >> 40) / Float(1 << 24) - 0.5
            }
        }
    }

    package func insert(_ slots: Range<Int>, pool: ThreadPool) {
        codes.reserve(slots.upperBound)
        pool.run(slots.count) { item, _ in
            let slot = slots.lowerBound + item
            rows.format.decode(rows.row(slot)).withUnsafeBufferPointer { values in
                guard let base = values.baseAddress else { return }
                encode(base) { self.codes.format.encode($0, to: self.codes.row(slot)) }
            }
        }
        for slot in slots where !live.contains(slot) {
            live.insert(slot)
            count += 1
        }
    }

    /// Takes a slot out.
    package func remove(_ slot: Int) {
        if live.contains(slot) { count -= 1 }
        live.remove(slot)
    }

    /// Hands on what the signs are taken of.
    private func encode(_ values: UnsafePointer<Float>, _ body: (UnsafePointer<Float>) -> Void) {
        guard !directions.isEmpty, let exact = RowFormat(.f32, metric: .dot, size: rows.format.size) else {
            return body(values)
        }
        let bits = codes.format.size
        withUnsafeTemporaryAllocation(of: Float.self, capacity: bits) { products in
            guard let start = products.baseAddress else { return }
            directions.withUnsafeBytes { directions in
                guard let base = directions.baseAddress else { return }
                exact.measure(values, base, 4 * exact.size, nil, bits, exact.size, start)
            }
            body(start)
        }
    }

    package func search(_ query: UnsafePointer<Float>, k: Int, options: SearchOptions, allowed: SlotSet?)
        -> [Neighbour]
    {
        guard k > 0, count > 0 else { return [] }
        var passing = live
        if let allowed { passing.formIntersection(allowed) }
        return scratch.withScratch { scratch in
            scratch.reserveQuery(max(codes.format.queryByteCount, rows.format.queryByteCount))
            encode(query) { codes.format.encodeQuery($0, to: scratch.query) }
            scratch.reserve(256)
            scratch.candidates.reset(width: max(k, Int(Float(k) * options.refinement)))
            for begin in stride(from: 0, to: codes.count, by: 256) {
                let block = min(256, codes.count - begin)
                codes.measure(scratch.query, slots: nil, count: block, from: begin, to: scratch.distances)
                for place in 0..<block where passing.contains(begin + place) {
                    scratch.candidates.insert(CandidateList.key(scratch.distances[place], UInt32(begin + place)))
                }
            }
            let slots = (0..<scratch.candidates.count).map { CandidateList.number(scratch.candidates.keys[$0]) }
            rows.format.encodeQuery(query, to: scratch.query)
            return rows.nearest(slots, k: k, scratch)
        }
    }
}
