/// Scratch memory for activations: taking is moving a mark, and a scope gives everything back at once.
///
/// It grows chunk by chunk; when all of it has been given back it becomes one chunk of the size that was needed.
final class Arena {
    private var chunks: [(memory: SystemMemory, size: Int)] = []
    private var chunk = 0
    private var offset = 0
    /// The bytes taken now, and the most since the chunks last became one.
    private var taken = 0
    private var mostTaken = 0

    func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let size = (max(byteCount, 1) + 63) / 64 * 64
        while chunk < chunks.count, offset + size > chunks[chunk].size {
            chunk += 1
            offset = 0
        }
        if chunk == chunks.count {
            let chunkSize = max(size, mostTaken, 1 << 20)
            chunks.append((SystemMemory(byteCount: chunkSize), chunkSize))
        }
        defer { offset += size }
        taken += size
        mostTaken = max(mostTaken, taken)
        return chunks[chunk].memory.address + offset
    }

    func take<T>(_ type: T.Type, _ count: Int) -> UnsafeMutablePointer<T> {
        take(count * MemoryLayout<T>.stride).bindMemory(to: type, capacity: count)
    }

    func scope(_ body: () -> Void) {
        let mark = (chunk, offset, taken)
        body()
        (chunk, offset, taken) = mark
        // The next take makes a chunk that holds them all.
        if taken == 0, chunks.count > 1 { chunks = [] }
    }
}
