/// A 64-bit sum that tells damaged bytes from good ones, and one source from another; no defence against forgery.
///
/// Every step is a bijection of the word that it takes in, so no change of a single word goes unseen.
package struct Checksum {
    package private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

    package init() {}

    /// Takes in one word.
    package mutating func add(_ word: UInt64) { value = Self.step(value, word) }

    /// Takes in bytes: eight sums of every eighth word, then their own sum.
    package mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var lanes = SIMD8<UInt64>(repeating: value)
        for lane in 0..<8 { lanes[lane] &+= UInt64(lane) }
        let blocks = bytes.count / 64
        for block in 0..<blocks {
            for lane in 0..<8 {
                let word = bytes.loadUnaligned(fromByteOffset: 64 * block + 8 * lane, as: UInt64.self)
                lanes[lane] = Self.step(lanes[lane], word)
            }
        }
        for lane in 0..<8 { add(lanes[lane]) }
        for byte in bytes[(64 * blocks)...] { add(UInt64(byte)) }
        add(UInt64(bytes.count))
    }

    @inline(__always) private static func step(_ sum: UInt64, _ word: UInt64) -> UInt64 {
        let product = (sum ^ word) &* 0xD6E8_FEB8_6659_FD93
        return product << 31 | product >> 33
    }

    /// The sum of `bytes`, made in pieces, on all threads of `pool` if there is one.
    package static func of(_ bytes: UnsafeRawBufferPointer, pool: ThreadPool? = nil) -> UInt64 {
        let size = 1 << 18
        let pieces = (bytes.count + size - 1) / size
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: max(pieces, 1)) { sums in
            func add(_ piece: Int) {
                var sum = Checksum()
                let range = piece * size..<min((piece + 1) * size, bytes.count)
                sum.add(UnsafeRawBufferPointer(rebasing: bytes[range]))
                sums[piece] = sum.value
            }
            if let pool {
                pool.runUnchecked(pieces) { piece, _ in add(piece) }
            } else {
                for piece in 0..<pieces { add(piece) }
            }
            var total = Checksum()
            for piece in 0..<pieces { total.add(sums[piece]) }
            return total.value
        }
    }
}
