import Tensors

/// Lloyd's algorithm: the centres of groups of vectors.
enum KMeans {
    /// The centres of `values` [rows, size], [count, size], or fewer if there are fewer rows. The same values give the same
    /// centres.
    static func centres(_ values: [Float], size: Int, count: Int, iterations: Int = 10, pool: ThreadPool) -> [Float] {
        let rows = values.count / size
        let count = min(count, rows)
        guard count > 0 else { return [] }
        // Rows spread evenly, then those that are nearest to no other centre where a group is empty.
        var centres = (0..<count).flatMap { group in values[(group * rows / count * size)...].prefix(size) }
        for _ in 0..<iterations {
            let nearest = assign(values, centres, size: size, pool: pool)
            var (sums, members) = ([Double](repeating: 0, count: count * size), [Int](repeating: 0, count: count))
            for row in 0..<rows {
                let group = Int(nearest[row])
                members[group] += 1
                for place in 0..<size { sums[group * size + place] += Double(values[row * size + place]) }
            }
            for group in 0..<count {
                if members[group] > 0 {
                    for place in 0..<size {
                        centres[group * size + place] = Float(sums[group * size + place] / Double(members[group]))
                    }
                } else if let largest = members.indices.max(by: { members[$0] < members[$1] }) {
                    // An empty group takes a half of the largest one.
                    for place in 0..<size {
                        let value = centres[largest * size + place]
                        centres[group * size + place] = value * (1 + 1e-4) + 1e-6
                        centres[largest * size + place] = value * (1 - 1e-4) - 1e-6
                    }
                    members[group] = members[largest] / 2
                    members[largest] -= members[group]
                }
            }
        }
        return centres
    }

    /// The number of the centre nearest to each of `values` [rows, size], by L2.
    static func assign(_ values: [Float], _ centres: [Float], size: Int, pool: ThreadPool) -> [UInt32] {
        guard let format = RowFormat(.f32, metric: .l2, size: size) else { return [] }
        let (rows, groups) = (values.count / size, centres.count / size)
        return [UInt32](unsafeUninitializedCapacity: rows) { nearest, filled in
            filled = rows
            nonisolated(unsafe) let out = nearest
            let block = 256
            pool.run((rows + block - 1) / block) { item, _ in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: groups) { distances in
                    guard let start = distances.baseAddress else { return }
                    for row in item * block..<min(item * block + block, rows) {
                        values.withUnsafeBufferPointer { values in
                            centres.withUnsafeBytes { centres in
                                guard let query = values.baseAddress, let base = centres.baseAddress else { return }
                                format.measure(query + row * size, base, 4 * size, nil, groups, size, start)
                            }
                        }
                        var best = 0
                        for group in 1..<max(groups, 1) where distances[group] < distances[best] { best = group }
                        out[row] = UInt32(best)
                    }
                }
            }
        }
    }
}
