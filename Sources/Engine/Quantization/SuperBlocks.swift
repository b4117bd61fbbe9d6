import Tensors

/// What the kinds of 256 elements share: their blocks of 16 or 32, and codes before they are packed.
struct SuperBlocks {
    /// One code for each element.
    let codes: UnsafeMutablePointer<UInt8>
    /// Up to eight blocks at a time.
    let lanes: LaneBlocks

    /// Calls `body` for each 256 elements of a row, with their importance if there is any.
    @inline(__always)
    static func forEach(
        _ row: UnsafePointer<Float>, _ count: Int, importance: UnsafePointer<Float>?, blockSize: Int,
        _ body: (_ index: Int, _ values: UnsafePointer<Float>, _ importance: UnsafePointer<Float>?, SuperBlocks) -> Void
    ) {
        LaneBlocks.with(count: blockSize) { lanes in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { codes in
                guard let base = codes.baseAddress else { return }
                let room = SuperBlocks(codes: base, lanes: lanes)
                for index in 0..<count / 256 {
                    body(index, row + 256 * index, importance.map { $0 + 256 * index }, room)
                }
            }
        }
    }

    /// The mean square of the elements.
    static func meanSquare(_ values: UnsafePointer<Float>) -> Float {
        var sum: Float = 0
        for index in 0..<256 { sum += values[index] * values[index] }
        return sum / 256
    }

    /// Gives the codes of the loaded blocks anew, now that scales are rounded: the nearest to (value + minimum) / scale.
    /// Blocks whose scale is zero keep theirs.
    @inline(__always)
    func encode(scales: Lanes, minimums: Lanes, _ lowest: Float, _ highest: Float) {
        let isZero = scales .== 0
        let divisor = scales.replacing(with: 1, where: isZero)
        for index in 0..<lanes.count {
            let code = ((lanes.values[index] + minimums) / divisor).nearest.clamped(lowest, highest)
            lanes.codes[index] = code.replacing(with: lanes.codes[index], where: isZero)
        }
    }

    /// Packs codes of 2 bits, four to a byte, as Q2_K and Q3_K have them.
    func packPairs(_ output: UnsafeMutableRawPointer) {
        for part in 0..<2 {
            for index in 0..<32 {
                let code = codes + 128 * part + index
                output.storeBytes(
                    of: code[0] & 3 | (code[32] & 3) << 2 | (code[64] & 3) << 4 | (code[96] & 3) << 6,
                    toByteOffset: 32 * part + index, as: UInt8.self)
            }
        }
    }

    /// Packs the low 4 bits of codes, two to a byte, as Q4_K and Q5_K have them.
    func packNibbles(_ output: UnsafeMutableRawPointer) {
        for part in 0..<4 {
            for index in 0..<32 {
                let code = codes + 64 * part + index
                output.storeBytes(
                    of: code[0] & 15 | code[32] << 4, toByteOffset: 32 * part + index, as: UInt8.self)
            }
        }
    }

    /// Packs bit `bit` of each code, that of element `32 i + j` as bit `i` of byte `j`.
    func packBits(_ bit: UInt8, _ output: UnsafeMutableRawPointer) {
        for index in 0..<32 {
            var byte: UInt8 = 0
            for part in 0..<8 { byte |= (codes[32 * part + index] >> bit & 1) << UInt8(part) }
            output.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
    }
}
