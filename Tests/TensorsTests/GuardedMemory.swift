import Platform

/// Memory between two pages that nobody may touch: reading or writing one byte outside ends the process, with or without
/// a sanitizer, as reading outside a mapped file would.
final class GuardedMemory {
    /// Where the bytes lie.
    enum Side: CaseIterable {
        case atTheBeginning, atTheEnd
    }

    let bytes: UnsafeMutableRawBufferPointer
    private let start: UnsafeMutableRawPointer
    private let mapping: UnsafeMutableRawBufferPointer

    init(byteCount: Int, _ side: Side) {
        let page = Int(getpagesize())
        let inner = (byteCount + page - 1) / page * page
        guard let base = mmap(nil, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0), base != MAP_FAILED
        else { preconditionFailure("no memory") }
        mapping = UnsafeMutableRawBufferPointer(start: base, count: inner + 2 * page)
        precondition(inner == 0 || mprotect(base + page, inner, PROT_READ | PROT_WRITE) == 0)
        start = base + page + (side == .atTheEnd ? inner - byteCount : 0)
        bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
    }

    convenience init(_ contents: some Collection<UInt8>, _ side: Side) {
        self.init(byteCount: contents.count, side)
        bytes.copyBytes(from: contents)
    }

    /// The bytes as floats.
    var floats: UnsafeMutablePointer<Float> { start.assumingMemoryBound(to: Float.self) }

    deinit { munmap(mapping.baseAddress, mapping.count) }
}
