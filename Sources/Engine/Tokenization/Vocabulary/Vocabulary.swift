/// The pieces of a vocabulary by id, and their ids by content.
struct Vocabulary: Sendable {
    /// The pieces in the order of their ids; an unused id has an empty piece.
    private(set) var pieces: StringTable
    private var slots: [Slot]
    private var hasDuplicates = false

    /// A piece's place in the table; the tag, bits of its hash, saves most looks at the bytes of others.
    private struct Slot {
        var tag: UInt32 = 0
        var id: Int32 = -1
    }

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
        let slot = slots[self.slot(of: bytes, byteHash(bytes))]
        return slot.id < 0 ? nil : slot.id
    }

    /// The id of the piece with exactly these bytes.
    func id(of bytes: some Collection<UInt8>) -> Int32? {
        if let id = bytes.withContiguousStorageIfAvailable({ id(of: $0) }) { return id }
        return Array(bytes).withUnsafeBufferPointer { id(of: $0) }
    }

    /// The id of `piece`.
    func id(of piece: String) -> Int32? { id(of: piece.utf8) }

    /// Whether `id` is what ``id(of:)`` gives for `first` and `second` together; may be false where it is, never true
    /// where it is not.
    func `is`(_ id: Int32, _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !hasDuplicates, Int(id) < pieces.count else { return false }
        return pieces.withBytes(of: Int(id)) { piece in
            piece.count == first.count + second.count && !piece.isEmpty
                && equal(UnsafeBufferPointer(rebasing: piece[..<first.count]), first)
                && equal(UnsafeBufferPointer(rebasing: piece[first.count...]), second)
        }
    }

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

    /// The id of each character of the basic plane that is a piece, -1 for others.
    func characters() -> [Int32] {
        var ids = [Int32](repeating: -1, count: 1 << 16)
        for id in 0..<count {
            pieces.withBytes(of: id) { bytes in
                guard (1...3).contains(bytes.count) else { return }
                var end = 0
                let scalar = decodeScalar(bytes, &end)
                guard end == bytes.count, String(scalar).utf8.elementsEqual(bytes) else { return }
                if ids[Int(scalar.value)] < 0 { ids[Int(scalar.value)] = Int32(truncatingIfNeeded: id) }
            }
        }
        return ids
    }

    /// The pieces that `isCandidate` takes and that begin with `prefix`, without it.
    func trie(withoutPrefix prefix: String = "", where isCandidate: (Int32) -> Bool = { _ in true }) -> ByteTrie {
        var entries: [ByteTrie.Entry] = []
        entries.reserveCapacity(count)
        for id in 0..<Int32(count) {
            guard let piece = piece(id), piece.starts(with: prefix.utf8), isCandidate(id) else { continue }
            entries.append((piece.dropFirst(prefix.utf8.count), id))
        }
        return ByteTrie(entries)
    }

    private mutating func grow(for count: Int) {
        var capacity = 16
        while capacity < count * 2 { capacity *= 2 }
        slots = Array(repeating: Slot(), count: capacity)
        for id in 0..<pieces.count { index(id) }
    }

    private mutating func index(_ id: Int) {
        let found = pieces.withBytes(of: id) { bytes in
            let hash = byteHash(bytes)
            return bytes.isEmpty ? nil : (slot: slot(of: bytes, hash), tag: Self.tag(hash))
        }
        guard let (slot, tag) = found else { return }
        guard slots[slot].id < 0 else {
            hasDuplicates = hasDuplicates || slots[slot].id != id
            return
        }
        slots[slot] = Slot(tag: tag, id: Int32(truncatingIfNeeded: id))
    }

    private static func tag(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 32) }

    /// The slot of the piece with these bytes, or the free one where it would be put.
    @inline(__always)
    private func slot(of bytes: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> Int {
        let mask = slots.count - 1
        let tag = Self.tag(hash)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot].id >= 0 {
            if slots[slot].tag == tag, pieces.withBytes(of: Int(slots[slot].id), { equal($0, bytes) }) { break }
            slot = (slot + 1) & mask
        }
        return slot
    }
}
