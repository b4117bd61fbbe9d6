import Platform

/// Memory that begins at a multiple of a page and can grow: zeros at first, or the pages of a file, which changes here never
/// reach.
///
/// `@unchecked Sendable`: whoever grows or writes has the region to itself; its owners see to that.
final class Region: @unchecked Sendable {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var byteCount: Int

    /// Zeros.
    init(byteCount: Int) {
        self.byteCount = Self.wholePages(byteCount)
        base = Self.allocate(self.byteCount)
    }

    /// A part of an open file, `offset` a multiple of the page size, privately: pages are read when they are touched, and
    /// copied when they are written.
    init(descriptor: Int32, offset: Int, byteCount: Int, path: String) throws(VectorError) {
        let mapped = mmap(
            nil, Self.wholePages(byteCount), PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, off_t(offset))
        guard let mapped, mapped != MAP_FAILED else {
            throw .damaged(path: path, reason: "it cannot be mapped (\(String(cString: strerror(errno))))")
        }
        (base, self.byteCount) = (mapped, Self.wholePages(byteCount))
    }

    deinit { munmap(base, byteCount) }

    /// Makes room for `needed` bytes, and for half as many again as there were if it must.
    func grow(to needed: Int) {
        guard needed > byteCount else { return }
        let count = Self.wholePages(max(needed, byteCount + byteCount / 2))
        let larger = Self.allocate(count)
        larger.copyMemory(from: base, byteCount: byteCount)
        munmap(base, byteCount)
        (base, byteCount) = (larger, count)
    }

    private static func wholePages(_ count: Int) -> Int {
        let page = Int(getpagesize())
        return max((count + page - 1) / page * page, page)
    }

    private static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        let memory = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
        // As with every other allocation, a machine without memory ends here.
        guard let memory, memory != MAP_FAILED else { fatalError("no memory for \(count) bytes") }
        #if os(Linux)
            // Rows are read all over the place: large pages save most of the look-ups of addresses.
            madvise(memory, count, MADV_HUGEPAGE)
        #endif
        return memory
    }
}
