/// The tokens of words met before: words repeat, and looking one up is quicker than cutting it anew.
///
/// Grows with use up to a megabyte; once that is full it forgets everything and starts over, so that what is frequent
/// in the text at hand is soon there again.
struct WordCache: Sendable {
    /// The longest word that is kept, in bytes.
    static let longestWord = 64
    private static let mostTokens = 64
    private static let mostSlots = 1 << 16
    private static let mostUnits = 1 << 17
    private static let entryMask = UInt32(mostUnits - 1)

    /// For each hash the place of a word's entry, with some bits of the hash above it; 0 for none.
    private var slots: [UInt32] = []
    private var count = 0
    /// The entries one after another: a header of the two counts, the tokens, the word padded to whole units.
    private var units: [UInt32] = [0]

    /// Adds the tokens of `word` to `sink`; returns whether they are known.
    @inline(__always)
    func append(_ word: UnsafeBufferPointer<UInt8>, hash: UInt64, to sink: inout TokenSink) -> Bool {
        guard !slots.isEmpty else { return false }
        return units.withUnsafeBufferPointer { units in
            let mask = slots.count &- 1
            var index = Int(truncatingIfNeeded: hash) & mask
            while slots[index] != 0 {
                if slots[index] & ~Self.entryMask == Self.tag(hash) {
                    let entry = Int(slots[index] & Self.entryMask)
                    let (byteCount, tokenCount) = Self.counts(units[entry])
                    let tokens = UnsafeBufferPointer(rebasing: units[entry &+ 1..<entry &+ 1 &+ tokenCount])
                    let known = UnsafeRawBufferPointer(
                        rebasing: UnsafeRawBufferPointer(units)[
                            (entry &+ 1 &+ tokenCount) &* 4..<(entry &+ 1 &+ tokenCount) &* 4 &+ byteCount])
                    if equal(known.assumingMemoryBound(to: UInt8.self), word) {
                        sink.append(tokens)
                        return true
                    }
                }
                index = (index &+ 1) & mask
            }
            return false
        }
    }

    /// Keeps the tokens of a word that is not there yet.
    mutating func insert(_ word: UnsafeBufferPointer<UInt8>, hash: UInt64, _ tokens: ArraySlice<Int32>) {
        guard tokens.count <= Self.mostTokens else { return }
        makeRoom(for: 1 + tokens.count + (word.count + 3) / 4)
        let entry = UInt32(units.count)
        units.append(UInt32(word.count) << 16 | UInt32(tokens.count))
        for token in tokens { units.append(UInt32(bitPattern: token)) }
        var position = 0
        while position < word.count {
            var unit: UInt32 = 0
            for offset in 0..<min(4, word.count - position) {
                unit |= UInt32(word[position + offset]) << UInt32(8 * offset)
            }
            units.append(unit.littleEndian)
            position += 4
        }
        count += 1
        store(entry, hash)
    }

    private mutating func makeRoom(for newUnits: Int) {
        if units.count + newUnits > Self.mostUnits || count >= Self.mostSlots / 2 {
            units.removeSubrange(1...)
            count = 0
            for index in slots.indices { slots[index] = 0 }
        }
        guard count * 2 >= slots.count else { return }
        slots = Array(repeating: 0, count: max(256, slots.count * 4))
        forEachEntry { entry, hash in store(UInt32(entry), hash) }
    }

    private mutating func store(_ entry: UInt32, _ hash: UInt64) {
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: hash) & mask
        while slots[index] != 0 { index = (index + 1) & mask }
        slots[index] = Self.tag(hash) | entry
    }

    private func forEachEntry(_ body: (Int, UInt64) -> Void) {
        units.withUnsafeBytes { bytes in
            var entry = 1
            while entry < units.count {
                let (byteCount, tokenCount) = Self.counts(units[entry])
                let word = UnsafeRawBufferPointer(
                    rebasing: bytes[(entry + 1 + tokenCount) * 4..<(entry + 1 + tokenCount) * 4 + byteCount])
                body(entry, byteHash(word.assumingMemoryBound(to: UInt8.self)))
                entry += 1 + tokenCount + (byteCount + 3) / 4
            }
        }
    }

    @inline(__always)
    private static func counts(_ header: UInt32) -> (bytes: Int, tokens: Int) {
        (Int(header >> 16), Int(header & 0xFFFF))
    }

    @inline(__always)
    private static func tag(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 32) & ~entryMask }
}
