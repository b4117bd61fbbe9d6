import CKernels
import Foundation
import Testing

@testable import Tensors

/// Attention of every instruction set against the reference operations: several sequences, continued piece by piece, so
/// that pages fill, windows slide and batches mix.
@Suite struct AttentionTests {
    struct Case: Sendable {
        var shape: AttentionShape
        var lengths: [[Int]]
        var type = CacheType.f32
        /// How keys beyond the window are seen: only those below `limit`, their positions divided.
        var far: (limit: Int?, divisor: Int)?
        /// For each head what is added by distance.
        var distanceBias: [Float]?
        /// For each head a score that gives nothing.
        var sinks: [Float]?
        /// How many buckets of distances queries and keys have scores of their own for.
        var buckets = 0
        /// For how many of the first positions something is added to the scores of keys.
        var biasedKeys = 0
    }

    static let cases: [Case] = [
        Case(shape: AttentionShape(heads: 9, keyValueHeads: 3, headSize: 64), lengths: [[5, 1, 1], [40, 1, 30]]),
        Case(shape: AttentionShape(heads: 4, keyValueHeads: 4, headSize: 20), lengths: [[33, 1], [1, 1]]),
        Case(shape: AttentionShape(heads: 8, keyValueHeads: 1, headSize: 48), lengths: [[100, 3]]),
        Case(
            shape: AttentionShape(heads: 2, keyValueHeads: 2, headSize: 32, window: 7), lengths: [[50, 1], [3, 40]]),
        Case(
            shape: AttentionShape(heads: 2, keyValueHeads: 1, headSize: 16, scale: 0.7, window: 70, softCap: 3),
            lengths: [[90, 9]]),
        Case(shape: AttentionShape(heads: 6, keyValueHeads: 2, headSize: 64), lengths: [[70, 1]], type: .f16),
        Case(shape: AttentionShape(heads: 6, keyValueHeads: 2, headSize: 64), lengths: [[70, 1]], type: .bf16),
        Case(shape: AttentionShape(heads: 6, keyValueHeads: 2, headSize: 40), lengths: [[70, 1]], type: .q8_0),
        Case(shape: AttentionShape(heads: 6, keyValueHeads: 2, headSize: 64), lengths: [[70, 1]], type: .q4),
        // Long enough to be divided.
        Case(shape: AttentionShape(heads: 2, keyValueHeads: 1, headSize: 8), lengths: [[260, 1, 2]]),
        Case(shape: AttentionShape(heads: 1, keyValueHeads: 1, headSize: 8, window: 260), lengths: [[270, 1]]),
        // A piece of a prompt behind so much that its queries stay together.
        Case(shape: AttentionShape(heads: 16, keyValueHeads: 8, headSize: 8), lengths: [[270, 20, 2], [1, 1, 1]]),
        Case(shape: AttentionShape(heads: 3, keyValueHeads: 3, headSize: 24, valueSize: 17), lengths: [[41, 2, 1]]),
        Case(shape: slopes(rounded: nil), lengths: [[45, 1, 20], [2, 1]]),
        Case(shape: slopes(rounded: 0.3), lengths: [[45, 1, 20], [2, 1]]),
        // Attention both ways, with a value for each distance up to 6.
        Case(
            shape: bothWays, lengths: [[37], [9], [70]],
            distanceBias: (0..<26).map { Float(($0 * 7) % 11) / 5 }),
        Case(
            shape: AttentionShape(heads: 4, keyValueHeads: 2, headSize: 20, window: 8),
            lengths: [[50, 1, 30], [6, 5]],
            far: (limit: nil, divisor: 4)),
        Case(
            shape: AttentionShape(heads: 2, keyValueHeads: 1, headSize: 32, window: 40), lengths: [[99, 1, 3]],
            far: (limit: 4, divisor: 0)),
        // Sinks of every size, in texts long enough to be divided, too.
        Case(
            shape: AttentionShape(heads: 4, keyValueHeads: 2, headSize: 20, window: 9),
            lengths: [[50, 1, 30], [6, 5]],
            sinks: [-30, 0, 2.5, 40]),
        Case(shape: AttentionShape(heads: 2, keyValueHeads: 1, headSize: 8), lengths: [[260, 1, 2]], sinks: [1, -2]),
        // Windows on both sides, in texts of several pages and stretches.
        Case(shape: bothWays(window: 5), lengths: [[37], [3], [70]]),
        Case(shape: bothWays(window: 140), lengths: [[300], [9]]),
        Case(shape: bothWays(window: nil, slopes: [0.5, 0.03]), lengths: [[37], [300]]),
        Case(shape: bothWays(window: nil), lengths: [[37], [1], [290]], buckets: 9),
        // Keys that count less or more, alone and beside slopes and caps, in stretches and beyond windows.
        Case(
            shape: AttentionShape(heads: 6, keyValueHeads: 2, headSize: 64), lengths: [[70, 1], [9]], type: .f16,
            biasedKeys: 41),
        Case(shape: AttentionShape(heads: 2, keyValueHeads: 1, headSize: 8), lengths: [[260, 1, 2]], biasedKeys: 300),
        Case(shape: slopes(rounded: nil), lengths: [[45, 1, 20], [2, 1]], biasedKeys: 3),
        Case(
            shape: AttentionShape(heads: 2, keyValueHeads: 1, headSize: 16, scale: 0.7, window: 70, softCap: 3),
            lengths: [[90, 9]], biasedKeys: 95),
        // Pieces that end within a block of queries and within a stretch of keys.
        Case(shape: pieces(of: 11), lengths: [[50, 1, 30], [6, 5]]),
        Case(shape: pieces(of: 270), lengths: [[280, 1, 300]]),
    ]

