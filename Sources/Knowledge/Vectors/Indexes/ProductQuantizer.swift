import Tensors

/// Vectors as codes of 4 bits for each few dimensions (Jegou et al. 2011), compared by looking sums up (Andre et al. 2015).
struct ProductQuantizer: Sendable {
    /// The parts of a vector, a multiple of 4 and 256 at most; those beyond the vector are nothing but zeros.
    let parts: Int
    /// Dimensions of a part.
    let width: Int
    private let size: Int
    /// The 16 centres of each part: [parts, width], and their squares: [parts].
    private let centres: [SIMD16<Float>]
    private let squares: [SIMD16<Float>]

    /// Learns from `values` [rows, size].
    init(_ values: [Float], size: Int, pool: ThreadPool) {
        let width = max(2, (size + 255) / 256), used = (size + width - 1) / width
        let parts = (used + 3) / 4 * 4
        (self.size, self.width, self.parts) = (size, width, parts)
        let rows = values.count / size
        let learned = [[Float]](unsafeUninitializedCapacity: parts) { result, count in
            count = parts
            nonisolated(unsafe) let out = result
            pool.run(parts) { part, _ in
                var piece = [Float](repeating: 0, count: rows * width)
                for row in 0..<rows {
                    for place in 0..<width where part * width + place < size {
                        piece[row * width + place] = values[row * size + part * width + place]
                    }
                }
                var centres = KMeans.centres(piece, size: width, count: 16, pool: ThreadPool(threads: 1))
                centres += [Float](repeating: 0, count: 16 * width - centres.count)
                (out.baseAddress.map { $0 + part })?.initialize(to: centres)
            }
        }
        centres = (0..<parts * width).map { place in
            SIMD16((0..<16).map { learned[place / width][$0 * width + place % width] })
        }
        let columns = centres
        squares = (0..<parts).map { part in
            (0..<width).reduce(SIMD16<Float>.zero) { $0 + columns[part * width + $1] * columns[part * width + $1] }
        }
    }

    /// The code of each part: the nearest centre's number.
    func encode(_ values: [Float]) -> [UInt8] {
        let distances = distances(products(values, factor: -2))
        return (0..<parts).map { part in
            var best = 0
            for code in 1..<16 where distances[part][code] < distances[part][best] { best = code }
            return UInt8(best)
        }
    }

    /// `factor` times the products of a vector's parts with their centres: [parts].
    func products(_ values: [Float], factor: Float) -> [SIMD16<Float>] {
        var table = [SIMD16<Float>](repeating: .zero, count: parts)
        for part in 0..<parts {
            for place in 0..<width where part * width + place < size {
                table[part] += factor * values[part * width + place] * centres[part * width + place]
            }
        }
        return table
    }

    /// Products with the factor -2 and the centres' squares: distances, less the vector's own square.
    func distances(_ products: [SIMD16<Float>]) -> [SIMD16<Float>] { zip(products, squares).map { $0 + $1 } }

    /// What each code of each part adds to a distance, as base + step * byte.
    struct Table {
        var bytes: [SIMD16<UInt8>] = []
        var base: Float = 0
        var step: Float = 1
        private var least: [Float] = []

        /// Sets the table to the sum of two, or to the first alone.
        mutating func set(_ first: [SIMD16<Float>], _ second: [SIMD16<Float>]?) {
            if bytes.count != first.count {
                bytes = [SIMD16<UInt8>](repeating: .zero, count: first.count)
                least = [Float](repeating: 0, count: first.count)
            }
            var widest: Float = 0
            base = 0
            for part in first.indices {
                let values = second.map { first[part] + $0[part] } ?? first[part]
                least[part] = values.min()
                base += least[part]
                widest = max(widest, values.max() - least[part])
            }
            step = widest > 0 ? widest / 255 : 1
            let inverse = 1 / step
            for part in first.indices {
                let values = second.map { first[part] + $0[part] } ?? first[part]
                // At most 255 but for rounding.
                let scaled = pointwiseMin((values - least[part]) * inverse + 0.5, SIMD16(repeating: 255))
                bytes[part] = SIMD16<UInt8>(truncatingIfNeeded: SIMD16<Int32>(scaled))
            }
        }
    }
}
