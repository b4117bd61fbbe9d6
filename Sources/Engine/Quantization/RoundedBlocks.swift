import Tensors

/// The kinds of blocks of 32: each row is rounded to codes of 4, 5 or 8 bits with a scale, and for some a minimum.
enum RoundedBlocks {
    private typealias Half16 = SIMD16<Float>

    /// Writes a row as Q8_0.
    static func writeQ8x0(_ row: UnsafePointer<Float>, _ count: Int, _ output: UnsafeMutableRawPointer) {
        forEachBlock(row, count) { index, low, high in
            let largest = largest(greater(magnitudes(low), magnitudes(high)))
            let scale = largest / 127
            let inverse = scale == 0 ? 0 : 1 / scale
            let block = output + 34 * index
            block.storeBytes(of: Half.bits(rounding: scale), as: UInt16.self)
            block.storeBytes(of: signedBytes(low * inverse), toByteOffset: 2, as: SIMD16<UInt8>.self)
            block.storeBytes(of: signedBytes(high * inverse), toByteOffset: 18, as: SIMD16<UInt8>.self)
        }
    }

    /// Writes a row as Q4_0 or Q5_0, whose codes go up to `levels` and stand for nothing at (`levels` + 1) / 2.
    static func writeSymmetric(
        _ row: UnsafePointer<Float>, _ count: Int, levels: Float, _ output: UnsafeMutableRawPointer
    ) {
        let middle = (levels + 1) / 2
        forEachBlock(row, count) { index, low, high in
            let scale = extreme(row + 32 * index, low, high) / -middle
            let inverse = scale == 0 ? 0 : 1 / scale
            let codes = (
                codes(low * inverse + (middle + 0.5), upTo: levels),
                codes(high * inverse + (middle + 0.5), upTo: levels)
            )
            let block = output + (levels == 15 ? 18 : 22) * index
            block.storeBytes(of: Half.bits(rounding: scale), as: UInt16.self)
            write(codes.0, codes.1, hasFifthBits: levels == 31, to: block + 2)
        }
    }

    /// Writes a row as Q4_1 or Q5_1, whose codes go up to `levels` from the block's minimum.
    static func writeAffine(
        _ row: UnsafePointer<Float>, _ count: Int, levels: Float, _ output: UnsafeMutableRawPointer
    ) {
        forEachBlock(row, count) { index, low, high in
            let minimum = -largest(greater(negated(low), negated(high)))
            let scale = (largest(greater(low, high)) - minimum) / levels
            let inverse = scale == 0 ? 0 : 1 / scale
            let codes = (
                codes((low - minimum) * inverse + 0.5, upTo: levels),
                codes((high - minimum) * inverse + 0.5, upTo: levels)
            )
            let block = output + (levels == 15 ? 20 : 24) * index
            block.storeBytes(of: Half.bits(rounding: scale), as: UInt16.self)
            block.storeBytes(of: Half.bits(rounding: minimum), toByteOffset: 2, as: UInt16.self)
            write(codes.0, codes.1, hasFifthBits: levels == 31, to: block + 4)
        }
    }

