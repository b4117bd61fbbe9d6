/// The pieces of a vocabulary by id, and their ids by content.
struct Vocabulary: Sendable {
    /// The pieces in the order of their ids; an unused id has an empty piece.
    private(set) var pieces: StringTable
    private var slots: [Int32]

    /// Indexes `pieces`, whose position is their id. The first of two equal pieces keeps the content.
    init(_ pieces: StringTable) {
        self.pieces = pieces
        slots = []
        grow(for: pieces.count)
    }

    /// One more than the largest id.
    var count: Int { pieces.count }

    /// The id of the piece with exactly these bytes.
    func id(of bytes: UnsafeBufferPointer<UInt8>) -> Int32? {
        guard !bytes.isEmpty else { return nil }
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: byteHash(bytes)) & mask
        while slots[slot] >= 0 {
            let id = slots[slot]
            if pieces.withBytes(of: Int(id), { equal($0, bytes) }) { return id }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// The id of the piece with exactly these bytes.
    func id(of bytes: some Collection<UInt8>) -> Int32? {
        if let id = bytes.withContiguousStorageIfAvailable({ id(of: $0) }) { return id }
        return Array(bytes).withUnsafeBufferPointer { id(of: $0) }
    }

    /// The id of `piece`.
    func id(of piece: String) -> Int32? { id(of: piece.utf8) }

    /// The bytes of the piece with this id, or nil if the id is out of range or unused.
    func piece(_ id: Int32) -> ArraySlice<UInt8>? {
        let bytes = pieces[Int(id)]
        return bytes.isEmpty ? nil : bytes
    }

    /// Gives `bytes` the next id.
    mutating func append(_ bytes: some Collection<UInt8>) {
        pieces.append(bytes)
        if pieces.count * 2 > slots.count { grow(for: pieces.count * 2) } else { index(pieces.count - 1) }
    }

    private mutating func grow(for count: Int) {
        var capacity = 16
        while capacity < count * 2 { capacity *= 2 }
        slots = Array(repeating: -1, count: capacity)
        for id in 0..<pieces.count { index(id) }
    }

    private mutating func index(_ id: Int) {
        let mask = slots.count - 1
        pieces.withBytes(of: id) { bytes in
            guard !bytes.isEmpty else { return }
            var slot = Int(truncatingIfNeeded: byteHash(bytes)) & mask
            while slots[slot] >= 0 {
                if pieces.withBytes(of: Int(slots[slot]), { equal($0, bytes) }) { return }
                slot = (slot + 1) & mask
            }
            slots[slot] = Int32(truncatingIfNeeded: id)
        }
    }
}

@inline(__always)
func equal(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count where left[index] != right[index] { return false }
    return true
}
