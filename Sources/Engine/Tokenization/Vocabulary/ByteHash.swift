/// A fast hash of byte strings for tables that live as long as a tokenizer; not hardened against chosen keys, which is
/// why every table that uses it bounds its probing by its load factor.
@inline(__always)
func byteHash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let count = bytes.count
    let seed = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
    guard let base = bytes.baseAddress, count > 0 else { return seed }
    let raw = UnsafeRawPointer(base)
    if count < 8 { return mix(seed ^ shortWord(raw, count)) }
    var hash = seed
    var offset = 0
    while offset &+ 8 < count {
        hash = mix(hash ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        offset &+= 8
    }
    // The last eight bytes, of which some were seen already.
    return mix(hash ^ raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
}

/// One to seven bytes as a number that no other bytes of this count give.
@inline(__always)
private func shortWord(_ raw: UnsafeRawPointer, _ count: Int) -> UInt64 {
    if count >= 4 {
        let first = raw.loadUnaligned(as: UInt32.self)
        return UInt64(first) << 32 | UInt64(raw.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
    }
    let (first, middle, last) = (
        raw.load(as: UInt8.self), raw.load(fromByteOffset: count / 2, as: UInt8.self),
        raw.load(fromByteOffset: count &- 1, as: UInt8.self)
    )
    return UInt64(first) << 16 | UInt64(middle) << 8 | UInt64(last)
}

/// Spreads the bits of `value` over the whole word.
@inline(__always)
func mix(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return product.high ^ product.low
}

/// Whether two byte strings are equal.
@inline(__always)
func equal(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
    let count = left.count
    guard count == right.count else { return false }
    guard count > 0, let first = left.baseAddress, let second = right.baseAddress else { return true }
    let (a, b) = (UnsafeRawPointer(first), UnsafeRawPointer(second))
    if count < 8 { return shortWord(a, count) == shortWord(b, count) }
    var offset = 0
    while offset &+ 8 < count {
        guard
            a.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                == b.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        else { return false }
        offset &+= 8
    }
    return a.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        == b.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
}
