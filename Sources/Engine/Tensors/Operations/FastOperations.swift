// The protocol documents these methods.

import CKernels

/// The operations that run models: kernels of the machine's instruction set, packed weights, a pool of threads.
///
/// A result is the same however many threads work, since all sums have a fixed order. In large batches the
/// weights are rounded to 8 bits (bf16 if they are 16-bit floats) on the way. Deterministic operations multiply in one way
/// whatever the size of the batch, so that a token's result is the same whatever else is in it, too: never with codes
/// rounded again, and 16-bit floats always as bf16 where the processor has products of it, never elsewhere.
/// Activations live in an arena: those made inside `scope` end with it, all others with `reset`.
package final class FastOperations: Operations {
    package typealias Vector = [Float]
    package typealias Table = MatrixSource
    package typealias Cache = SequenceCache

    /// Rows of f32 in the arena.
    package struct Activations {
        let values: UnsafeMutablePointer<Float>
        /// The rows.
        package let tokens: Int
        /// The values of each.
        package let width: Int

        func row(_ index: Int) -> UnsafeMutablePointer<Float> { values + index * width }

        /// One row, valid as long as the activations.
        package func buffer(ofRow index: Int) -> UnsafeMutableBufferPointer<Float> {
            UnsafeMutableBufferPointer(start: row(index), count: width)
        }
    }

    /// Packed weights, and a low-rank change of them.
    package final class Matrix {
        let packed: PackedMatrix
        let update: Update?
        /// Changes for rows that ask for them, by the numbers of their adapters.
        var updates: [Int: Update] = [:]
        /// Where it comes from, if that is known.
        package internal(set) var origin: Origin?

        typealias Update = (down: PackedMatrix, up: PackedMatrix, scale: Float)

        init(packed: PackedMatrix, update: Update? = nil) {
            (self.packed, self.update) = (packed, update)
        }
    }

    let arena = Arena()
    private(set) var pool: ThreadPool
    let kernels: swiftlet_kernels
    /// All matrices in the order in which they were made.
    private(set) var matrices: [Matrix] = []
    /// Which rows of the next batch have which adapters.
    package var adapterRows: [AdapterRows] = []
    /// From how many tokens on weights are rounded before they are multiplied, and keys, values and what is multiplied
    /// with them where the kernels do that.
    var roundedTokens: (codes: Int, floats: Int, attention: Int)
    /// What was measured on this machine, which counts more than what is usual.
    var tuning: KernelTuning?
    /// Is shown what is multiplied with which matrices, after the products.
    package var observer: ((_ input: Activations, _ matrices: [Matrix]) -> Void)?
    /// The angles of turned keys so far.
    var keyTurns: [KeyTurns.Angles: KeyTurns] = [:]
    private let weights: PackedWeights?
    private let roundsWeights: Bool

    /// Makes operations on `pool`, with the machine's best kernels unless others are given. Weights are taken from
    /// `weights` where these have them; `roundsWeights` rounds those in f32 to bf16. Where it depends on the machine
    /// which products are faster, that is measured once and kept in `tuningFile`; without one, what is usual counts.
    package init(
        pool: ThreadPool, kernels: Kernels = .best, weights: PackedWeights? = nil, isDeterministic: Bool = false,
        roundsWeights: Bool = false, tuningFile: String? = nil
    ) {
        self.pool = pool
        self.roundsWeights = roundsWeights
        self.weights = weights
        self.kernels = kernels.table.pointee
        roundedTokens = (self.kernels.rounded_code_tokens, self.kernels.rounded_float_tokens, 8)
        if isDeterministic {
            // One kind of product for every number of tokens, without measuring which is faster.
            roundedTokens = (.max, self.kernels.rounded_float_tokens < .max ? 0 : .max, .max)
        } else {
            tuning = tuningFile.map { KernelTuning(path: $0, kernels: kernels.name, threads: pool.threads) }
        }
    }

    /// Computes on another pool of as many threads from now on: one for loading, which others need not wait for, and one for all
    /// models.
    package func move(to pool: ThreadPool) { self.pool = pool }

    /// Takes its turn of the pool, and gives back all activations afterwards: those of the last forward pass are gone.
    package func reset(_ body: () -> Void) { pool.takeTurn { arena.scope(body) } }

    package func scope(_ body: () -> Void) { arena.scope(body) }

    /// Runs `body` for each item, on all threads. Items may be of types that are not `Sendable` as long as no two of them lead
    /// to the same mutable state.
    package func forEach<Item>(_ items: [Item], _ body: @Sendable (Item) -> Void) { pool.run(each: items, body) }

    func make(_ tokens: Int, _ width: Int) -> Activations {
        Activations(values: arena.take(Float.self, tokens * width), tokens: tokens, width: width)
    }

    /// Runs `body` for each row; on the pool when there are enough of them, and enough values, to be worth it.
    func forEachRow(_ tokens: Int, width: Int = .max, _ body: (Int) -> Void) {
        if tokens < 4 || width <= Self.serialValues / tokens {
            for token in 0..<tokens { body(token) }
        } else {
            let chunk = max(1, tokens / (4 * pool.threads))
            pool.runUnchecked((tokens + chunk - 1) / chunk) { item, _ in
                for token in item * chunk..<min(tokens, (item + 1) * chunk) { body(token) }
            }
        }
    }

    /// Runs `body` for each sequence and each block of channels.
    func forEachBlock(
        _ spans: [BatchSpan<SequenceCache>], channels: Int, _ body: (BatchSpan<SequenceCache>, Range<Int>) -> Void
    ) {
        let blocks = (channels + Self.channelBlock - 1) / Self.channelBlock
        pool.runUnchecked(spans.count * blocks) { item, _ in
            let first = item % blocks * Self.channelBlock
            body(spans[item / blocks], first..<min(channels, first + Self.channelBlock))
        }
    }

    /// Channels that one thread takes at a time.
    private static let channelBlock = 64

    /// Values that one thread normalizes, adds or rotates in less time than it takes to call the others.
    private static let serialValues = 8192

    package func makeMatrix(_ source: MatrixSource, bias: [Float]?, adapter: LowRankUpdate?) -> Matrix {
        let matrix = Matrix(
            packed: weights?.matrix(source, bias: bias, rounds: roundsWeights, pool: pool)
                ?? PackedMatrix(source, bias: bias, rounds: roundsWeights, pool: pool),
            update: adapter.map {
                (PackedMatrix($0.down, pool: pool), PackedMatrix($0.up, pool: pool), $0.scale)
            })
        matrices.append(matrix)
        return matrix
    }

    package func makeVector(_ values: [Float]) -> [Float] { values }

    package func makeTable(_ source: MatrixSource) -> MatrixSource { source }

    package func embed(_ tokens: [Int32], _ table: MatrixSource) -> Activations {
        let output = make(tokens.count, table.columns)
        forEachRow(tokens.count) { table.decodeRow(Int(tokens[$0]), into: output.row($0)) }
        return output
    }

    package func constant(_ values: [Float], width: Int) -> Activations {
        let output = make(values.count / max(width, 1), width)
        output.values.update(from: values, count: values.count)
        return output
    }

    package func broadcast(_ vector: [Float], rows: Int) -> Activations {
        let output = make(rows, vector.count)
        for row in 0..<rows { output.row(row).update(from: vector, count: vector.count) }
        return output
    }

    package func select(_ input: Activations, rows: [Int]) -> Activations {
        let output = make(rows.count, input.width)
        for (index, row) in rows.enumerated() { output.row(index).update(from: input.row(row), count: input.width) }
        return output
    }

    package func read(_ input: Activations) -> [Float] {
        Array(UnsafeBufferPointer(start: input.values, count: input.tokens * input.width))
    }
}
