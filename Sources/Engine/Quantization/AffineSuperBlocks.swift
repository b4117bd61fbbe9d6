import Tensors

/// The kinds of 256 elements whose blocks have a scale and a minimum: Q2_K, Q4_K, Q5_K.
extension SuperBlocks {
    /// Writes a row as Q2_K.
    static func writeQ2K(
        _ row: UnsafePointer<Float>, _ count: Int, importance: UnsafePointer<Float>?, _ output: UnsafeMutableRawPointer
    ) {
        forEach(row, count, importance: importance, blockSize: 16) { index, values, importance, room in
            room.writeQ2K(values, importance, output + 84 * index)
        }
    }

    private func writeQ2K(
        _ values: UnsafePointer<Float>, _ importance: UnsafePointer<Float>?, _ output: UnsafeMutableRawPointer
    ) {
        var blocks = AffineBlocks()
        let variance = importance.map { _ in Lanes(repeating: Self.meanSquare(values)) }
        let steps: LaneBlocks.AffineSteps =
            importance == nil
            ? .init(levels: 3, first: -0.5, increment: 0.1, last: 15, sumsMagnitudes: true)
            : .init(levels: 3, first: -0.9, increment: 0.05, last: 36)
        for group in 0..<2 {
            lanes.load(values + 128 * group)
            if let importance, let variance {
                lanes.loadWeights(importance + 128 * group)
                lanes.weighByImportance(variance: variance)
            } else {
                for index in 0..<16 { lanes.weights[index] = lanes.values[index].absolute }
            }
            blocks.append(lanes.searchAffine(steps), lanes.totals)
            lanes.store(codes + 128 * group)
        }
        let rounded = importance == nil ? blocks.rounded(levels: 15) : blocks.fitted(levels: 15)
        for index in 0..<16 {
            output.storeBytes(
                of: rounded.scaleCodes[index] | rounded.minimumCodes[index] << 4, toByteOffset: index, as: UInt8.self)
        }
        for group in 0..<2 {
            lanes.load(values + 128 * group)
            restore(group)
            encode(
                scales: rounded.scales(group, mask: 15), minimums: rounded.minimums(group, mask: 15), 0, 3)
            lanes.store(codes + 128 * group)
        }
        packPairs(output + 16)
        output.storeBytes(of: rounded.scale, toByteOffset: 80, as: UInt16.self)
        output.storeBytes(of: rounded.minimum, toByteOffset: 82, as: UInt16.self)
    }

    /// Brings codes that were stored back to the lanes.
    func restore(_ group: Int) {
        for index in 0..<lanes.count {
            for lane in 0..<8 {
                lanes.codes[index][lane] = Float(codes[(8 * group + lane) * lanes.count + index])
            }
        }
    }

    /// Writes a row as Q4_K, or as Q5_K if codes go up to 31.
    static func writeQ4K(
        _ row: UnsafePointer<Float>, _ count: Int, importance: UnsafePointer<Float>?, levels: Float,
        _ output: UnsafeMutableRawPointer
    ) {
        forEach(row, count, importance: importance, blockSize: 32) { index, values, importance, room in
            room.writeQ4K(values, importance, levels, output + (levels == 15 ? 144 : 176) * index)
        }
    }

    private func writeQ4K(
        _ values: UnsafePointer<Float>, _ importance: UnsafePointer<Float>?, _ levels: Float,
        _ output: UnsafeMutableRawPointer
    ) {
        lanes.load(values)
        let steps: LaneBlocks.AffineSteps
        if let importance {
            lanes.loadWeights(importance)
            lanes.weighByImportance(variance: Lanes(repeating: 2 * Self.meanSquare(values)))
            steps = .init(levels: levels, first: -0.9, increment: 0.05, last: 36)
        } else {
            weighByMagnitude()
            steps =
                levels == 15
                ? .init(levels: 15, first: -1, increment: 0.1, last: 20)
                : .init(levels: 31, first: -0.5, increment: 0.1, last: 15)
        }
        var blocks = AffineBlocks()
        blocks.append(lanes.searchAffine(steps), lanes.totals)
        let rounded = importance == nil ? blocks.rounded(levels: 63) : blocks.fitted(levels: 63)
        encode(scales: rounded.scales(0, mask: 63), minimums: rounded.minimums(0, mask: 63), 0, levels)
        lanes.store(codes)
        output.storeBytes(of: rounded.scale, as: UInt16.self)
        output.storeBytes(of: rounded.minimum, toByteOffset: 2, as: UInt16.self)
        rounded.packSixBits(output + 4)
        if levels == 15 {
            packNibbles(output + 16)
        } else {
            packBits(4, output + 16)
            packNibbles(output + 48)
        }
    }

