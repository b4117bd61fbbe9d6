package import Tensors

/// Vectors in groups around centres (IVF): a search looks through the groups whose centres are nearest.
///
/// `@unchecked Sendable`: searches may run side by side; whoever changes it has it for itself.
package final class IVFIndex: VectorIndex, @unchecked Sendable {
    package let rows: VectorRows
    /// How many groups there are to be.
    let wantedLists: Int
    /// Whether vectors are looked through as 4-bit codes first.
    let isQuantized: Bool
    private var centres: [Float] = []
    private var quantizer: ProductQuantizer?
    private var lists: [InvertedList] = []
    private var live = SlotSet()
    private let scratch = ScratchPool()

    package private(set) var count = 0
    package var memoryBytes: Int {
        rows.bytes.count + 4 * centres.count
            + lists.reduce(0) { $0 + 4 * $1.slots.count + $1.codes.count + 64 * $1.table.count }
    }

    /// An empty index with so many groups, which are found with the first vectors that are inserted. For L2, dot and cosine.
    package init?(_ rows: VectorRows, lists: Int, isQuantized: Bool) {
        guard lists > 0, [.l2, .dot, .cosine].contains(rows.format.metric) else { return nil }
        (self.rows, wantedLists, self.isQuantized) = (rows, lists, isQuantized)
    }

    package func insert(_ slots: Range<Int>, pool: ThreadPool) {
        let size = rows.format.size
        for begin in stride(from: slots.lowerBound, to: slots.upperBound, by: 1 << 16) {
            let end = min(begin + 1 << 16, slots.upperBound)
            let values = (begin..<end).flatMap { rows.format.decode(rows.row($0)) }
            if centres.isEmpty { train(slots, pool: pool) }
            let nearest = KMeans.assign(values, centres, size: size, pool: pool)
            for slot in begin..<end {
                let group = Int(nearest[slot - begin])
                let code = quantizer.map { quantizer in
                    quantizer.encode((0..<size).map { values[(slot - begin) * size + $0] - centres[group * size + $0] })
                }
                lists[group].append(UInt32(slot), code: code)
                if !live.contains(slot) { count += 1 }
                live.insert(slot)
            }
        }
    }

    /// Takes a slot out.
    package func remove(_ slot: Int) {
        if live.contains(slot) { count -= 1 }
        live.remove(slot)
    }

    /// Centres of groups, and of parts of what is left when those are taken off, from a sample of the vectors.
    private func train(_ slots: Range<Int>, pool: ThreadPool) {
        let size = rows.format.size
        func sample(_ count: Int) -> [Float] {
            let count = min(count, slots.count)
            return (0..<count).flatMap { rows.format.decode(rows.row(slots.lowerBound + $0 * slots.count / count)) }
        }
        centres = KMeans.centres(sample(64 * wantedLists), size: size, count: wantedLists, pool: pool)
        lists = [InvertedList](repeating: InvertedList(), count: centres.count / size)
        guard isQuantized else { return }
        var rest = sample(4096)
        let nearest = KMeans.assign(rest, centres, size: size, pool: pool)
        for place in rest.indices { rest[place] -= centres[Int(nearest[place / size]) * size + place % size] }
        let learned = ProductQuantizer(rest, size: size, pool: pool)
        quantizer = learned
        guard rows.format.metric == .l2 else { return }
        for list in lists.indices {
            lists[list].table = learned.distances(
                learned.products(Array(centres[(list * size)...].prefix(size)), factor: 2))
        }
    }

    package func search(_ query: UnsafePointer<Float>, k: Int, options: SearchOptions, allowed: SlotSet?)
        -> [Neighbour]
    {
        guard k > 0, count > 0 else { return [] }
        return scratch.withScratch { scratch in
            let nearest = nearestLists(query, options.probes, scratch)
            var passing = live
            if let allowed { passing.formIntersection(allowed) }
            let isFiltered = allowed != nil || count < rows.count
            var candidates: [UInt32] = []
            if let quantizer {
                candidates = quantized(
                    query, nearest, quantizer, isFiltered ? passing : nil,
                    wanted: max(k, Int(Float(k) * options.refinement)), scratch)
            } else {
                for (list, _) in nearest {
                    candidates +=
                        isFiltered ? lists[list].slots.filter { passing.contains(Int($0)) } : lists[list].slots
                }
            }
            return refine(query, candidates, k: k, scratch)
        }
    }

    /// The groups whose centres are nearest, and those distances.
    private func nearestLists(_ query: UnsafePointer<Float>, _ probes: Int, _ scratch: SearchScratch) -> [(Int, Float)]
    {
        let format = rows.format
        guard let exact = RowFormat(.f32, metric: format.metric, size: format.size) else { return [] }
        scratch.reserve(lists.count)
        scratch.candidates.reset(width: min(max(probes, 1), lists.count))
        centres.withUnsafeBytes { centres in
            guard let base = centres.baseAddress else { return }
            exact.measure(query, base, 4 * format.size, nil, lists.count, format.size, scratch.distances)
        }
        for list in lists.indices {
            scratch.candidates.insert(CandidateList.key(scratch.distances[list], UInt32(list)))
        }
        return (0..<scratch.candidates.count).map { place in
            let key = scratch.candidates.keys[place]
            return (Int(CandidateList.number(key)), CandidateList.distance(key))
        }
    }

    /// The best candidates by codes.
    private func quantized(
        _ query: UnsafePointer<Float>, _ nearest: [(Int, Float)], _ quantizer: ProductQuantizer, _ passing: SlotSet?,
        wanted: Int, _ scratch: SearchScratch
    ) -> [UInt32] {
        let format = rows.format, isL2 = format.metric == .l2
        scratch.candidates.reset(width: wanted)
        let asked = Array(UnsafeBufferPointer(start: query, count: format.size))
        let products = quantizer.products(asked, factor: isL2 ? -2 : -1)
        var table = ProductQuantizer.Table()
        var sums = [UInt16](repeating: 0, count: nearest.map { lists[$0.0].paddedCount }.max() ?? 0)
        for (list, distance) in nearest {
            // |q - c - r|^2 = |q - c|^2 - 2 q r + (2 c r + r^2), of which the last is known beforehand.
            table.set(products, isL2 ? lists[list].table : nil)
            table.bytes.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                format.lookUpSums(
                    lists[list].codes, parts: quantizer.parts, table: base.assumingMemoryBound(to: UInt8.self),
                    count: lists[list].paddedCount, sums: &sums)
            }
            let base = table.base + distance
            // From here on a sum is too large.
            func limit() -> Float {
                guard scratch.candidates.count == wanted, wanted > 0 else { return .infinity }
                return (CandidateList.distance(scratch.candidates.keys[wanted - 1]) - base) / table.step
            }
            var largest = limit()
            for (place, slot) in lists[list].slots.enumerated() where Float(sums[place]) < largest {
                if let passing, !passing.contains(Int(slot)) { continue }
                scratch.candidates.insert(CandidateList.key(base + table.step * Float(sums[place]), slot))
                largest = limit()
            }
        }
        return (0..<scratch.candidates.count).map { CandidateList.number(scratch.candidates.keys[$0]) }
    }

    private func refine(_ query: UnsafePointer<Float>, _ slots: [UInt32], k: Int, _ scratch: SearchScratch)
        -> [Neighbour]
    {
        scratch.reserveQuery(rows.format.queryByteCount)
        rows.format.encodeQuery(query, to: scratch.query)
        return rows.nearest(slots, k: k, scratch)
    }
}

