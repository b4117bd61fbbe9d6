import Foundation
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

    @Test(arguments: Kernels.available, [1, 31, 64, 161]) func selectiveScan(kernels: String, channels: Int) throws {
        let (fast, reference, size) = (try fast(kernels), ReferenceOperations(), 5)
        var random = RandomValues(seed: 2)
        let (a, d) = (random.array(size * channels).map { -abs($0) }, random.array(channels))
        for batch in batches(channels * size) {
            let x = random.array(batch.rows * channels)
            let dt = random.array(batch.rows * channels).map(abs)
            let (b, c) = (random.array(batch.rows * size), random.array(batch.rows * size))
            func run<Ops: Operations>(_ ops: Ops, _ spans: [BatchSpan<Ops.Cache>]) -> [Float] {
                ops.read(
                    ops.selectiveScan(
                        ops.constant(x, width: channels), dt: ops.constant(dt, width: channels), a: ops.makeVector(a),
                        b: ops.constant(b, width: size), c: ops.constant(c, width: size), d: ops.makeVector(d),
                        state: state, spans: spans))
            }
            #expect(relativeError(run(fast, batch.quick), run(reference, batch.plain)) < 1e-5)
        }
    }

    /// Heads, key heads, sizes of keys and values; with and without the delta rule, decays by head and by channel.
    @Test(arguments: [[1, 1, 1, 1], [4, 2, 3, 5], [6, 3, 8, 17]], [(true, false), (true, true), (false, false)])
    func linearAttention(sizes: [Int], kind: (isDelta: Bool, byChannel: Bool)) throws {
        let shape = LinearAttentionShape(
            heads: sizes[0], keyHeads: sizes[1], keySize: sizes[2], valueSize: sizes[3], isDelta: kind.isDelta)
        let (fast, reference) = (FastOperations(pool: ThreadPool(threads: 2)), ReferenceOperations())
        let (keys, values) = (shape.keyHeads * shape.keySize, shape.heads * shape.valueSize)
        let rates = shape.heads * (kind.byChannel ? shape.keySize : 1)
        var random = RandomValues(seed: 5)
        for batch in batches(shape.stateCount) {
            let inputs = [keys, keys, values, rates, shape.heads].map { random.array(batch.rows * $0, scale: 0.5) }
            func run<Ops: Operations>(_ ops: Ops, _ spans: [BatchSpan<Ops.Cache>]) -> [Float] {
                ops.read(
                    ops.linearAttention(
                        ops.constant(inputs[0], width: keys), ops.constant(inputs[1], width: keys),
                        ops.constant(inputs[2], width: values),
                        decays: ops.constant(inputs[3].map { -abs($0) }, width: rates),
                        strengths: ops.constant(inputs[4].map(abs), width: shape.heads), shape: shape, state: state,
                        spans: spans))
            }
            #expect(relativeError(run(fast, batch.quick), run(reference, batch.plain)) < 1e-5)
        }
    }

    @Test(arguments: Kernels.available, [[1, 1], [3, 5], [2, 24]]) func wkv5(kernels: String, shape: [Int]) throws {
        let (heads, size) = (shape[0], shape[1])
        let (fast, reference, width) = (try fast(kernels), ReferenceOperations(), heads * size)
        var random = RandomValues(seed: 3)
        let (decay, timeFirst) = (random.array(width).map { abs($0) / 2 }, random.array(width))
        for batch in batches(width * size) {
            let (r, k, v) = (
                random.array(batch.rows * width), random.array(batch.rows * width), random.array(batch.rows * width)
            )
            func run<Ops: Operations>(_ ops: Ops, _ spans: [BatchSpan<Ops.Cache>]) -> [Float] {
                ops.read(
                    ops.wkv5(
                        receptance: ops.constant(r, width: width), keys: ops.constant(k, width: width),
                        values: ops.constant(v, width: width), decay: ops.makeVector(decay),
                        timeFirst: ops.makeVector(timeFirst), heads: heads, state: state, spans: spans))
            }
            let (quick, plain) = (run(fast, batch.quick), run(reference, batch.plain))
            #expect(relativeError(quick, plain) < 1e-5)
        }
    }

    /// Exponents far beyond what f32 holds must neither overflow nor vanish. The reference has another formula, in f64; an
    /// exponent near 200 is off by 2^-17 in f32, and so is a weight.
    @Test(arguments: [1, 70], [(scale: Float(3), tolerance: Float(1e-5)), (200, 1e-4)])
    func wkv4(channels: Int, keys: (scale: Float, tolerance: Float)) throws {
        let (fast, reference) = (try fast("portable"), ReferenceOperations())
        var random = RandomValues(seed: 4)
        let (timeDecay, timeFirst) = (random.array(channels), random.array(channels))
        for batch in batches(3 * channels) {
            let k = random.array(batch.rows * channels, scale: keys.scale)
            let v = random.array(batch.rows * channels)
            func run<Ops: Operations>(_ ops: Ops, _ spans: [BatchSpan<Ops.Cache>]) -> [Float] {
                ops.read(
                    ops.wkv4(
                        keys: ops.constant(k, width: channels), values: ops.constant(v, width: channels),
                        timeDecay: ops.makeVector(timeDecay), timeFirst: ops.makeVector(timeFirst), state: state,
                        spans: spans))
            }
            let (quick, plain) = (run(fast, batch.quick), run(reference, batch.plain))
            let isFinite = quick.allSatisfy(\.isFinite)
            #expect(isFinite)
            #expect(relativeError(quick, plain) < keys.tolerance)
        }
    }

    /// The formula of the paper on three tokens, by hand: e^key as weights, which fade by e^-e^w.
    @Test func wkv4OfThePaper() {
        let (keys, values): ([Float], [Float]) = ([0.5, -1, 0.25], [2, -3, 1])
        let (w, u) = (exp(Double(0.3)), Double(-0.4))
        func weight(_ key: Float, age: Int) -> Double { exp(Double(key) - w * Double(age)) }
        let expected = (0..<3).map { now in
            var (sum, total) = (exp(Double(keys[now]) + u) * Double(values[now]), exp(Double(keys[now]) + u))
            for earlier in 0..<now {
                sum += weight(keys[earlier], age: now - 1 - earlier) * Double(values[earlier])
                total += weight(keys[earlier], age: now - 1 - earlier)
            }
            return Float(sum / total)
        }
        let ops = ReferenceOperations()
        let spans = [BatchSpan(rows: 0..<3, firstPosition: 0, cache: ReferenceOperations.Cache())]
        let found = ops.wkv4(
            keys: ops.constant(keys, width: 1), values: ops.constant(values, width: 1), timeDecay: [0.3],
            timeFirst: [-0.4], state: state, spans: spans)
        #expect(relativeError(found.values, expected) < 1e-6)
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
                return ops.read(
                    ops.convolve(
                        input, weight: ops.makeVector(weight), bias: ops.makeVector(bias), state: state, spans: spans))
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
