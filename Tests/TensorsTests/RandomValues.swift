/// A small reproducible source of test values.
struct RandomValues {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> Float {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Float(Int32(truncatingIfNeeded: state >> 20)) / Float(1 << 31)
    }

    mutating func array(_ count: Int, scale: Float = 1) -> [Float] { (0..<count).map { _ in next() * scale } }
}

/// The largest difference, relative to the root mean square of `expected`.
func relativeError(_ actual: [Float], _ expected: [Float]) -> Float {
    guard actual.count == expected.count, !expected.isEmpty else { return .infinity }
    let size = (expected.reduce(0) { $0 + $1 * $1 } / Float(expected.count)).squareRoot()
    let worst = zip(actual, expected).map { $0.isNaN ? .infinity : abs($0 - $1) }.max() ?? 0
    return worst / max(size, 1e-30)
}