/// The vectors around one centre: their slots and, in blocks of 32, their codes.
private struct InvertedList {
    var slots: [UInt32] = []
    var codes: [UInt8] = []
    /// What each code adds to the squared distance of every query.
    var table: [SIMD16<Float>] = []
    var paddedCount: Int { (slots.count + 31) / 32 * 32 }

    mutating func append(_ slot: UInt32, code: [UInt8]?) {
        if let code {
            let (block, place) = (slots.count / 32, slots.count % 32)
            if place == 0 { codes += [UInt8](repeating: 0, count: 16 * code.count) }
            for (part, value) in code.enumerated() {
                codes[(block * code.count + part) * 16 + place % 16] |= place < 16 ? value : value << 4
            }
        }
        slots.append(slot)
    }
}

extension VectorRows {
    /// The `k` nearest of some slots to the query of `scratch`.
    func nearest(_ slots: [UInt32], k: Int, _ scratch: SearchScratch) -> [Neighbour] {
        scratch.reserve(slots.count)
        return slots.withUnsafeBufferPointer { slots in
            guard let base = slots.baseAddress else { return [] }
            measure(scratch.query, slots: base, count: slots.count, to: scratch.distances)
            scratch.candidates.reset(width: k)
            for place in slots.indices {
                scratch.candidates.insert(CandidateList.key(scratch.distances[place], base[place]))
            }
            return (0..<scratch.candidates.count).map { place in
                let key = scratch.candidates.keys[place]
                return Neighbour(
                    slot: Int(CandidateList.number(key)),
                    distance: format.metric.distance(sorted: CandidateList.distance(key)))
            }
        }
    }
}
