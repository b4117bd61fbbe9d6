// The protocol documents these methods.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import CKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The operations that run models: kernels of the machine's instruction set, packed weights, a pool of threads.
///
/// Every token's result is the same whatever else is in the batch and however many threads work, since all sums have a
/// fixed order. Activations live in an arena: those made inside `scope` end with it, all others with `reset`.
public final class FastOperations: Operations {
    /// Rows of f32 in the arena.
    public struct Activations {
        let values: UnsafeMutablePointer<Float>
        let tokens: Int
        let width: Int

        func row(_ index: Int) -> UnsafeMutablePointer<Float> { values + index * width }

        /// One row, valid as long as the activations.
        public func buffer(ofRow index: Int) -> UnsafeMutableBufferPointer<Float> {
            UnsafeMutableBufferPointer(start: row(index), count: width)
        }
    }

    /// Cosines and sines in the arena, `[tokens, pairs]`.
    public struct Rotation {
        let cosines: UnsafeMutablePointer<Float>
        let sines: UnsafeMutablePointer<Float>
        let pairs: Int
    }

    let arena = Arena()
    let pool: ThreadPool
    let kernels: swiftlet_kernels

    /// Makes operations on `pool`, with the machine's best kernels unless others are given.
    public init(pool: ThreadPool, kernels: Kernels = .best) {
        self.pool = pool
        self.kernels = kernels.table.pointee
    }

    /// Gives back all activations: those of the last forward pass are gone.
    public func reset(_ body: () -> Void) { arena.scope(body) }

    func make(_ tokens: Int, _ width: Int) -> Activations {
        Activations(values: arena.take(Float.self, tokens * width), tokens: tokens, width: width)
    }

    /// Runs `body` for each row; on the pool when there are enough of them to be worth it.
    func forEachRow(_ tokens: Int, _ body: (Int) -> Void) {
        if tokens < 4 {
            for token in 0..<tokens { body(token) }
        } else {
            let chunk = max(1, tokens / (4 * pool.threads))
            pool.run((tokens + chunk - 1) / chunk) { item, _ in
                for token in item * chunk..<min(tokens, (item + 1) * chunk) { body(token) }
            }
        }
    }

    public func makeMatrix(_ source: MatrixSource, bias: [Float]?) -> PackedMatrix {
        PackedMatrix(source, bias: bias, pool: pool)
    }

    public func reserve(_ cache: PagedCache, positions: Int) { cache.reserve(positions) }

    public func embed(_ tokens: [Int32], _ table: MatrixSource, scale: Float) -> Activations {
        let output = make(tokens.count, table.columns)
        forEachRow(tokens.count) { token in
            let row = output.row(token)
            table.decodeRow(Int(tokens[token]), into: row)
            if scale != 1 {
                for c in 0..<output.width { row[c] *= scale }
            }
        }
        return output
    }

    public func rmsNormalize(_ input: Activations, weight: [Float], epsilon: Float) -> Activations {
        let output = make(input.tokens, input.width)
        weight.withUnsafeBufferPointer { weight in
            forEachRow(input.tokens) { token in
                kernels.rms_norm(input.row(token), weight.baseAddress, input.width, epsilon, output.row(token))
            }
        }
        return output
    }

    public func add(_ other: Activations, to target: inout Activations) {
        let target = target
        forEachRow(target.tokens) { token in kernels.add(target.row(token), other.row(token), target.width) }
    }

    public func siluMultiply(_ gate: Activations, _ up: Activations) -> Activations {
        let output = make(gate.tokens, gate.width)
        forEachRow(gate.tokens) { token in
            kernels.silu_multiply(gate.row(token), up.row(token), gate.width, output.row(token))
        }
        return output
    }

    public func makeRotation(positions: [Int], inverseFrequencies: [Float], scale: Float) -> Rotation {
        let pairs = inverseFrequencies.count
        let rotation = Rotation(
            cosines: arena.take(Float.self, positions.count * pairs),
            sines: arena.take(Float.self, positions.count * pairs), pairs: pairs)
        forEachRow(positions.count) { token in
            for (pair, frequency) in inverseFrequencies.enumerated() {
                let angle = Float(positions[token]) * frequency
                rotation.cosines[token * pairs + pair] = cosf(angle) * scale
                rotation.sines[token * pairs + pair] = sinf(angle) * scale
            }
        }
        return rotation
    }

    public func rotate(_ input: inout Activations, headSize: Int, by rotation: Rotation, layout: RotaryLayout) {
        let (input, pairs) = (input, rotation.pairs)
        forEachRow(input.tokens) { token in
            kernels.rotate(
                input.row(token), Int32(input.width / headSize), Int32(headSize), Int32(pairs),
                rotation.cosines + token * pairs, rotation.sines + token * pairs, layout == .adjacent)
        }
    }

    public func select(_ input: Activations, rows: [Int]) -> Activations {
        let output = make(rows.count, input.width)
        for (index, row) in rows.enumerated() { output.row(index).update(from: input.row(row), count: input.width) }
        return output
    }

    public func read(_ input: Activations) -> [Float] {
        Array(UnsafeBufferPointer(start: input.values, count: input.tokens * input.width))
    }

    public func scope(_ body: () -> Void) { arena.scope(body) }
}
