import Files

/// The words of a file of vectors: where each lies in the mapped file, and a hash table over them.
struct WordTable: Sendable {
    /// More words do not fit the table's numbers.
    static let largestCount = Int(Int32.max) / 2

    private let file: MappedFile
    private var starts: [Int] = []
    private var lengths: [Int32] = []
    /// Indices of words by their hashes, -1 where there is none; a power of two of them.
    private var slots: [Int32] = [Int32](repeating: -1, count: 16)

    init(_ file: MappedFile) { self.file = file }

    var count: Int { starts.count }

    /// Where in the file a word's bytes lie.
    func range(_ index: Int) -> Range<Int> { starts[index]..<starts[index] + Int(lengths[index]) }

    /// The bytes of a word.
    func bytes(_ index: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: file.bytes[range(index)]) }

    /// The word, with U+FFFD in the place of what is not UTF-8.
    func word(_ index: Int) -> String {
        withExtendedLifetime(file) { String(decoding: bytes(index), as: UTF8.self) }
    }

    /// The number of a word.
    func index(of word: [UInt8]) -> Int? {
        word.withUnsafeBytes { bytes in
            let slot = slot(of: bytes)
            return slots[slot] < 0 ? nil : Int(slots[slot])
        }
    }

    /// Adds the word that lies in `range` of the file; false if it is there already.
    mutating func append(_ range: Range<Int>) -> Bool {
        let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[range])
        var slot = slot(of: bytes)
        guard slots[slot] < 0 else { return false }
        if (count + 1) * 2 > slots.count {
            grow()
            slot = self.slot(of: bytes)
        }
        slots[slot] = Int32(truncatingIfNeeded: count)
        starts.append(range.lowerBound)
        lengths.append(Int32(clamping: range.count))
        return true
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: slots.count * 2)
        for index in 0..<count { slots[slot(of: bytes(index))] = Int32(truncatingIfNeeded: index) }
    }

    /// The slot that holds the word, or the empty one where it belongs.
    private func slot(of word: UnsafeRawBufferPointer) -> Int {
        // Seeded anew in each process, so that no file can bring words that all collide.
        var hasher = Hasher()
        hasher.combine(bytes: word)
        var slot = hasher.finalize() & (slots.count - 1)
        while slots[slot] >= 0, !bytes(Int(slots[slot])).elementsEqual(word) { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }
}
