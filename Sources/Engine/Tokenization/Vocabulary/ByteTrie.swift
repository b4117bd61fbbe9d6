/// A trie over bytes that gives each stored string a value, as a double array (Aoe, 1989): one look in memory a byte.
struct ByteTrie: Sendable {
    /// A node; its child by `byte` is at `base + byte` if that one's `parent` is this node.
    private struct Node {
        var base: Int32 = 0
        var parent: Int32 = -1
        var value: Int32 = -1
    }

    /// The node of the empty string.
    static let root: Int32 = 0

    /// A string to store, and its value, which must not be negative.
    typealias Entry = (string: ArraySlice<UInt8>, value: Int32)

    /// The root comes first; from every base on there are at least 256 nodes.
    private var nodes: [Node]
    /// Whether nothing is stored.
    let isEmpty: Bool

    /// An empty trie.
    init() { self.init([]) }

    /// Stores strings; empty ones are ignored, the last of equal ones counts.
    init(_ entries: some Sequence<Entry>) {
        var builder = Builder(entries)
        isEmpty = builder.isEmpty
        nodes = builder.build()
    }

    /// Calls `body` with the end and the value of each stored string that `text` continues with at `start`, shortest
    /// first.
    @inline(__always)
    func forEachMatch(
        in text: UnsafeBufferPointer<UInt8>, from start: Int, to limit: Int, _ body: (Int, Int32) -> Void
    ) {
        nodes.withUnsafeBufferPointer { nodes in
            var node = Self.root
            var position = start
            while position < limit {
                let child = nodes[Int(node)].base &+ Int32(text[position])
                guard nodes[Int(child)].parent == node else { return }
                node = child
                position &+= 1
                let value = nodes[Int(node)].value
                if value >= 0 { body(position, value) }
            }
        }
    }

    /// The longest stored string that `text` continues with at `start`: its end and its value.
    @inline(__always)
    func longestMatch(
        in text: UnsafeBufferPointer<UInt8>, from start: Int, to limit: Int
    ) -> (end: Int, value: Int32)? {
        var best: (Int, Int32)?
        forEachMatch(in: text, from: start, to: limit) { best = ($0, $1) }
        return best
    }
}

extension ByteTrie {
    /// Finds places for the nodes of sorted strings, those of one node after the other.
    private struct Builder {
        private struct Key {
            /// The first eight bytes, so that most comparisons look no further.
            var prefix: UInt64
            var start: Int32
            var count: Int32
            var value: Int32
        }

        /// A node whose children are to be placed, and the keys below it.
        private struct Task {
            var node: Int32
            var keys: Range<Int>
            var depth: Int32
        }

        private var bytes: [UInt8] = []
        private var keys: [Key] = []
        /// The bytes of the children to be placed next.
        private var children: [Int] = []
        private var nodes = [Node](repeating: Node(), count: 512)
        /// All nodes before this one are taken, or too near to the root for any base.
        private var firstFree = 256

        var isEmpty: Bool { keys.isEmpty }

        init(_ entries: some Sequence<Entry>) {
            for (string, value) in entries where !string.isEmpty {
                var prefix: UInt64 = 0
                for byte in string.prefix(8) { prefix = prefix << 8 | UInt64(byte) }
                prefix <<= UInt64(8 * max(8 - string.count, 0))
                keys.append(
                    Key(prefix: prefix, start: Int32(bytes.count), count: Int32(string.count), value: value))
                bytes += string
            }
            sort()
        }

        /// Of equal strings the last one comes last.
        private mutating func sort() {
            bytes.withUnsafeBufferPointer { bytes in
                keys.sort { left, right in
                    if left.prefix != right.prefix { return left.prefix < right.prefix }
                    for offset in 8..<max(8, min(left.count, right.count)) {
                        let (a, b) = (bytes[Int(left.start + offset)], bytes[Int(right.start + offset)])
                        if a != b { return a < b }
                    }
                    return (left.count, left.start) < (right.count, right.start)
                }
            }
        }

        mutating func build() -> [Node] {
            var tasks = [Task(node: ByteTrie.root, keys: keys.indices, depth: 0)]
            while let task = tasks.popLast() {
                var index = task.keys.lowerBound
                while index < task.keys.upperBound, keys[index].count == task.depth {
                    nodes[Int(task.node)].value = keys[index].value
                    index += 1
                }
                let first = tasks.count
                children.removeAll(keepingCapacity: true)
                while index < task.keys.upperBound {
                    let byte = byte(of: index, at: task.depth)
                    let start = index
                    repeat {
                        index += 1
                    } while index < task.keys.upperBound && self.byte(of: index, at: task.depth) == byte
                    tasks.append(Task(node: Int32(byte), keys: start..<index, depth: task.depth + 1))
                    children.append(Int(byte))
                }
                guard !children.isEmpty else { continue }
                let base = place()
                nodes[Int(task.node)].base = Int32(base)
                for child in first..<tasks.count {
                    tasks[child].node += Int32(base)
                    nodes[Int(tasks[child].node)].parent = task.node
                }
            }
            return nodes
        }

        @inline(__always)
        private func byte(of index: Int, at depth: Int32) -> UInt8 {
            let key = keys[index]
            return depth < 8
                ? UInt8(truncatingIfNeeded: key.prefix >> UInt64(56 - 8 * depth)) : bytes[Int(key.start + depth)]
        }

        /// A base at which all the children have free places; after some tries the end, where all are.
        private mutating func place() -> Int {
            while firstFree < nodes.count, nodes[firstFree].parent >= 0 { firstFree += 1 }
            var slot = firstFree
            for _ in 0..<64 {
                let base = slot - children[0]
                if base + 256 > nodes.count { nodes += repeatElement(Node(), count: 256) }
                var isFree = true
                for child in children where nodes[base + child].parent >= 0 { isFree = false }
                if isFree { return base }
                repeat { slot += 1 } while slot < nodes.count && nodes[slot].parent >= 0
            }
            nodes += repeatElement(Node(), count: 256)
            return nodes.count - 256
        }
    }
}
