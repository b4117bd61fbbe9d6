#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Zeroed memory straight from the system, given back to it with the last reference.
///
/// Large blocks that come and go would leave holes in the heap of `malloc`, which are resident and of no use. A page
/// becomes resident when it is first touched.
final class SystemMemory: @unchecked Sendable {
    // Invariant: the address and the size never change; who may write is for the owner to say.
    let address: UnsafeMutableRawPointer
    private let byteCount: Int
    private let isMapped: Bool

    /// The pages that Linux has beside its small ones.
    private static let largePage = 2 << 20

    /// Takes at least `byteCount` bytes, aligned for every vector, on large pages as far as these fill them.
    init(byteCount: Int, hasLargePages: Bool = false) {
        #if os(Linux)
            if hasLargePages, byteCount >= Self.largePage, let address = Self.mapLargePages(byteCount) {
                self.address = address
                self.byteCount = byteCount
                isMapped = true
                return
            }
        #endif
        self.byteCount = max(byteCount, 64)
        #if canImport(Darwin)
            let anonymous = MAP_ANON
        #else
            let anonymous = MAP_ANONYMOUS
        #endif
        let mapped = mmap(nil, self.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | anonymous, -1, 0)
        if let mapped, mapped != MAP_FAILED {
            address = mapped
            isMapped = true
        } else {
            // The system has a limit on mappings as well as one on memory.
            address = .allocate(byteCount: self.byteCount, alignment: 64)
            address.initializeMemory(as: UInt8.self, repeating: 0, count: self.byteCount)
            isMapped = false
        }
    }

    #if os(Linux)
        /// Maps memory that begins at a large page. Touching it a large page at a time takes a fifth of the time.
        private static func mapLargePages(_ byteCount: Int) -> UnsafeMutableRawPointer? {
            let size = (byteCount + 4095) / 4096 * 4096
            guard
                let mapped = mmap(
                    nil, size + largePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                mapped != MAP_FAILED
            else { return nil }
            let skipped = -Int(bitPattern: mapped) & (largePage - 1)
            let address = mapped + skipped
            if skipped > 0 { munmap(mapped, skipped) }
            munmap(address + size, largePage - skipped)
            _ = madvise(address, size / largePage * largePage, MADV_HUGEPAGE)
            return address
        }
    #endif

    deinit {
        if isMapped { munmap(address, byteCount) } else { address.deallocate() }
    }
}
