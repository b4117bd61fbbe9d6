import CKernels
import Platform

/// Cosines and sines of the angles by which keys are turned when they are read, `[pages, pairs, 32]`.
///
/// They depend on nothing but the position, so they are kept, and those of new pages added: every layer asks for the same
/// ones, for every token.
final class KeyTurns {
    /// What the angles depend on.
    struct Angles: Hashable {
        var inverseFrequencies: [Float]
        /// Positions are divided by this, rounded down.
        var divisor: Int
    }

    private let angles: Angles
    private var (pages, capacity) = (0, 0)
    private var memory = SystemMemory(byteCount: 0)

    init(_ angles: Angles) { self.angles = angles }

    private static let pageTokens = CacheLayout.pageTokens
    private var pageFloats: Int { angles.inverseFrequencies.count * Self.pageTokens }

    private var cosines: UnsafeMutablePointer<Float> { memory.address.assumingMemoryBound(to: Float.self) }
    private var sines: UnsafeMutablePointer<Float> { cosines + capacity * pageFloats }

    /// Adds the angles of the positions below `end`; `forEachPage` runs a body for each of so many indices.
    func extend(to end: Int, _ forEachPage: (Int, (Int) -> Void) -> Void) {
        let (old, count) = (pages, (end + Self.pageTokens - 1) / Self.pageTokens)
        guard count > old else { return }
        reserve(count)
        forEachPage(count - old) { fill(page: old + $0) }
        pages = count
    }

    private func reserve(_ count: Int) {
        guard count > capacity else { return }
        let (oldMemory, oldCosines, oldSines) = (memory, cosines, sines)
        capacity = max(count, 2 * capacity)
        memory = SystemMemory(byteCount: 2 * capacity * pageFloats * MemoryLayout<Float>.stride)
        cosines.update(from: oldCosines, count: pages * pageFloats)
        sines.update(from: oldSines, count: pages * pageFloats)
        withExtendedLifetime(oldMemory) {}
    }

    private func fill(page: Int) {
        for (pair, frequency) in angles.inverseFrequencies.enumerated() {
            for token in 0..<Self.pageTokens {
                let angle = Float((page * Self.pageTokens + token) / angles.divisor) * frequency
                let index = page * pageFloats + pair * Self.pageTokens + token
                cosines[index] = cosf(angle)
                sines[index] = sinf(angle)
            }
        }
    }

    /// Has the keys of a zone turned by these angles; they must outlive it, and not be extended meanwhile.
    func set(_ zone: inout swiftlet_zone, isAdjacent: Bool) {
        zone.cosines = UnsafePointer(cosines)
        zone.sines = UnsafePointer(sines)
        zone.pairs = Int32(angles.inverseFrequencies.count)
        zone.adjacent = isAdjacent
    }
}
