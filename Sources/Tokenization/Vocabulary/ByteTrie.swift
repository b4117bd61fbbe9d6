/// A trie over bytes that gives each stored string a value; nodes are found through one hash table.
struct ByteTrie: Sendable {
    private var roots = [Int32](repeating: -1, count: 256)
    private var keys: [UInt64] = Array(repeating: .max, count: 64)
    private var children: [Int32] = Array(repeating: -1, count: 64)
    private var values: [Int32] = []

    /// Whether nothing is stored.
    var isEmpty: Bool { values.isEmpty }

    /// Stores `value` (not negative) for `string`; the empty string is ignored, the last of two equal strings wins.
    mutating func insert(_ string: some Collection<UInt8>, value: Int32) {
        var node: Int32 = -1
        for byte in string {
            var next = child(of: node, byte)
            if next < 0 {
                next = Int32(truncatingIfNeeded: values.count)
                values.append(-1)
                link(node, byte, next)
            }
            node = next
        }
        if node >= 0 { values[Int(node)] = value }
    }

    /// The node that `byte` leads to from `node` (-1 is the root), or -1.
    @inline(__always)
    func child(of node: Int32, _ byte: UInt8) -> Int32 {
        guard node >= 0 else { return roots[Int(byte)] }
        let key = UInt64(UInt32(bitPattern: node)) << 8 | UInt64(byte)
        let mask = keys.count - 1
        var slot = Int(truncatingIfNeeded: mix(key ^ 0x9E37_79B9_7F4A_7C15)) & mask
        while keys[slot] != .max {
            if keys[slot] == key { return children[slot] }
            slot = (slot + 1) & mask
        }
        return -1
    }

    /// The value stored for the string that ends at `node`, or -1.
    @inline(__always)
    func value(of node: Int32) -> Int32 { values[Int(node)] }

    /// The longest stored string that `text` continues with at `start`: its end and its value.
    func longestMatch(
        in text: UnsafeBufferPointer<UInt8>, from start: Int, to limit: Int
    ) -> (end: Int, value: Int32)? {
        var best: (Int, Int32)?
        var node: Int32 = -1
        var position = start
        while position < limit {
            node = child(of: node, text[position])
            guard node >= 0 else { break }
            position += 1
            if values[Int(node)] >= 0 { best = (position, values[Int(node)]) }
        }
        return best
    }

    private mutating func link(_ node: Int32, _ byte: UInt8, _ child: Int32) {
        guard node >= 0 else {
            roots[Int(byte)] = child
            return
        }
        if values.count * 2 > keys.count { rehash() }
        store(UInt64(UInt32(bitPattern: node)) << 8 | UInt64(byte), child)
    }

    private mutating func store(_ key: UInt64, _ child: Int32) {
        let mask = keys.count - 1
        var slot = Int(truncatingIfNeeded: mix(key ^ 0x9E37_79B9_7F4A_7C15)) & mask
        while keys[slot] != .max { slot = (slot + 1) & mask }
        keys[slot] = key
        children[slot] = child
    }

    private mutating func rehash() {
        let old = zip(keys, children).filter { $0.0 != .max }
        keys = Array(repeating: .max, count: keys.count * 4)
        children = Array(repeating: -1, count: keys.count)
        for (key, child) in old { store(key, child) }
    }
}
