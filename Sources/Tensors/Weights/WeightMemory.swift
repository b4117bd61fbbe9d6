/// A block of memory that the matrices of a model share: on large pages, which loading and reading them go through faster.
///
/// It is used by the one thread that loads the model.
final class WeightMemory {
    private let memory: SystemMemory
    private let byteCount: Int
    private var used = 0

    /// Takes memory; what nobody asks for is never touched.
    init(byteCount: Int) {
        memory = SystemMemory(byteCount: byteCount, hasLargePages: true)
        self.byteCount = byteCount
    }

    /// The next bytes, aligned for every vector, and what keeps them; nil if not so many are left.
    func take(_ byteCount: Int) -> (address: UnsafeMutableRawPointer, owner: SystemMemory)? {
        let start = (used + 63) / 64 * 64
        guard start + byteCount <= self.byteCount else { return nil }
        used = start + byteCount
        return (memory.address + start, memory)
    }
}
