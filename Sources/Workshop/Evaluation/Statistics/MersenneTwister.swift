/// MT19937 (Matsumoto and Nishimura, 1998) with the draws that Python's `random` and NumPy's `RandomState` make of it, so that
/// samples are the references' own.
public struct MersenneTwister: Sendable {
    private var state: [UInt32]
    private var index = 624

    /// Seeds as NumPy's `RandomState(seed)` does.
    public init(numpySeed seed: UInt32) {
        state = [seed]
        state.reserveCapacity(624)
        for position in 1..<624 {
            let previous = state[position - 1]
            state.append(1_812_433_253 &* (previous ^ (previous >> 30)) &+ UInt32(position))
        }
    }

    /// Seeds as Python's `random.Random(seed)` does with an integer; the sign does not count.
    public init(pythonSeed seed: Int) {
        let magnitude = seed.magnitude
        let key =
            magnitude >> 32 == 0
            ? [UInt32(magnitude)] : [UInt32(truncatingIfNeeded: magnitude), UInt32(magnitude >> 32)]
        self.init(numpySeed: 19_650_218)
        var (position, word) = (1, 0)
        func mixed(_ position: Int) -> UInt32 { state[position - 1] ^ (state[position - 1] >> 30) }
        for _ in 0..<max(624, key.count) {
            state[position] = (state[position] ^ (mixed(position) &* 1_664_525)) &+ key[word] &+ UInt32(word)
            (position, word) = (position + 1, (word + 1) % key.count)
            if position == 624 { (state[0], position) = (state[623], 1) }
        }
        for _ in 0..<623 {
            state[position] = (state[position] ^ (mixed(position) &* 1_566_083_941)) &- UInt32(position)
            position += 1
            if position == 624 { (state[0], position) = (state[623], 1) }
        }
        state[0] = 0x8000_0000
    }

    /// 32 random bits.
    public mutating func next() -> UInt32 {
        if index == 624 { refill() }
        var value = state[index]
        index += 1
        value ^= value >> 11
        value ^= (value << 7) & 0x9D2C_5680
        value ^= (value << 15) & 0xEFC6_0000
        return value ^ (value >> 18)
    }

    private mutating func refill() {
        for position in 0..<624 {
            let bits = (state[position] & 0x8000_0000) | (state[(position + 1) % 624] & 0x7FFF_FFFF)
            let twisted = (bits >> 1) ^ (bits & 1 == 0 ? 0 : 0x9908_B0DF)
            state[position] = state[(position + 397) % 624] ^ twisted
        }
        index = 0
    }

    /// Python's `random()`: a number from 0 to below 1 with 53 random bits.
    public mutating func uniform() -> Double {
        let (high, low) = (next() >> 5, next() >> 6)
        return (Double(high) * 67_108_864 + Double(low)) / 9_007_199_254_740_992
    }

    /// Python's `_randbelow(count)`: an integer from 0 to below `count`, which is at least 1 and fits 32 bits.
    public mutating func below(_ count: Int) -> Int {
        guard count > 0 else { return 0 }
        let bits = Int.bitWidth - count.leadingZeroBitCount
        while true {
            let value = bits <= 32 ? Int(next() >> UInt32(32 - bits)) : wide(bits)
            if value < count { return value }
        }
    }

    private mutating func wide(_ bits: Int) -> Int {
        let low = Int(next())
        return low | Int(next() >> UInt32(64 - bits)) << 32
    }

    /// The positions that Python's `sample(range(population), count)` draws; `count` is at most `population`.
    public mutating func sample(_ count: Int, of population: Int) -> [Int] {
        guard count > 0, count <= population else { return [] }
        // Python keeps a list of what is left where that is small, and otherwise a set of what was drawn.
        var setSize = 21
        if count > 5 {
            var power = 1
            while power < count * 3 { power *= 4 }
            setSize += power
        }
        if population <= setSize {
            var pool = Array(0..<population)
            return (0..<count).map { drawn in
                let position = below(population - drawn)
                defer { pool[position] = pool[population - drawn - 1] }
                return pool[position]
            }
        }
        var (seen, result) = (Set<Int>(), [Int]())
        while result.count < count {
            let position = below(population)
            if seen.insert(position).inserted { result.append(position) }
        }
        return result
    }

    /// The positions that Python's `choices(range(population), k: count)` draws, repetitions included.
    public mutating func choices(_ count: Int, of population: Int) -> [Int] {
        (0..<count).map { _ in Int((uniform() * Double(population)).rounded(.down)) }
    }

    /// Shuffles as Python's `shuffle` does.
    public mutating func shuffle<Element>(_ elements: inout [Element]) {
        for position in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(position, below(position + 1))
        }
    }

    /// The positions that NumPy's `choice(population, size: count)` draws, repetitions included.
    public mutating func numpyChoices(_ count: Int, of population: Int) -> [Int] {
        guard population > 1 else { return Array(repeating: 0, count: count) }
        let limit = UInt32(clamping: population - 1)
        let mask: UInt32 = limit.leadingZeroBitCount == 0 ? .max : (1 << UInt32(32 - limit.leadingZeroBitCount)) - 1
        return (0..<count).map { _ in
            var value = next() & mask
            while value > limit { value = next() & mask }
            return Int(value)
        }
    }
}
