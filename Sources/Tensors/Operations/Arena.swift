/// Scratch memory for activations: taking is moving a mark, and a scope gives everything back at once.
final class Arena {
    private var chunks: [(memory: UnsafeMutableRawPointer, size: Int)] = []
    private var chunk = 0
    private var offset = 0

    deinit { chunks.forEach { $0.memory.deallocate() } }

    func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let size = (max(byteCount, 1) + 63) / 64 * 64
        while chunk < chunks.count, offset + size > chunks[chunk].size {
            chunk += 1
            offset = 0
        }
        if chunk == chunks.count {
            let chunkSize = max(size, 1 << 20)
            chunks.append((.allocate(byteCount: chunkSize, alignment: 64), chunkSize))
        }
        defer { offset += size }
        return chunks[chunk].memory + offset
    }

    func take<T>(_ type: T.Type, _ count: Int) -> UnsafeMutablePointer<T> {
        take(count * MemoryLayout<T>.stride).bindMemory(to: type, capacity: count)
    }

    func scope(_ body: () -> Void) {
        let mark = (chunk, offset)
        body()
        (chunk, offset) = mark
    }
}
