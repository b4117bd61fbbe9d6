import Testing

@testable import Tensors

/// The fast operations of every instruction set against the reference operations.
@Suite struct OperationTests {
    private func fast(_ name: String) throws -> FastOperations {
        FastOperations(pool: ThreadPool(threads: 2), kernels: try #require(Kernels(named: name)))
    }

    private func make(_ operations: FastOperations, _ values: [Float], width: Int) -> FastOperations.Activations {
        let result = operations.make(values.count / width, width)
        result.values.update(from: values, count: values.count)
        return result
    }

    @Test(arguments: Kernels.available, [1, 31, 64, 577])
    func elementwise(kernels: String, width: Int) throws {
        let (fast, reference) = (try fast(kernels), ReferenceOperations())
        var random = RandomValues(seed: UInt64(width))
        let (a, b, weight) = (random.array(5 * width, scale: 8), random.array(5 * width), random.array(width))
        let plain = (
            ReferenceOperations.Activations(values: a, width: width),
            ReferenceOperations.Activations(values: b, width: width)
        )
        let quick = (make(fast, a, width: width), make(fast, b, width: width))
        #expect(
            relativeError(
                fast.read(
                    fast.normalize(
                        quick.0, .rootMeanSquare, weight: weight, bias: [], epsilon: 1e-5, groups: 1)),
                reference.normalize(plain.0, .rootMeanSquare, weight: weight, bias: [], epsilon: 1e-5, groups: 1)
                    .values) < 1e-5)
        for activation in Activation.allCases {
            #expect(
                relativeError(
                    fast.read(fast.gate(quick.0, quick.1, activation)),
                    reference.gate(plain.0, plain.1, activation).values) < 1e-5, "\(activation)")
        }
        var sum = quick.0
        fast.add(quick.1, scale: 1, to: &sum)
        #expect(fast.read(sum) == zip(a, b).map { $0 + $1 })
    }

    @Test(arguments: Kernels.available, [RotaryLayout.halves, .adjacent])
    func rotation(kernels: String, layout: RotaryLayout) throws {
        let (fast, reference) = (try fast(kernels), ReferenceOperations())
        var random = RandomValues(seed: 4)
        let (values, frequencies) = (random.array(3 * 4 * 80), random.array(20).map(abs))
        var plain = ReferenceOperations.Activations(values: values, width: 320)
        var quick = make(fast, values, width: 320)
        let positions = [0, 7, 123]
        let perRow = positions.map { _ in frequencies }
        plain = reference.rotate(
            plain, headSize: 80,
            by: reference.makeRotation(positions: positions, inverseFrequencies: perRow, scale: 1), layout: layout)
        quick = fast.rotate(
            quick, headSize: 80,
            by: fast.makeRotation(positions: positions, inverseFrequencies: perRow, scale: 1), layout: layout)
        #expect(relativeError(fast.read(quick), plain.values) < 1e-5)
    }

    struct AttentionCase: Sendable {
        var shape: AttentionShape
        var lengths: [[Int]]
        var isHalf = false
    }

    /// Several sequences, continued piece by piece, so that pages fill, windows slide and batches mix.
    static let attentionCases: [AttentionCase] = [
        AttentionCase(
            shape: AttentionShape(heads: 9, keyValueHeads: 3, headSize: 64), lengths: [[5, 1, 1], [40, 1, 30]]),
        AttentionCase(shape: AttentionShape(heads: 4, keyValueHeads: 4, headSize: 20), lengths: [[33, 1], [1, 1]]),
        AttentionCase(shape: AttentionShape(heads: 8, keyValueHeads: 1, headSize: 48), lengths: [[100, 3]]),
        AttentionCase(
            shape: AttentionShape(heads: 2, keyValueHeads: 2, headSize: 32, window: 7), lengths: [[50, 1], [3, 40]]),
        AttentionCase(
            shape: AttentionShape(heads: 2, keyValueHeads: 1, headSize: 16, scale: 0.7, window: 70, softCap: 3),
            lengths: [[90, 9]]),
        AttentionCase(
            shape: AttentionShape(heads: 6, keyValueHeads: 2, headSize: 64), lengths: [[70, 1]], isHalf: true),
    ]

    @Test(arguments: Kernels.available, attentionCases.indices)
    func attention(kernels: String, index: Int) throws {
        let testCase = Self.attentionCases[index]
        let (shape, fast, reference) = (testCase.shape, try fast(kernels), ReferenceOperations())
        let layout = CacheLayout(
            layers: [
                .init(attention: .init(heads: 1, keySize: 8, valueSize: 8)),
                .init(
                    attention: .init(
                        heads: shape.keyValueHeads, keySize: shape.headSize, valueSize: shape.valueSize,
                        window: shape.window)),
            ],
            isHalf: testCase.isHalf)
        let quickCaches = testCase.lengths.map { _ in SequenceCache(layout: layout) }
        let plainCaches = testCase.lengths.map { _ in ReferenceOperations.Cache() }
        var random = RandomValues(seed: 11)
        var done = testCase.lengths.map { _ in 0 }
        for step in 0..<(testCase.lengths.map(\.count).max() ?? 0) {
            var quickSpans: [BatchSpan<SequenceCache>] = []
            var plainSpans: [BatchSpan<ReferenceOperations.Cache>] = []
            var rows = 0
            for (sequence, lengths) in testCase.lengths.enumerated() where step < lengths.count {
                let span = rows..<rows + lengths[step]
                quickSpans.append(BatchSpan(rows: span, firstPosition: done[sequence], cache: quickCaches[sequence]))
                plainSpans.append(BatchSpan(rows: span, firstPosition: done[sequence], cache: plainCaches[sequence]))
                rows = span.upperBound
                done[sequence] += lengths[step]
                fast.reserve(quickCaches[sequence], positions: done[sequence] - lengths[step]..<done[sequence])
            }
            let (width, cached) = (shape.heads * shape.headSize, shape.keyValueHeads * shape.headSize)
            let (q, k, v) = (
                random.array(rows * width, scale: 2), random.array(rows * cached), random.array(rows * cached)
            )
            fast.store(
                keys: make(fast, k, width: cached), values: make(fast, v, width: cached), layer: 1, spans: quickSpans)
            let quick = fast.attend(
                make(fast, q, width: width), far: nil, attention: shape, layer: 1, spans: quickSpans)
            reference.store(
                keys: .init(values: k, width: cached), values: .init(values: v, width: cached), layer: 1,
                spans: plainSpans)
            let plain = reference.attend(
                .init(values: q, width: width), far: nil, attention: shape, layer: 1, spans: plainSpans)
            #expect(relativeError(fast.read(quick), plain.values) < (testCase.isHalf ? 4e-3 : 1e-5))
        }
    }

    @Test(arguments: [1, 2, 3, 8]) func poolRunsEveryItemOnce(threads: Int) {
        let pool = ThreadPool(threads: threads)
        for count in [0, 1, 2, 7, 1000] {
            for _ in 0..<20 {
                let counts = UnsafeMutablePointer<Int>.allocate(capacity: count + 1)
                counts.initialize(repeating: 0, count: count + 1)
                pool.run(count) { item, _ in counts[item] += 1 }
                #expect((0..<count).allSatisfy { counts[$0] == 1 })
                counts.deallocate()
            }
        }
    }
}
