import Testing

@testable import Tensors

/// Recurrences of every instruction set against the reference operations: channels that no vector divides, two sequences in
/// a batch, continued piece by piece.
@Suite struct RecurrenceTests {
    private typealias Quick = FastOperations
    private typealias Plain = ReferenceOperations

    private struct Pair {
        let quick: [BatchSpan<SequenceCache>]
        let plain: [BatchSpan<ReferenceOperations.Cache>]
        let rows: Int
    }

    /// The batches of two sequences with one state of `count` floats.
    private func batches(_ count: Int) -> [Pair] {
        let layout = CacheLayout(layers: [.init(states: [3, count])], type: .f32)
        let quick = (0..<2).map { _ in SequenceCache(layout: layout) }
        let plain = (0..<2).map { _ in ReferenceOperations.Cache() }
        var done = [0, 0]
        return [[7, 2], [1, 1], [1, 6]].map { lengths in
            let spans = [0..<lengths[0], lengths[0]..<lengths[0] + lengths[1]]
            defer { for index in 0..<2 { done[index] += lengths[index] } }
            return Pair(
                quick: (0..<2).map { BatchSpan(rows: spans[$0], firstPosition: done[$0], cache: quick[$0]) },
                plain: (0..<2).map { BatchSpan(rows: spans[$0], firstPosition: done[$0], cache: plain[$0]) },
                rows: lengths[0] + lengths[1])
        }
    }

    private let state = StateReference(layer: 0, index: 1)

    private func fast(_ kernels: String) throws -> FastOperations {
        FastOperations(pool: ThreadPool(threads: 2), kernels: try #require(Kernels(named: kernels)))
    }

    @Test(arguments: Kernels.available, [1, 31, 64, 161]) func scan(kernels: String, channels: Int) throws {
        let (fast, reference, size) = (try fast(kernels), ReferenceOperations(), 5)
        var random = RandomValues(seed: 2)
        let (rates, skip) = (random.array(size * channels).map { -abs($0) }, random.array(channels))
        for batch in batches(channels * size) {
            let values = random.array(batch.rows * channels)
            let steps = random.array(batch.rows * channels).map(abs)
            let (inputs, outputs) = (random.array(batch.rows * size), random.array(batch.rows * size))
            func scanInputs<Ops: Operations>(_ ops: Ops) -> ScanInputs<Ops.Activations> {
                ScanInputs(
                    values: ops.constant(values, width: channels), steps: ops.constant(steps, width: channels),
                    inputs: ops.constant(inputs, width: size), outputs: ops.constant(outputs, width: size),
                    rates: rates,
                    skip: skip)
            }
            let quick = fast.read(fast.scan(scanInputs(fast), state: state, spans: batch.quick))
            let plain = reference.scan(scanInputs(reference), state: state, spans: batch.plain).values
            #expect(relativeError(quick, plain) < 1e-5)
        }
    }

    @Test(arguments: Kernels.available, [[1, 1], [3, 5], [2, 24]]) func recur(kernels: String, shape: [Int]) throws {
        let (heads, size) = (shape[0], shape[1])
        let (fast, reference, width) = (try fast(kernels), ReferenceOperations(), heads * size)
        var random = RandomValues(seed: 3)
        let (decay, bonus) = (random.array(width).map { abs($0) / 2 }, random.array(width))
        for batch in batches(width * size) {
            let (r, k, v) = (
                random.array(batch.rows * width), random.array(batch.rows * width), random.array(batch.rows * width)
            )
            func run<Ops: Operations>(_ ops: Ops, _ spans: [BatchSpan<Ops.Cache>]) -> [Float] {
                ops.read(
                    ops.recur(
                        receptance: ops.constant(r, width: width), keys: ops.constant(k, width: width),
                        values: ops.constant(v, width: width), decay: decay, bonus: bonus, heads: heads, state: state,
                        spans: spans))
            }
            let (quick, plain) = (run(fast, batch.quick), run(reference, batch.plain))
            #expect(relativeError(quick, plain) < 1e-5)
        }
    }

    /// Exponents far beyond what f32 holds must neither overflow nor vanish.
    @Test(arguments: [1, 70]) func averageFading(channels: Int) throws {
        let (fast, reference) = (try fast("portable"), ReferenceOperations())
        var random = RandomValues(seed: 4)
        let (fading, bonus) = (random.array(channels), random.array(channels))
        for batch in batches(3 * channels) {
            let keys = random.array(batch.rows * channels, scale: 200)
            let values = random.array(batch.rows * channels)
            func run<Ops: Operations>(_ ops: Ops, _ spans: [BatchSpan<Ops.Cache>]) -> [Float] {
                ops.read(
                    ops.averageFading(
                        keys: ops.constant(keys, width: channels), values: ops.constant(values, width: channels),
                        fading: fading, bonus: bonus, state: state, spans: spans))
            }
            let quick = run(fast, batch.quick)
            let isFinite = quick.allSatisfy(\.isFinite)
            #expect(isFinite)
            #expect(relativeError(quick, run(reference, batch.plain)) < 1e-5)
        }
    }

    @Test(arguments: [(1, 4), (33, 3), (130, 1)]) func convolutionAndShift(channels: Int, width: Int) throws {
        let (fast, reference) = (try fast("portable"), ReferenceOperations())
        var random = RandomValues(seed: 6)
        let (weight, bias) = (random.array(width * channels), random.array(channels))
        let shifts = batches(channels)
        for (index, batch) in batches((width - 1) * channels).enumerated() {
            let values = random.array(batch.rows * channels)
            func convolve<Ops: Operations>(_ ops: Ops, _ spans: [BatchSpan<Ops.Cache>]) -> [Float] {
                let input = ops.constant(values, width: channels)
                return ops.read(ops.convolve(input, weight: weight, bias: bias, state: state, spans: spans))
            }
            let (quick, plain) = (convolve(fast, batch.quick), convolve(reference, batch.plain))
            #expect(relativeError(quick, plain) < 1e-5)
            func shift<Ops: Operations>(_ ops: Ops, _ spans: [BatchSpan<Ops.Cache>]) -> [Float] {
                ops.read(ops.shift(ops.constant(values, width: channels), state: state, spans: spans))
            }
            let (moved, expected) = (shift(fast, shifts[index].quick), shift(reference, shifts[index].plain))
            #expect(moved == expected)
        }
    }
}
