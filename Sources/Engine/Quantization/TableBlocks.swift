import Platform
import Tensors

/// The kinds whose codes are indexes of a table: IQ4_NL and IQ4_XS.
enum TableBlocks {
    /// The levels of both kinds, in multiples of a block's scale.
    private static let levels: [Float] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]

    /// The points half way between neighbours, from where on the upper is nearer, and how far apart these are.
    private static let steps: [(middle: Float, width: Float)] = zip(levels, levels.dropFirst()).map {
        (($0 + $1) / 2, $1 - $0)
    }

    /// Writes a row as IQ4_NL.
    static func writeIQ4NL(
        _ row: UnsafePointer<Float>, _ count: Int, importance: UnsafePointer<Float>?, _ output: UnsafeMutableRawPointer
    ) {
        LaneBlocks.with(count: 32) { lanes in
            for first in stride(from: 0, to: count / 32, by: 8) {
                let blocks = Swift.min(8, count / 32 - first)
                lanes.load(row + 32 * first, blocks: blocks)
                var squares = Lanes.zero
                for index in 0..<32 { squares += lanes.values[index] * lanes.values[index] }
                weigh(lanes, importance.map { $0 + 32 * first }, blocks: blocks, variance: squares * (2.0 / 32))
                let scales = searchScales(lanes)
                encode(lanes, scales)
                for lane in 0..<blocks {
                    let block = output + 18 * (first + lane)
                    block.storeBytes(of: Half.bits(rounding: scales[lane]), as: UInt16.self)
                    pack(lanes, lane, block + 2)
                }
            }
        }
    }

    /// Writes a row as IQ4_XS.
    static func writeIQ4XS(
        _ row: UnsafePointer<Float>, _ count: Int, importance: UnsafePointer<Float>?, _ output: UnsafeMutableRawPointer
    ) {
        LaneBlocks.with(count: 32) { lanes in
            for index in 0..<count / 256 {
                let block = output + 136 * index
                lanes.load(row + 256 * index)
                var squares: Float = 0
                for column in 256 * index..<256 * (index + 1) { squares += row[column] * row[column] }
                weigh(
                    lanes, importance.map { $0 + 256 * index }, blocks: 8,
                    variance: Lanes(repeating: squares * (2.0 / 256)))
                let scales = searchScales(lanes)
                var extreme: Float = 0
                for lane in 0..<8 where scales[lane].magnitude > extreme.magnitude { extreme = scales[lane] }
                let scale = -extreme / 32
                let inverse = scale == 0 ? 0 : 1 / scale
                let codes = (inverse * scales).nearest.clamped(-32, 31)
                encode(lanes, scale * codes)
                block.storeBytes(of: Half.bits(rounding: scale), as: UInt16.self)
                packScales(codes + 32, block + 2)
                for lane in 0..<8 { pack(lanes, lane, block + 8 + 16 * lane) }
            }
        }
    }

    private static func weigh(
        _ lanes: LaneBlocks, _ importance: UnsafePointer<Float>?, blocks: Int, variance: Lanes
    ) {
        if let importance {
            lanes.loadWeights(importance, blocks: blocks)
            lanes.weighByImportance(variance: variance)
        } else {
            for index in 0..<32 { lanes.weights[index] = lanes.values[index] * lanes.values[index] }
        }
    }

    /// The scales with which the weighted square error is smallest, of those that bring the largest value near the table's end.
    private static func searchScales(_ lanes: LaneBlocks) -> Lanes {
        let extreme = lanes.extremes()
        let isZero = extreme.absolute .< Lanes(repeating: LaneBlocks.smallest)
        let maximum = extreme.replacing(with: 1, where: isZero)
        var (products, squares) = fit(lanes, 1 / ((Lanes.zero - maximum) / levels[0]))
        var scale = (products / squares).replacing(with: 0, where: squares .<= 0)
        var best = scale * products
        for step in -7...7 {
            (products, squares) = fit(lanes, Lanes(repeating: Float(step) + levels[0]) / maximum)
            let isBetter = (squares .> 0) .& (products * products .> best * squares)
            let fitted = products / squares
            scale.replace(with: fitted, where: isBetter)
            best.replace(with: fitted * products, where: isBetter)
        }
        return scale.replacing(with: 0, where: isZero)
    }

    @inline(__always)
    private static func fit(_ lanes: LaneBlocks, _ inverse: Lanes) -> (products: Lanes, squares: Lanes) {
        var (products, squares) = (Lanes.zero, Lanes.zero)
        steps.withUnsafeBufferPointer { steps in
            for index in 0..<32 {
                let value = inverse * lanes.values[index]
                var level = Lanes(repeating: -127)
                for step in steps {
                    level += Lanes.zero.replacing(
                        with: Lanes(repeating: step.width), where: value .>= Lanes(repeating: step.middle))
                }
                let weighted = lanes.weights[index] * level
                products += weighted * lanes.values[index]
                squares += weighted * level
            }
        }
        return (products, squares)
    }

    /// Gives the indexes of the levels that are nearest for these scales.
    private static func encode(_ lanes: LaneBlocks, _ scales: Lanes) {
        let isZero = scales .== 0
        let inverse = (1 / scales).replacing(with: 0, where: isZero)
        for index in 0..<32 {
            let value = inverse * lanes.values[index]
            var code = Lanes.zero
            for step in steps {
                code += Lanes.zero.replacing(with: 1, where: value .>= Lanes(repeating: step.middle))
            }
            lanes.codes[index] = code
        }
    }

    private static func pack(_ lanes: LaneBlocks, _ lane: Int, _ output: UnsafeMutableRawPointer) {
        for index in 0..<16 {
            output.storeBytes(
                of: lanes.codes[index][lane].byte | lanes.codes[index + 16][lane].byte << 4, toByteOffset: index,
                as: UInt8.self)
        }
    }

    /// Packs eight scales of 6 bits: their upper pairs of bits in 2 bytes, then their nibbles in 4.
    private static func packScales(_ codes: Lanes, _ output: UnsafeMutableRawPointer) {
        var high: UInt16 = 0
        for lane in 0..<8 { high |= UInt16(codes[lane].byte >> 4) << UInt16(2 * lane) }
        output.storeBytes(of: high.littleEndian, as: UInt16.self)
        for pair in 0..<4 {
            output.storeBytes(
                of: codes[2 * pair].byte & 15 | codes[2 * pair + 1].byte << 4, toByteOffset: 2 + pair, as: UInt8.self)
        }
    }
}

