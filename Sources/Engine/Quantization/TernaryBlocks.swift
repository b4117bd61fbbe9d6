import Tensors

/// TQ1_0 and TQ2_0: each value is -1, 0 or 1 times the largest magnitude of its 256, as BitNet's weights are.
enum TernaryBlocks {
    /// Writes a row as TQ1_0: five digits a byte, of 160 values in 32 bytes, 80 in 16 and four each of the last 16 in 4.
    static func writeTQ1x0(_ row: UnsafePointer<Float>, _ count: Int, _ output: UnsafeMutableRawPointer) {
        for index in 0..<count / 256 {
            let (values, block) = (row + 256 * index, output + 54 * index)
            let inverse = writeScale(values, to: block + 52)
            var (first, place) = (0, 0)
            for (bytes, digits) in [(32, 5), (16, 5), (4, 4)] {
                for byte in 0..<bytes {
                    var number = 0
                    for digit in 0..<5 {
                        number *= 3
                        if digit < digits { number += code(values[first + digit * bytes + byte], inverse) }
                    }
                    // As a fraction of 256, rounded up.
                    block.storeBytes(of: UInt8((number * 256 + 242) / 243), toByteOffset: place + byte, as: UInt8.self)
                }
                first += bytes * digits
                place += bytes
            }
        }
    }

    /// Writes a row as TQ2_0: four codes a byte, of values that are 32 apart.
    static func writeTQ2x0(_ row: UnsafePointer<Float>, _ count: Int, _ output: UnsafeMutableRawPointer) {
        for index in 0..<count / 256 {
            let (values, block) = (row + 256 * index, output + 66 * index)
            let inverse = writeScale(values, to: block + 64)
            for byte in 0..<64 {
                let first = byte / 32 * 128 + byte % 32
                let codes = (0..<4).reduce(0) { $0 | code(values[first + 32 * $1], inverse) << (2 * $1) }
                block.storeBytes(of: UInt8(codes), toByteOffset: byte, as: UInt8.self)
            }
        }
    }

    /// Writes the largest magnitude of a block; returns its inverse, 0 for a block of zeros.
    private static func writeScale(_ values: UnsafePointer<Float>, to output: UnsafeMutableRawPointer) -> Float {
        var largest: Float = 0
        for column in 0..<256 { largest = Float.larger(largest, values[column].magnitude) }
        output.storeBytes(of: Half.bits(rounding: largest), as: UInt16.self)
        return largest == 0 ? 0 : 1 / largest
    }

    /// 0, 1 or 2 for the nearest of -1, 0 and 1; halves go away from zero.
    private static func code(_ value: Float, _ inverse: Float) -> Int {
        let scaled = value * inverse
        return scaled >= 0.5 ? 2 : scaled <= -0.5 ? 0 : 1
    }
}
