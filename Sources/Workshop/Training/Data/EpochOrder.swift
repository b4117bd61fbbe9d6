import Decoding

/// The order in which sequences are drawn in one epoch: a function of the seed and the epoch alone.
enum EpochOrder {
    /// A generator of its own for each epoch.
    static func generator(seed: Int, epoch: Int) -> SeededGenerator {
        SeededGenerator(
            seed: UInt64(bitPattern: Int64(seed)) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(bitPattern: Int64(epoch)))
    }

    /// The entries of an epoch: those of each dataset as often as its weight says, all of them shuffled together.
    static func entries(
        _ shares: [(entries: [Int32], weight: Double)], epoch: Int, seed: Int, isShuffled: Bool
    ) -> [Int32] {
        var generator = generator(seed: seed, epoch: epoch)
        var drawn: [Int32] = []
        for (entries, weight) in shares {
            let whole = Int(weight.rounded(.down))
            for _ in 0..<whole { drawn += entries }
            let rest = Int(((weight - Double(whole)) * Double(entries.count)).rounded())
            // Which ones are drawn once more changes from epoch to epoch.
            if rest > 0 { drawn += entries.shuffled(using: &generator).prefix(rest) }
        }
        if isShuffled { drawn.shuffle(using: &generator) }
        return drawn
    }
}