    private static func pieces(of length: Int) -> AttentionShape {
        var shape = AttentionShape(heads: 2, keyValueHeads: 1, headSize: 16, window: length)
        shape.isChunked = true
        return shape
    }

    private static func slopes(rounded: Float?) -> AttentionShape {
        var shape = AttentionShape(heads: 6, keyValueHeads: 3, headSize: 16)
        shape.slopes = [0.5, 0.25, 0.125, 0.7, 0.35, 0.01]
        shape.roundedSlopeScale = rounded
        return shape
    }

    private static let bothWays: AttentionShape = {
        var shape = AttentionShape(heads: 2, keyValueHeads: 2, headSize: 12)
        shape.isCausal = false
        return shape
    }()

    private static func bothWays(window: Int?, slopes: [Float] = []) -> AttentionShape {
        var shape = AttentionShape(heads: 2, keyValueHeads: 2, headSize: 20, window: window)
        shape.isCausal = false
        shape.slopes = slopes
        return shape
    }

    /// All kernels together, since the reference takes longest.
    @Test(arguments: cases.indices)
    func equalsTheReference(index: Int) throws {
        let testCase = Self.cases[index]
        let (shape, reference) = (testCase.shape, ReferenceOperations())
        let quick = try Kernels.available.map { name in
            (name, FastOperations(pool: ThreadPool(threads: 2), kernels: try #require(Kernels(named: name))))
        }
        // Far keys are never let go.
        let window = testCase.far == nil ? shape.window : nil
        let layout = CacheLayout(
            layers: [
                .init(attention: .init(heads: 1, keySize: 8, valueSize: 8)),
                .init(
                    attention: .init(
                        heads: shape.keyValueHeads, keySize: shape.headSize, valueSize: shape.valueSize,
                        window: window)),
            ], type: testCase.type)
        let quickCaches = quick.map { _ in testCase.lengths.map { _ in SequenceCache(layout: layout) } }
        let plainCaches = testCase.lengths.map { _ in ReferenceOperations.Cache() }
        var random = RandomValues(seed: 11)
        let frequencies = random.array(shape.headSize / 2).map(abs)
        // Every other text has them.
        let biases = testCase.lengths.indices.map { text in
            testCase.biasedKeys > 0 && text % 2 == 0 ? random.array(testCase.biasedKeys, scale: 1.5) : nil
        }
        var done = testCase.lengths.map { _ in 0 }
        for step in 0..<(testCase.lengths.map(\.count).max() ?? 0) {
            var quickSpans = quick.map { _ in [BatchSpan<SequenceCache>]() }
            var plainSpans: [BatchSpan<ReferenceOperations.Cache>] = []
            var rows = 0
            for (sequence, lengths) in testCase.lengths.enumerated() where step < lengths.count {
                let span = rows..<rows + lengths[step]
                for (place, (_, fast)) in quick.enumerated() {
                    let cache = quickCaches[place][sequence]
                    quickSpans[place].append(
                        BatchSpan(
                            rows: span, firstPosition: done[sequence], cache: cache, keyBiases: biases[sequence]))
                    fast.reserve(cache, positions: done[sequence]..<done[sequence] + lengths[step])
                }
                plainSpans.append(
                    BatchSpan(
                        rows: span, firstPosition: done[sequence], cache: plainCaches[sequence],
                        keyBiases: biases[sequence]))
                rows = span.upperBound
                done[sequence] += lengths[step]
            }
            let width = shape.heads * shape.headSize
            let outputWidth = shape.heads * shape.valueSize
            let (keyWidth, valueWidth) = (shape.keyValueHeads * shape.headSize, shape.keyValueHeads * shape.valueSize)
            let (q, k, v) = (
                random.array(rows * width, scale: 2), random.array(rows * keyWidth), random.array(rows * valueWidth)
            )
            let farValues = random.array(rows * width, scale: 2)
            func far<A>(_ queries: A) -> FarQueries<A>? {
                testCase.far.map {
                    FarQueries(
                        queries: queries, limit: $0.limit, inverseFrequencies: frequencies, layout: .halves,
                        farDivisor: $0.divisor)
                }
            }
            let (count, bucketWidth) = (testCase.buckets, shape.heads * testCase.buckets)
            let ownScores = (0..<2).map { _ in random.array(rows * bucketWidth) }
            func buckets<A>(_ make: ([Float]) -> A) -> BucketScores<A>? {
                guard count > 0 else { return nil }
                return BucketScores(
                    ofQueries: make(ownScores[0]), ofKeys: make(ownScores[1]), count: count,
                    buckets: (-20...20).map { Int32((abs($0) * 5 + ($0 > 0 ? 1 : 0)) % count) })
            }
            reference.store(
                keys: .init(values: testCase.type.stored(k, headSize: shape.headSize), width: keyWidth),
                values: .init(values: testCase.type.stored(v, headSize: shape.valueSize), width: valueWidth), layer: 1,
                spans: plainSpans)
            let plain = reference.attend(
                .init(values: q, width: width), far: far(.init(values: farValues, width: width)), shape: shape,
                distanceBias: testCase.distanceBias, sinks: testCase.sinks,
                buckets: buckets { .init(values: $0, width: bucketWidth) }, layer: 1, spans: plainSpans)
            for ((kernels, fast), spans) in zip(quick, quickSpans) {
                fast.store(
                    keys: fast.constant(k, width: keyWidth), values: fast.constant(v, width: valueWidth), layer: 1,
                    spans: spans)
                let found = fast.read(
                    fast.attend(
                        fast.constant(q, width: width), far: far(fast.constant(farValues, width: width)), shape: shape,
                        distanceBias: testCase.distanceBias, sinks: testCase.sinks,
                        buckets: buckets { fast.constant($0, width: bucketWidth) }, layer: 1, spans: spans))
                for span in spans {
                    let isRounded =
                        Self.isRounded(kernels, testCase.type) && span.rows.count >= fast.roundedTokens.attention
                    let part = span.rows.lowerBound * outputWidth..<span.rows.upperBound * outputWidth
                    let error = Self.error(Array(found[part]), Array(plain.values[part]), size: shape.valueSize)
                    #expect(
                        error < (isRounded ? Self.roundedTolerance : Self.tolerance),
                        "\(kernels), \(span.rows.count) rows")
                }
            }
        }
    }

    /// The largest relative error of any head of any row: a row that sees many keys has a small average.
    private static func error(_ found: [Float], _ expected: [Float], size: Int) -> Float {
        guard found.count == expected.count else { return .infinity }
        return stride(from: 0, to: expected.count, by: size).map { start in
            relativeError(Array(found[start..<start + size]), Array(expected[start..<start + size]))
        }.max() ?? .infinity
    }

    /// The reference gets keys and values as the cache holds them, so that only the order of sums in f32 is left.
    private static let tolerance: Float = 1e-5

    /// Products of bf16 round queries, keys, weights and values to 8 bits, each off by 2^-9 at most and by 2^-9 / sqrt(3) in
    /// the root mean square. Scores of these cases are then off by 0.001 to 0.002, and so are weights; with the rounding of
    /// weights and values themselves an output is off by 0.0025 of the root mean square, and the worst of some thousand by
    /// five times as much.
    private static let roundedTolerance: Float = 0.0125

    private static func isRounded(_ kernels: String, _ type: CacheType) -> Bool {
        kernels == "avx512bf16" && type != .f32
    }

    /// Every instruction set reads every type as plain C does; neither the threads nor the other rows of a batch change a
    /// bit, although long texts are divided among threads.
    @Test(arguments: Kernels.available, CacheType.allCases)
    func resultsDoNotDependOnHowWorkIsSharedOut(kernels: String, type: CacheType) throws {
        let (plain, vectors) = (try #require(Kernels(named: "portable")), try #require(Kernels(named: kernels)))
        let shape = AttentionShape(heads: 3, keyValueHeads: 1, headSize: 24)
        let layout = CacheLayout(
            layers: [.init(attention: .init(heads: 1, keySize: 24, valueSize: 24))], type: type)
        var random = RandomValues(seed: 5)
        let count = 320
        let (q, k, v) = (random.array(count * 72), random.array(count * 24), random.array(count * 24))
        func attend(_ kernels: Kernels, threads: Int, lengths: [Int]) -> [Float] {
            let fast = FastOperations(pool: ThreadPool(threads: threads), kernels: kernels)
            fast.roundedTokens.attention = 0
            let cache = SequenceCache(layout: layout)
            var (result, done): ([Float], Int) = ([], 0)
            for length in lengths {
                let positions = done..<done + length
                func rows(_ values: [Float], _ width: Int) -> FastOperations.Activations {
                    fast.constant(
                        Array(values[positions.lowerBound * width..<positions.upperBound * width]), width: width)
                }
                let spans = [BatchSpan(rows: 0..<length, firstPosition: done, cache: cache)]
                fast.reserve(cache, positions: positions)
                fast.store(keys: rows(k, 24), values: rows(v, 24), layer: 0, spans: spans)
                result += fast.read(
                    fast.attend(rows(q, 72), far: nil, shape: shape, distanceBias: nil, layer: 0, spans: spans))
                done += length
            }
            return result
        }
        let expected = attend(vectors, threads: 1, lengths: [count])
        let tolerance = Self.isRounded(kernels, type) ? Self.roundedTolerance : Self.tolerance
        #expect(Self.error(expected, attend(plain, threads: 2, lengths: [count]), size: 24) < tolerance)
        guard kernels != "portable" else { return }
        #expect(attend(vectors, threads: 3, lengths: [270, 1, 1, 7, 41]) == expected)
        #expect(attend(vectors, threads: 2, lengths: [1, 290, 2, 27]) == expected)
    }

    @Test("Angles of keys are kept when more are added")
    func keyTurnsGrow() {
        let turns = KeyTurns(KeyTurns.Angles(inverseFrequencies: [1, 0.5, 0.01], divisor: 4))
        for end in [1, 32, 33, 300, 31, 1000] {
            turns.extend(to: end) { count, body in for index in 0..<count { body(index) } }
            var zone = swiftlet_zone()
            turns.set(&zone, isAdjacent: true)
            #expect(zone.pairs == 3 && zone.adjacent)
            for position in [0, end / 2, end - 1] {
                let index = (position / 32 * 3 + 1) * 32 + position % 32
                #expect(zone.cosines?[index] == cosf(Float(position / 4) * 0.5))
                #expect(zone.sines?[index] == sinf(Float(position / 4) * 0.5))
            }
        }
    }

    @Test func codesTakeLessMemory() {
        let attention = CacheLayout.Attention(heads: 3, keySize: 64, valueSize: 64)
        func bytes(_ type: CacheType) -> Int {
            CacheLayout(layers: [.init(attention: attention)], type: type).pageBytes
        }
        let values = 2 * 3 * 64 * CacheLayout.pageTokens
        #expect(bytes(.f32) == 4 * values)
        #expect(bytes(.f16) == 2 * values)
        #expect(bytes(.bf16) == 2 * values)
        #expect(bytes(.q8_0) == values * 34 / 32)
        #expect(bytes(.q4) == values * 20 / 32)
    }

    /// A window's cache is a ring: it takes the pages of the window and of the rows at hand, however long the text.
    private static let rowCounts: [[Int]] = [[1, 1], [5, 17], [30, 3], [25, 40]]

    /// Rows of several tiles and groups, and single ones.
    @Test(arguments: Kernels.available, rowCounts)
    func productsByHeadEqualTheReference(kernels: String, counts: [Int]) throws {
        let fast = FastOperations(pool: ThreadPool(threads: 2), kernels: try #require(Kernels(named: kernels)))
        var random = RandomValues(seed: 7)
        let (rows, others) = (random.array(counts[0] * 39), random.array(counts[1] * 39))
        let found = fast.read(
            fast.multiplyHeads(fast.constant(rows, width: 39), fast.constant(others, width: 39), heads: 3))
        let expected = ReferenceOperations().multiplyHeads(
            .init(values: rows, width: 39), .init(values: others, width: 39), heads: 3)
        #expect(relativeError(found, expected.values) < 1e-6)
    }

    @Test func windowsLetGoOfWhatIsOutOfSight() {
        let attention = CacheLayout.Attention(heads: 2, keySize: 8, valueSize: 8, window: 100)
        let layout = CacheLayout(layers: [.init(attention: attention)], type: .f16)
        let cache = SequenceCache(layout: layout)
        var most = 0
        for position in 0..<5000 {
            cache.reserve(position..<position + 1)
            most = max(most, cache.byteCount)
        }
        // 100 positions touch at most 5 pages of 32.
        #expect(most <= 5 * layout.pageBytes)
        #expect(cache.byteCount >= 3 * layout.pageBytes)
    }
}

extension CacheType {
    /// Keys or values as a cache of this type holds them: the formats' definition, written for these tests.
    func stored(_ values: [Float], headSize: Int) -> [Float] {
        stride(from: 0, to: values.count, by: headSize).flatMap { head in
            stride(from: head, to: head + headSize, by: 32).flatMap { start in
                storedBlock(Array(values[start..<min(start + 32, head + headSize)]))
            }
        }
    }

    /// Up to 32 channels of one head, which codes have a scale for; missing channels count as zeros.
    private func storedBlock(_ block: [Float]) -> [Float] {
        func half(_ value: Float) -> Float { Float(Float16(value)) }
        let padded = block.count < 32 ? block + [0] : block
        let (least, most) = (padded.min() ?? 0, padded.max() ?? 0)
        switch self {
        case .f32: return block
        case .f16: return block.map(half)
        case .bf16: return block.map(\.roundedToBFloat)
        case .q8_0:
            let step = half(max(most, -least) / 127)
            return block.map { step * max(-127, min(127, ($0 * (1 / step)).rounded(.toNearestOrEven))) }
        case .q4:
            let (step, start) = (half((most - least) / 15), half(least))
            return block.map { start + step * max(0, min(15, (($0 - start) * (1 / step)).rounded(.toNearestOrEven))) }
        }
    }
}
