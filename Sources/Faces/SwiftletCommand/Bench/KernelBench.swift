import Checkpoints
import JSONValues
import Tensors

/// A measured kernel.
struct KernelResult {
    var kernel: String
    var shape: String
    var layout: String
    var tokens: Int
    /// Multiply-adds per second.
    var speed: Double
    /// What bounds them.
    var arithmetic: Arithmetic
    /// Bytes of weights, or of keys and values, per second.
    var bytes: Double

    func cells(_ limits: MachineLimits) -> [String] {
        [
            kernel, shape, layout, String(tokens), Quantities.decimals(speed / 1e9, 1),
            ModelProfile.share(speed, limits.peak(of: arithmetic)),
            Quantities.decimals(bytes / 1e9, 1), ModelProfile.share(bytes, limits.readBytes),
        ]
    }

    func json(_ limits: MachineLimits) -> JSON {
        [
            "kernel": .string(kernel), "shape": .string(shape), "layout": .string(layout), "tokens": .integer(tokens),
            "multiply_adds_per_second": .number(speed), "peak": .number(limits.peak(of: arithmetic)),
            "bytes_per_second": .number(bytes),
        ]
    }
}

/// Measures kernels through the operations that models run on.
struct KernelBench {
    private let operations: FastOperations

    init(pool: ThreadPool) {
        operations = FastOperations(pool: pool)
    }

    /// Of what is read, as many copies are used in turn as caches cannot hold.
    private static let leastBytes = 160 << 20

    /// Products of a random matrix.
    func multiply(_ type: DataType, rows: Int, columns: Int, tokens: [Int]) -> [KernelResult] {
        guard let source = MatrixSource.random(type, rows: rows, columns: columns) else { return [] }
        let first = operations.makeMatrix(source, bias: nil)
        let weights = first.weights
        // Of tiny matrices as many as are made in no time; those stay in the caches.
        let copies = max(1, min(4096, Self.leastBytes / max(weights.byteCount, 1)))
        let matrices = [first] + (1..<copies).map { _ in operations.makeMatrix(source, bias: nil) }
        return tokens.map { count in
            let seconds = time(matrices.count) { index in
                let input = operations.constant((0..<count * columns).map { Float($0 % 255 - 127) }, width: columns)
                return { _ = operations.project(input, matrices[index]) }
            }
            return KernelResult(
                kernel: "multiply \(type.name)", shape: "\(rows) x \(columns)", layout: weights.layoutDescription,
                tokens: count, speed: Double(rows * columns * count) / seconds, arithmetic: weights.arithmetic,
                bytes: Double(weights.byteCount) / seconds)
        }
    }

    /// Attention of tokens at the end of a text.
    func attend(_ shape: AttentionShape, positions: Int, tokens: [Int]) -> [KernelResult] {
        let attention = CacheLayout.Attention(
            heads: shape.keyValueHeads, keySize: shape.headSize, valueSize: shape.valueSize)
        let layout = CacheLayout(layers: [CacheLayout.Layer(attention: attention)], type: .f16)
        let width = shape.keyValueHeads * shape.headSize
        let bytes = positions * (shape.headSize + shape.valueSize) * shape.keyValueHeads * 2
        let caches = (0..<max(1, min(64, Self.leastBytes / bytes))).map { _ in
            let cache = SequenceCache(layout: layout)
            operations.reserve(cache, positions: 0..<positions)
            for first in stride(from: 0, to: positions, by: 256) {
                let count = min(256, positions - first)
                operations.reset {
                    let values = operations.constant(
                        (0..<count * width).map { Float($0 * 31 % 255 - 127) / 127 }, width: width)
                    let span = BatchSpan(rows: 0..<count, firstPosition: first, cache: cache)
                    operations.store(keys: values, values: values, layer: 0, spans: [span])
                }
            }
            return cache
        }
        return tokens.filter { $0 <= positions }.map { count in
            let seconds = time(caches.count) { index in
                let queryWidth = shape.heads * shape.headSize
                let queries = operations.constant(
                    (0..<count * queryWidth).map { Float($0 % 255 - 127) / 127 }, width: queryWidth)
                let span = BatchSpan(rows: 0..<count, firstPosition: positions - count, cache: caches[index])
                return {
                    _ = operations.attend(queries, far: nil, shape: shape, distanceBias: nil, layer: 0, spans: [span])
                }
            }
            // Each token sees those before it and itself.
            let seen = count * (positions - count) + count * (count + 1) / 2
            return KernelResult(
                kernel: "attend", shape: "\(shape.heads)/\(shape.keyValueHeads) x \(shape.headSize), \(positions)",
                layout: "f16", tokens: count,
                speed: Double(seen * shape.heads * (shape.headSize + shape.valueSize)) / seconds, arithmetic: .f32,
                bytes: Double(bytes) / seconds)
        }
    }

    /// Seconds of one call: the best pass over all variants within a third of a second. `prepare` makes the call, inside a
    /// scope of the operations.
    private func time(_ variants: Int, _ prepare: (Int) -> () -> Void) -> Double {
        let clock = ContinuousClock()
        let end = clock.now + .milliseconds(300)
        var best = Double.infinity
        repeat {
            var pass = Duration.zero
            for index in 0..<variants { operations.reset { pass += clock.measure(prepare(index)) } }
            best = min(best, pass / .seconds(1) / Double(variants))
        } while clock.now < end
        return best
    }
}
