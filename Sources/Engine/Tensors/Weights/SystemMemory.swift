import Platform

/// Zeroed memory straight from the system, given back to it with the last reference.
///
/// Large blocks that come and go would leave holes in the heap of `malloc`, which are resident and of no use. A page
/// becomes resident when it is first touched.
final class SystemMemory: @unchecked Sendable {
    // Invariant: the address and the size never change; who may write is for the owner to say.
    let address: UnsafeMutableRawPointer
    private let byteCount: Int
    private let isMapped: Bool

    /// Takes at least `byteCount` bytes, aligned for every vector.
    init(byteCount: Int) {
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

    deinit {
        if isMapped { munmap(address, byteCount) } else { address.deallocate() }
    }
}
