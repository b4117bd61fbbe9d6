/// The nearest candidates so far, in ascending order of distance, of which some have been expanded.
///
/// A candidate is one word: its distance as an integer of the same order in the high half, then its number, then whether it
/// has been expanded. Lists are short, so moving their ends costs less than a heap's jumps.
struct CandidateList: ~Copyable {
    private(set) var keys: UnsafeMutablePointer<UInt64>
    private(set) var count = 0
    private(set) var width = 0
    private var capacity = 0
    /// All candidates before this place are expanded.
    private var cursor = 0

    init() { keys = .allocate(capacity: 1) }
    deinit { keys.deallocate() }

    /// Empties the list, which keeps `width` candidates from now on.
    mutating func reset(width: Int) {
        if width > capacity {
            keys.deallocate()
            keys = .allocate(capacity: width + 1)
            capacity = width
        }
        (self.width, count, cursor) = (width, 0, 0)
    }

    @inline(__always) static func key(_ distance: Float, _ number: UInt32) -> UInt64 {
        let bits = distance.bitPattern
        let ordered = bits ^ (UInt32(bitPattern: Int32(bitPattern: bits) >> 31) | 0x8000_0000)
        return UInt64(ordered) << 32 | UInt64(number) << 1
    }

    @inline(__always) static func number(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key) >> 1 }

    @inline(__always) static func distance(_ key: UInt64) -> Float {
        let ordered = UInt32(truncatingIfNeeded: key >> 32)
        return Float(bitPattern: ordered ^ (ordered & 0x8000_0000 != 0 ? 0x8000_0000 : .max))
    }

    /// Takes a candidate in if it is near enough.
    @inline(__always) mutating func insert(_ key: UInt64) {
        if count == width {
            if count == 0 || key >= keys[count &- 1] { return }
        } else {
            count &+= 1
        }
        // From the end: the last place is free, or its candidate is dropped.
        var (low, high) = (0, count &- 1)
        while low < high {
            let middle = (low &+ high) >> 1
            if keys[middle] < key { low = middle &+ 1 } else { high = middle }
        }
        let moved = count &- 1 &- low
        if moved > 0 { (keys + (low &+ 1)).update(from: keys + low, count: moved) }
        keys[low] = key
        if low < cursor { cursor = low }
    }

    /// The number of the nearest candidate that has not been expanded, which now counts as expanded.
    @inline(__always) mutating func next() -> UInt32? {
        while cursor < count {
            let key = keys[cursor]
            if key & 1 == 0 {
                keys[cursor] = key | 1
                return Self.number(key)
            }
            cursor &+= 1
        }
        return nil
    }

    /// The number that `next` would give if nothing nearer comes.
    @inline(__always) var upcoming: UInt32? {
        var place = cursor
        while place < count {
            if keys[place] & 1 == 0 { return Self.number(keys[place]) }
            place &+= 1
        }
        return nil
    }
}
