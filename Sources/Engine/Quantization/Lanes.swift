/// Eight blocks side by side: element for element the same arithmetic in the same order, so that each gets the bits that it
/// would get alone.
typealias Lanes = SIMD8<Float>

extension SIMD8 where Scalar == Float {
    /// The numbers without their signs.
    @inline(__always)
    var absolute: Lanes {
        unsafeBitCast(unsafeBitCast(self, to: SIMD8<UInt32>.self) & 0x7FFF_FFFF, to: Lanes.self)
    }

    /// The nearest integers, to the even one of two; below 2^22, where a sum with 1.5 * 2^23 has no fraction.
    @inline(__always)
    var nearest: Lanes { (self + 12_582_912) - 12_582_912 }

    /// The numbers within `range`.
    @inline(__always)
    func clamped(_ lowest: Float, _ highest: Float) -> Lanes {
        let (low, high) = (Lanes(repeating: lowest), Lanes(repeating: highest))
        let raised = replacing(with: low, where: self .< low)
        return raised.replacing(with: high, where: raised .> high)
    }
}

extension Float {
    /// The nearest integer, to the even one of two; below 2^22.
    @inline(__always)
    var nearest: Float { (self + 12_582_912) - 12_582_912 }

    /// The byte that holds this number, a whole one from 0 to 255.
    @inline(__always)
    var byte: UInt8 { UInt8(truncatingIfNeeded: (self + 8_388_608).bitPattern) }

    /// The larger of two, where neither is no number.
    @inline(__always)
    static func larger(_ first: Float, _ second: Float) -> Float { first >= second ? first : second }
}

/// Eight blocks, turned about: element `i` of all blocks is `values[i]`.
struct LaneBlocks {
    /// Elements of a block.
    let count: Int
    /// The weights of a network.
    let values: UnsafeMutablePointer<Lanes>
    /// How much each element's error counts.
    let weights: UnsafeMutablePointer<Lanes>
    /// The codes that a search found, as whole numbers.
    let codes: UnsafeMutablePointer<Lanes>
    /// Room for a search.
    let scratch: UnsafeMutablePointer<Lanes>

    /// Makes room for blocks of `count` elements while `body` runs.
    static func with(count: Int, _ body: (LaneBlocks) -> Void) {
        withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 4 * count) { buffer in
            buffer.initialize(repeating: .zero)
            guard let base = buffer.baseAddress else { return }
            body(
                LaneBlocks(
                    count: count, values: base, weights: base + count, codes: base + 2 * count,
                    scratch: base + 3 * count))
        }
    }

    /// Takes in up to eight blocks that lie one after another; the lanes without a block are zero.
    @inline(__always)
    func load(_ source: UnsafePointer<Float>, blocks: Int = 8) { load(source, blocks, into: values) }

    /// Takes in how much their elements' errors count, as `load` does.
    @inline(__always)
    func loadWeights(_ source: UnsafePointer<Float>, blocks: Int = 8) { load(source, blocks, into: weights) }

    private func load(_ source: UnsafePointer<Float>, _ blocks: Int, into lanes: UnsafeMutablePointer<Lanes>) {
        let scalars = UnsafeMutableRawPointer(lanes).assumingMemoryBound(to: Float.self)
        for block in 0..<8 {
            for index in 0..<count {
                scalars[8 * index + block] = block < blocks ? source[block * count + index] : 0
            }
        }
    }

    /// Makes weights from values and what importance the calibration gave them: importance * sqrt(`variance` + value^2).
    @inline(__always)
    func weighByImportance(variance: Lanes) {
        for index in 0..<count {
            weights[index] *= (variance + values[index] * values[index]).squareRoot()
        }
    }

    /// The sums of the weights.
    var totals: Lanes {
        var sum = Lanes.zero
        for index in 0..<count { sum += weights[index] }
        return sum
    }

    /// Writes the codes, plus `offset`, block after block.
    @inline(__always)
    func store(_ bytes: UnsafeMutablePointer<UInt8>, adding offset: Float = 0, blocks: Int = 8) {
        let scalars = UnsafeMutableRawPointer(codes).assumingMemoryBound(to: Float.self)
        for block in 0..<blocks {
            for index in 0..<count { bytes[block * count + index] = (scalars[8 * index + block] + offset).byte }
        }
    }
}
