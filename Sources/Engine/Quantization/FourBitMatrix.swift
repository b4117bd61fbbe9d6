package import Tensors

/// A matrix of integers of 4 bits.
package struct FourBitMatrix: Sendable {
    let rows: Int
    let columns: Int
    let groupSize: Int
    /// The codes, [rows, columns].
    package let codes: [UInt8]
    /// What codes of a row's groups stand for, [rows, groups].
    package let ranges: [FourBitGroups.Range]

    /// Groups in a row.
    package var groups: Int { columns / groupSize }

    /// Eight codes to a word, in the order in which `code` gives them.
    package static func packed(words: Int, _ code: (_ word: Int, _ place: Int) -> UInt8) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 * words)
        for word in 0..<words {
            for place in stride(from: 0, to: 8, by: 2) {
                bytes.append(code(word, place) | code(word, place + 1) << 4)
            }
        }
        return bytes
    }

    /// The scales in f16, [groups, rows].
    package var halfScales: [UInt8] {
        (0..<groups * rows).flatMap { index -> [UInt8] in
            let bits = Half.bits(rounding: ranges[index % rows * groups + index / rows].scale)
            return [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
        }
    }

    /// Rounds rows to the nearest codes of their groups' ranges.
    ///
    /// - Parameter importance: How much errors of each column count when ranges are chosen.
    package init(nearest weights: [Float], columns: Int, groupSize: Int, importance: [Float], pool: ThreadPool) {
        let ranges = Self.ranges(weights, columns, groupSize, importance, pool, FourBitGroups.affine)
        let groups = columns / groupSize
        let codes = weights.indices.map { index in
            ranges[index / columns * groups + index % columns / groupSize].code(weights[index])
        }
        self.init(
            rows: weights.count / columns, columns: columns, groupSize: groupSize, codes: codes, ranges: ranges)
    }

    /// Rounds rows so that later columns make up for what earlier ones are off.
    package init(compensating weights: [Float], groupSize: Int, by rounding: CompensatedRounding, pool: ThreadPool) {
        let columns = rounding.importance.count
        let ranges = Self.ranges(weights, columns, groupSize, rounding.importance, pool, FourBitGroups.symmetric)
        self.init(
            rows: weights.count / columns, columns: columns, groupSize: groupSize,
            codes: rounding.round(weights, ranges: ranges, groupSize: groupSize, pool: pool), ranges: ranges)
    }

    private init(rows: Int, columns: Int, groupSize: Int, codes: [UInt8], ranges: [FourBitGroups.Range]) {
        (self.rows, self.columns, self.groupSize) = (rows, columns, groupSize)
        (self.codes, self.ranges) = (codes, ranges)
    }

    private static func ranges(
        _ weights: [Float], _ columns: Int, _ groupSize: Int, _ importance: [Float], _ pool: ThreadPool,
        _ fit: @Sendable (UnsafeBufferPointer<Float>, UnsafeBufferPointer<Float>) -> FourBitGroups.Range
    ) -> [FourBitGroups.Range] {
        let groups = columns / groupSize
        var result = [FourBitGroups.Range](
            repeating: FourBitGroups.Range(scale: 1, zero: 8), count: weights.count / groupSize)
        result.withUnsafeMutableBufferPointer { result in
            // Each item writes the ranges of one row.
            nonisolated(unsafe) let output = result
            pool.run(weights.count / columns) { row, _ in
                weights.withUnsafeBufferPointer { weights in
                    importance.withUnsafeBufferPointer { importance in
                        for group in 0..<groups {
                            let start = row * columns + group * groupSize
                            output[row * groups + group] = fit(
                                UnsafeBufferPointer(rebasing: weights[start..<start + groupSize]),
                                UnsafeBufferPointer(
                                    rebasing: importance[group * groupSize..<(group + 1) * groupSize]))
                        }
                    }
                }
            }
        }
        return result
    }
}
