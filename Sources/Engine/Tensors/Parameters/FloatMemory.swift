/// Memory for rows of floats that is taken again when it has been given back: a training step asks for the same sizes as the
/// one before.
///
/// Not safe for use by several threads at once.
final class FloatMemory {
    private var free: [Int: [UnsafeMutablePointer<Float>]] = [:]
    /// The sizes asked for since `trim`.
    private var recent: Set<Int> = []
    /// The bytes that are held, in use or not.
    private(set) var byteCount = 0

    /// At least `count` floats at a multiple of 64 bytes, with any values.
    func take(_ count: Int) -> UnsafeMutablePointer<Float> {
        let size = Self.size(count)
        recent.insert(size)
        if let pointer = free[size]?.popLast() { return pointer }
        byteCount += size * MemoryLayout<Float>.stride
        return UnsafeMutableRawPointer.allocate(byteCount: size * MemoryLayout<Float>.stride, alignment: 64)
            .bindMemory(to: Float.self, capacity: size)
    }

    /// Takes back what `take` gave for `count`.
    func give(_ pointer: UnsafeMutablePointer<Float>, _ count: Int) {
        free[Self.size(count), default: []].append(pointer)
    }

    /// Lets go of sizes that were not asked for since the last time.
    func trim() {
        for (size, pointers) in free where !recent.contains(size) {
            for pointer in pointers { UnsafeMutableRawPointer(pointer).deallocate() }
            byteCount -= size * pointers.count * MemoryLayout<Float>.stride
            free[size] = nil
        }
        recent = []
    }

    /// Sizes in steps of an eighth, so that batches which differ a little share memory.
    private static func size(_ count: Int) -> Int {
        let least = max(count, 64)
        let step = max(16, (1 << (Int.bitWidth - 1 - least.leadingZeroBitCount)) / 8)
        return (least + step - 1) / step * step
    }

    deinit {
        for pointer in free.values.joined() { UnsafeMutableRawPointer(pointer).deallocate() }
    }
}

/// Floats that one object owns, zeros at first.
final class FloatBuffer {
    let pointer: UnsafeMutablePointer<Float>
    let count: Int

    init(_ count: Int) {
        self.count = count
        pointer = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
            .bindMemory(to: Float.self, capacity: max(count, 1))
        pointer.initialize(repeating: 0, count: count)
    }

    convenience init(_ values: [Float]) {
        self.init(values.count)
        pointer.update(from: values, count: values.count)
    }

    func clear() { pointer.update(repeating: 0, count: count) }

    deinit { UnsafeMutableRawPointer(pointer).deallocate() }
}
