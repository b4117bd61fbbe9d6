import Checkpoints
import Tensors

extension NormalFloats {
    /// Scales as they are stored.
    struct Scales: Sendable {
        private(set) var codes: [UInt8] = []
        private(set) var nested: [Float] = []
        let offset: Float

        /// Finds the largest magnitudes of blocks, and quantizes them.
        init(_ rows: TensorRows, pool: ThreadPool) throws(CheckpointError) {
            let size = NormalFloats.blockSize
            let largest = try rows.numbersOfRows(rows.columns / size, pool: pool) { values, output in
                for block in output.indices {
                    output[block] = values[size * block..<size * (block + 1)].reduce(Float(0)) { max($0, abs($1)) }
                }
            }
            offset = Float(largest.reduce(0.0) { $0 + Double($1) } / Double(max(1, largest.count)))
            let levels = NormalFloats.scaleLevels
            let middles = zip(levels, levels.dropFirst()).map { ($0 + $1) / 2 }
            for start in stride(from: 0, to: largest.count, by: NormalFloats.nestedSize) {
                let end = min(largest.count, start + NormalFloats.nestedSize)
                let group = largest[start..<end].map { $0 - offset }
                let extreme = group.reduce(Float(0)) { max($0, abs($1)) }
                nested.append(extreme)
                let inverse = extreme.isNormal ? 1 / extreme : 0
                codes += group.map { value in
                    // The first middle that is not below; there are 255.
                    var (low, high) = (0, middles.count)
                    while low < high {
                        let middle = (low + high) / 2
                        if middles[middle] < value * inverse { low = middle + 1 } else { high = middle }
                    }
                    return UInt8(low)
                }
            }
        }
    }
}
