import Tensors

/// The kinds of 256 elements whose blocks have a scale alone: Q3_K and Q6_K.
extension SuperBlocks {
    /// Writes a row as Q3_K.
    static func writeQ3K(
        _ row: UnsafePointer<Float>, _ count: Int, importance: UnsafePointer<Float>?, _ output: UnsafeMutableRawPointer
    ) {
        forEach(row, count, importance: importance, blockSize: 16) { index, values, importance, room in
            room.writeQ3K(values, importance, output + 110 * index)
        }
    }

    private func writeQ3K(
        _ values: UnsafePointer<Float>, _ importance: UnsafePointer<Float>?, _ output: UnsafeMutableRawPointer
    ) {
        var (scales, totals): ([Float], [Float]) = ([], [])
        for group in 0..<2 {
            lanes.load(values + 128 * group)
            let found: Lanes
            if let importance {
                lanes.loadWeights(importance + 128 * group)
                lanes.weighByImportance(variance: Lanes(repeating: 2 * Self.meanSquare(values)))
                let sums = lanes.totals
                for lane in 0..<8 { totals.append(sums[lane]) }
                found = lanes.searchSymmetric(levels: 4)
            } else {
                found = lanes.descendSymmetric(levels: 4)
            }
            for lane in 0..<8 { scales.append(found[lane]) }
            lanes.store(codes + 128 * group, adding: 4)
        }
        let (scale, scaleCodes) = totals.isEmpty ? Self.rounded(scales) : Self.fitted(scales, weights: totals)
        for group in 0..<2 {
            lanes.load(values + 128 * group)
            restore(group)
            for index in 0..<16 { lanes.codes[index] -= 4 }
            var rounded = Lanes.zero
            for lane in 0..<8 { rounded[lane] = Half.float(scale) * Float(scaleCodes[8 * group + lane] - 32) }
            encode(scales: rounded, minimums: .zero, -4, 3)
            lanes.store(codes + 128 * group, adding: 4)
        }
        packBits(2, output)
        packPairs(output + 32)
        for index in 0..<4 {
            let group = (0..<4).map { UInt8(truncatingIfNeeded: scaleCodes[index + 4 * $0]) }
            output.storeBytes(of: group[0] & 15 | group[2] << 4, toByteOffset: 96 + index, as: UInt8.self)
            output.storeBytes(of: group[1] & 15 | group[3] << 4, toByteOffset: 100 + index, as: UInt8.self)
            output.storeBytes(
                of: group[0] >> 4 | (group[1] >> 4) << 2 | (group[2] >> 4) << 4 | (group[3] >> 4) << 6,
                toByteOffset: 104 + index, as: UInt8.self)
        }
        output.storeBytes(of: scale, toByteOffset: 108, as: UInt16.self)
    }

    /// The scale of scales for which the largest of them is the lowest code, -32; codes plus 32.
    private static func rounded(_ scales: [Float]) -> (scale: UInt16, codes: [Int]) {
        var extreme: Float = 0
        for scale in scales where scale.magnitude > extreme.magnitude { extreme = scale }
        guard extreme != 0 else { return (0, Array(repeating: 0, count: 16)) }
        let inverse = -32 / extreme
        return (
            Half.bits(rounding: 1 / inverse),
            scales.map { Swift.max(-32, Swift.min(31, Int((inverse * $0).nearest))) + 32 }
        )
    }

    /// The scale of scales with the smallest weighted error; codes plus 32.
    private static func fitted(_ scales: [Float], weights: [Float]) -> (scale: UInt16, codes: [Int]) {
        var result: (scale: UInt16, codes: [Int]) = (0, [])
        LaneBlocks.with(count: 16) { lanes in
            for index in 0..<16 {
                lanes.values[index][0] = scales[index]
                lanes.weights[index][0] = weights[index]
            }
            let scale = lanes.searchSymmetric(levels: 32)
            result = (Half.bits(rounding: scale[0]), (0..<16).map { Int(lanes.codes[$0][0]) + 32 })
        }
        return result
    }

    /// Writes a row as Q6_K.
    static func writeQ6K(
        _ row: UnsafePointer<Float>, _ count: Int, importance: UnsafePointer<Float>?, _ output: UnsafeMutableRawPointer
    ) {
        forEach(row, count, importance: importance, blockSize: 16) { index, values, importance, room in
            room.writeQ6K(values, importance, output + 210 * index)
        }
    }

    private func writeQ6K(
        _ values: UnsafePointer<Float>, _ importance: UnsafePointer<Float>?, _ output: UnsafeMutableRawPointer
    ) {
        var scales: [Float] = []
        for group in 0..<2 {
            lanes.load(values + 128 * group)
            if let importance {
                lanes.loadWeights(importance + 128 * group)
            } else {
                for index in 0..<16 { lanes.weights[index] = lanes.values[index] * lanes.values[index] }
            }
            let found = lanes.searchSymmetric(levels: 32)
            for lane in 0..<8 { scales.append(found[lane]) }
            lanes.store(codes + 128 * group, adding: 32)
        }
        var extreme: Float = 0
        for scale in scales where scale.magnitude > extreme.magnitude { extreme = scale }
        guard extreme.magnitude >= LaneBlocks.smallest else {
            for index in 0..<210 { output.storeBytes(of: 0, toByteOffset: index, as: UInt8.self) }
            return
        }
        let inverse = -128 / extreme
        let scale = Half.bits(rounding: 1 / inverse)
        let scaleCodes = scales.map { Int8(truncatingIfNeeded: Swift.min(127, Int((inverse * $0).nearest))) }
        for group in 0..<2 {
            lanes.load(values + 128 * group)
            restore(group)
            for index in 0..<16 { lanes.codes[index] -= 32 }
            var rounded = Lanes.zero
            for lane in 0..<8 { rounded[lane] = Half.float(scale) * Float(scaleCodes[8 * group + lane]) }
            encode(scales: rounded, minimums: .zero, -32, 31)
            lanes.store(codes + 128 * group, adding: 32)
        }
        packSixBits(output)
        for (index, code) in scaleCodes.enumerated() {
            output.storeBytes(of: code, toByteOffset: 192 + index, as: Int8.self)
        }
        output.storeBytes(of: scale, toByteOffset: 208, as: UInt16.self)
    }

    /// Packs codes of 6 bits: low nibbles of each 128 elements, then their upper pairs of bits.
    private func packSixBits(_ output: UnsafeMutableRawPointer) {
        for part in 0..<2 {
            for index in 0..<32 {
                let code = codes + 128 * part + index
                let (low, high) = (output + 64 * part + index, output + 128 + 32 * part + index)
                low.storeBytes(of: code[0] & 15 | code[64] << 4, as: UInt8.self)
                low.storeBytes(of: code[32] & 15 | code[96] << 4, toByteOffset: 32, as: UInt8.self)
                high.storeBytes(
                    of: code[0] >> 4 | (code[32] >> 4) << 2 | (code[64] >> 4) << 4 | (code[96] >> 4) << 6,
                    as: UInt8.self)
            }
        }
    }
}
