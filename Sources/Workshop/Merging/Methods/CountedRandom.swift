/// Random numbers that are found by their place, so that a mask can be made again for each chunk instead of being kept.
struct CountedRandom: Sendable {
    private let key: UInt64

    /// A stream of its own for a seed, a tensor and an input.
    init(seed: UInt64, tensor: String, input: Int) {
        // FNV-1a over the name.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in tensor.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        key = Self.mixed(hash ^ Self.mixed(seed &+ UInt64(input) &* 0x9E37_79B9_7F4A_7C15))
    }

    /// A number from 0 to 1, without 1.
    func uniform(_ place: Int) -> Double {
        Double(Self.mixed(key &+ UInt64(truncatingIfNeeded: place) &* 0x9E37_79B9_7F4A_7C15) >> 11) * 0x1p-53
    }

    /// The finisher of SplitMix64.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