/// MXFP4: floats of 4 bits with a power of two for each block.
enum MicroscaledBlocks {
    /// The magnitudes that 3 bits hold, doubled.
    private static let magnitudes: [Float] = [0, 1, 2, 3, 4, 6, 8, 12]

    /// Writes a row as MXFP4.
    static func write(_ row: UnsafePointer<Float>, _ count: Int, _ output: UnsafeMutableRawPointer) {
        for index in 0..<count / 32 {
            let (values, block) = (row + 32 * index, output + 17 * index)
            var largest: Float = 0
            for column in 0..<32 { largest = Float.larger(largest, values[column].magnitude) }
            let exponent = largest > 0 ? Swift.max(0, Swift.min(254, Int(log2f(largest).rounded(.down)) + 125)) : 0
            // Half of the power of two, as the magnitudes are doubled.
            let scale = Float(sign: .plus, exponent: exponent - 128, significand: 1)
            block.storeBytes(of: UInt8(exponent), as: UInt8.self)
            for column in 0..<16 {
                block.storeBytes(
                    of: code(values[column], scale) | code(values[column + 16], scale) << 4, toByteOffset: 1 + column,
                    as: UInt8.self)
            }
        }
    }

    /// The nearest code, of two equally near ones the lower.
    private static func code(_ value: Float, _ scale: Float) -> UInt8 {
        var (best, bestError) = (UInt8(0), value.magnitude)
        for code in 1..<UInt8(16) {
            let level = code < 8 ? magnitudes[Int(code)] : -magnitudes[Int(code) - 8]
            let error = (level * scale - value).magnitude
            if error < bestError { (best, bestError) = (code, error) }
        }
        return best
    }
}