    /// Weights of the root mean square of the block plus each value's magnitude.
    private func weighByMagnitude() {
        var squares = Lanes.zero
        for index in 0..<32 { squares += lanes.values[index] * lanes.values[index] }
        let mean = (squares / 32).squareRoot()
        for index in 0..<32 { lanes.weights[index] = mean + lanes.values[index].absolute }
    }
}

/// The scales and (with their signs turned) the minimums of a super-block's blocks, on their way to a few bits.
private struct AffineBlocks {
    var scales: [Float] = []
    var minimums: [Float] = []
    var totals: [Float] = []

    mutating func append(_ found: (scales: Lanes, minimums: Lanes), _ totals: Lanes) {
        for lane in 0..<8 {
            scales.append(found.scales[lane])
            minimums.append(-found.minimums[lane])
            self.totals.append(totals[lane])
        }
    }

    /// Codes for which the largest is `levels`.
    func rounded(levels: Float) -> RoundedAffineBlocks {
        let (scale, minimum) = (scales.reduce(0, Float.larger), minimums.reduce(0, Float.larger))
        let (inverseScale, inverseMinimum) = (scale > 0 ? levels / scale : 0, minimum > 0 ? levels / minimum : 0)
        func code(_ value: Float, _ inverse: Float) -> UInt8 {
            Swift.min(UInt8(levels), UInt8(truncatingIfNeeded: Int((inverse * value).nearest)))
        }
        return RoundedAffineBlocks(
            scale: Half.bits(rounding: scale / levels), minimum: Half.bits(rounding: minimum / levels),
            scaleCodes: scales.map { code($0, inverseScale) }, minimumCodes: minimums.map { code($0, inverseMinimum) })
    }

    /// Codes for which errors are smallest, each block counting by the sum of its weights.
    func fitted(levels: Float) -> RoundedAffineBlocks {
        let scales = ScaleDescent(scales, weights: totals, levels: levels)
        let minimums = ScaleDescent(minimums, weights: totals, levels: levels)
        func bytes(_ codes: [Float]) -> [UInt8] { codes.map { UInt8(truncatingIfNeeded: Int($0)) } }
        return RoundedAffineBlocks(
            scale: Half.bits(rounding: scales.scale), minimum: Half.bits(rounding: minimums.scale),
            scaleCodes: bytes(scales.codes), minimumCodes: bytes(minimums.codes))
    }
}

private struct RoundedAffineBlocks {
    let scale: UInt16
    let minimum: UInt16
    let scaleCodes: [UInt8]
    let minimumCodes: [UInt8]

    /// What the scales of eight blocks are after rounding.
    func scales(_ group: Int, mask: UInt8) -> Lanes { lanes(Half.float(scale), scaleCodes, group, mask) }

    func minimums(_ group: Int, mask: UInt8) -> Lanes { lanes(Half.float(minimum), minimumCodes, group, mask) }

    private func lanes(_ factor: Float, _ codes: [UInt8], _ group: Int, _ mask: UInt8) -> Lanes {
        var result = Lanes.zero
        for lane in 0..<8 { result[lane] = factor * Float(codes[8 * group + lane] & mask) }
        return result
    }

    /// Packs eight scales and eight minimums of 6 bits into 12 bytes.
    func packSixBits(_ output: UnsafeMutableRawPointer) {
        for index in 0..<4 {
            let (later, lateMinimum) = (scaleCodes[index + 4], minimumCodes[index + 4])
            output.storeBytes(of: scaleCodes[index] | (later >> 4) << 6, toByteOffset: index, as: UInt8.self)
            output.storeBytes(
                of: minimumCodes[index] | (lateMinimum >> 4) << 6, toByteOffset: index + 4, as: UInt8.self)
            output.storeBytes(of: later & 15 | lateMinimum << 4, toByteOffset: index + 8, as: UInt8.self)
        }
    }
}