    /// Writes a row as one of the four kinds of 4 and 5 bits with scales for which errors weighted by `importance` are smallest.
    static func writeWeighted(
        _ row: UnsafePointer<Float>, _ count: Int, importance: UnsafePointer<Float>, levels: Float, isAffine: Bool,
        _ output: UnsafeMutableRawPointer
    ) {
        var squares: Float = 0
        for index in 0..<count { squares += row[index] * row[index] }
        let variance = Lanes(repeating: squares / Float(count))
        let blockBytes = (isAffine ? 4 : 2) + (levels == 31 ? 20 : 16)
        LaneBlocks.with(count: 32) { lanes in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { codes in
                guard let base = codes.baseAddress else { return }
                for first in stride(from: 0, to: count / 32, by: 8) {
                    let blocks = Swift.min(8, count / 32 - first)
                    lanes.load(row + 32 * first, blocks: blocks)
                    lanes.loadWeights(importance + 32 * first, blocks: blocks)
                    lanes.weighByImportance(variance: variance)
                    let middle = (levels + 1) / 2
                    var (scales, minimums) = (Lanes.zero, Lanes.zero)
                    if isAffine {
                        (scales, minimums) = lanes.searchAffine(
                            .init(levels: levels, first: -0.9, increment: 0.05, last: 36))
                    } else {
                        scales = lanes.searchSymmetric(levels: middle)
                    }
                    lanes.store(base, adding: isAffine ? 0 : middle, blocks: blocks)
                    for index in 0..<blocks {
                        var block = output + (first + index) * blockBytes
                        block.storeBytes(of: Half.bits(rounding: scales[index]), as: UInt16.self)
                        block += 2
                        if isAffine {
                            block.storeBytes(of: Half.bits(rounding: minimums[index]), as: UInt16.self)
                            block += 2
                        }
                        let stored = UnsafeRawPointer(base + 32 * index)
                        write(
                            SIMD16<UInt32>(truncatingIfNeeded: stored.loadUnaligned(as: SIMD16<UInt8>.self)),
                            SIMD16<UInt32>(
                                truncatingIfNeeded: stored.loadUnaligned(fromByteOffset: 16, as: SIMD16<UInt8>.self)),
                            hasFifthBits: levels == 31, to: block)
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func forEachBlock(
        _ row: UnsafePointer<Float>, _ count: Int, _ body: (_ index: Int, _ low: Half16, _ high: Half16) -> Void
    ) {
        for index in 0..<count / 32 {
            let block = UnsafeRawPointer(row + 32 * index)
            body(
                index, block.loadUnaligned(as: Half16.self), block.loadUnaligned(fromByteOffset: 64, as: Half16.self))
        }
    }

    @inline(__always)
    private static func magnitudes(_ values: Half16) -> Half16 {
        unsafeBitCast(unsafeBitCast(values, to: SIMD16<UInt32>.self) & 0x7FFF_FFFF, to: Half16.self)
    }

    /// The first of the values with the largest magnitude.
    @inline(__always)
    private static func extreme(_ block: UnsafePointer<Float>, _ low: Half16, _ high: Half16) -> Float {
        let (highest, lowest) = (largest(greater(low, high)), -largest(greater(negated(low), negated(high))))
        if highest != -lowest { return highest > -lowest ? highest : lowest }
        var index = 0
        while index < 31, block[index].magnitude != highest { index += 1 }
        return highest == 0 ? 0 : block[index]
    }

    /// The whole parts of numbers from 0 to 255, `levels` at most, in the low bytes of words.
    @inline(__always)
    private static func codes(_ values: Half16, upTo levels: Float) -> SIMD16<UInt32> {
        let limit = Half16(repeating: levels)
        var whole = (values + 12_582_912) - 12_582_912
        whole.replace(with: whole - 1, where: whole .> values)
        whole.replace(with: limit, where: whole .> limit)
        return unsafeBitCast(whole + 8_388_608, to: SIMD16<UInt32>.self) & 0xFF
    }

    /// The nearest integers, of two those further from zero, as signed bytes.
    @inline(__always)
    private static func signedBytes(_ values: Half16) -> SIMD16<UInt8> {
        var whole = (values + 12_582_912) - 12_582_912
        let rest = values - whole
        whole.replace(with: whole + 1, where: (rest .== 0.5) .& (values .> 0))
        whole.replace(with: whole - 1, where: (rest .== -0.5) .& (values .< 0))
        return packed(unsafeBitCast(whole + 12_582_912, to: SIMD16<UInt32>.self) & 0xFF)
    }

    /// The low bytes of words that have no others.
    @inline(__always)
    private static func packed(_ words: SIMD16<UInt32>) -> SIMD16<UInt8> {
        let pairs = words.evenHalf | words.oddHalf &<< 8
        return unsafeBitCast(pairs.evenHalf | pairs.oddHalf &<< 16, to: SIMD16<UInt8>.self)
    }

    /// The greater of each two numbers.
    @inline(__always)
    private static func greater(_ first: Half16, _ second: Half16) -> Half16 {
        first.replacing(with: second, where: first .< second)
    }

    @inline(__always)
    private static func negated(_ values: Half16) -> Half16 {
        unsafeBitCast(unsafeBitCast(values, to: SIMD16<UInt32>.self) ^ 0x8000_0000, to: Half16.self)
    }

    /// The largest of 16 numbers.
    @inline(__always)
    private static func largest(_ values: Half16) -> Float {
        let eight = values.lowHalf.replacing(with: values.highHalf, where: values.lowHalf .< values.highHalf)
        let four = eight.lowHalf.replacing(with: eight.highHalf, where: eight.lowHalf .< eight.highHalf)
        return Float.larger(Float.larger(four[0], four[1]), Float.larger(four[2], four[3]))
    }

    /// Writes 32 codes, their fifth bits first if they have such.
    @inline(__always)
    private static func write(
        _ low: SIMD16<UInt32>, _ high: SIMD16<UInt32>, hasFifthBits: Bool, to block: UnsafeMutableRawPointer
    ) {
        var nibbles = block
        if hasFifthBits {
            let shifts = SIMD16<UInt32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
            let bits = (low &>> 4) &<< shifts | (high &>> 4) &<< (shifts &+ 16)
            let eight = bits.lowHalf | bits.highHalf
            let four = eight.lowHalf | eight.highHalf
            block.storeBytes(of: (four[0] | four[1] | four[2] | four[3]).littleEndian, as: UInt32.self)
            nibbles += 4
        }
        nibbles.storeBytes(of: packed((low & 15) | (high & 15) &<< 4), as: SIMD16<UInt8>.self)
    }
}
