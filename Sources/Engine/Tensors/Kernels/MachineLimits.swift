import CKernels

/// The instructions that products of many tokens are bound by.
package enum Arithmetic: Sendable, Hashable {
    /// Dot products of 8-bit numbers.
    case int8
    /// Dot products of bf16.
    case bf16
    /// Fused multiply-adds of f32.
    case f32
}

/// What the machine itself can do with a number of threads: the bounds of every kernel.
package struct MachineLimits: Sendable, Hashable {
    /// Bytes read from memory per second.
    package var readBytes = 0.0
    /// Multiply-adds per second of 8-bit dot products; 0 where the instruction set has none.
    package var int8 = 0.0
    /// The same of bf16 dot products.
    package var bf16 = 0.0
    /// The same of f32.
    package var f32 = 0.0

    /// Measures the limits: for each the best of several tries, a quarter of a second in all.
    package static func measure(pool: ThreadPool) -> MachineLimits {
        var limits = MachineLimits()
        limits.readBytes = readSpeed(pool)
        limits.int8 = multiplySpeed(SWIFTLET_PEAK_INT8, pool)
        limits.bf16 = multiplySpeed(SWIFTLET_PEAK_BF16, pool)
        limits.f32 = multiplySpeed(SWIFTLET_PEAK_F32, pool)
        return limits
    }

    /// Takes the better of each: other programs can only make a machine look slower than it is.
    package mutating func raise(to other: MachineLimits) {
        readBytes = max(readBytes, other.readBytes)
        int8 = max(int8, other.int8)
        bf16 = max(bf16, other.bf16)
        f32 = max(f32, other.f32)
    }

    /// Multiply-adds per second of a kind; those of f32 where the machine has no such instructions.
    package func peak(of arithmetic: Arithmetic) -> Double {
        switch arithmetic {
        case .int8 where int8 > 0: int8
        case .bf16 where bf16 > 0: bf16
        default: f32
        }
    }

    private static let tries = 5

    /// Far more than caches hold.
    private static let bytesPerThread = 128 << 20

    private static func readSpeed(_ pool: ThreadPool) -> Double {
        let buffers = (0..<pool.threads).map { _ in SystemMemory(byteCount: bytesPerThread) }
        // Untouched pages would all be the one page of zeros.
        pool.runUnchecked(buffers.count) { item, _ in
            buffers[item].address.initializeMemory(as: UInt8.self, repeating: 1, count: bytesPerThread)
        }
        let seconds = best {
            pool.runUnchecked(buffers.count) { item, _ in _ = swiftlet_read_bytes(buffers[item].address, bytesPerThread)
            }
        }
        return Double(bytesPerThread * buffers.count) / seconds
    }

    private static func multiplySpeed(_ kind: swiftlet_peak, _ pool: ThreadPool) -> Double {
        let rounds = 2_000_000
        let seconds = best { pool.run(pool.threads) { _, _ in _ = swiftlet_multiply_add(kind, rounds) } }
        // How many each round does, or 0.
        return swiftlet_multiply_add(kind, 1) * Double(rounds * pool.threads) / seconds
    }

    private static func best(_ body: () -> Void) -> Double {
        let clock = ContinuousClock()
        return (0..<tries).map { _ in clock.measure(body) / .seconds(1) }.min() ?? .infinity
    }
}
