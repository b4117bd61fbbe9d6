import Foundation
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
                    fast.normalize(quick.0, Norm(.rootMeanSquare, epsilon: 1e-5, weight: weight), groups: 1)),
                reference.normalize(plain.0, Norm(.rootMeanSquare, epsilon: 1e-5, weight: weight), groups: 1).values)
                < 1e-5)
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

    /// Changes of another network's matrices are refused; rows that are none of a product's are not changed.
    @Test func adaptersAreThoseOfTheNetwork() throws {
        let operations = FastOperations(pool: ThreadPool(threads: 1))
        func source(_ rows: Int, _ columns: Int) throws -> MatrixSource {
            try #require(
                MatrixSource(dataType: .f32, rows: rows, columns: columns) { bytes in
                    bytes.withMemoryRebound(to: Float.self) { $0.update(repeating: 1) }
                })
        }
        let matrix = operations.makeMatrix(try source(4, 8), bias: nil)
        let update = LowRankUpdate(down: try source(1, 8), up: try source(4, 1), scale: 1)
        for updates in [[], [update, nil], [nil, update]] as [[LowRankUpdate?]] {
            #expect(throws: FastOperations.AdapterError.self) { try operations.attach(updates, as: 7) }
        }
        try operations.attach([update], as: 7)
        let input = make(operations, [Float](repeating: 1, count: 16), width: 8)
        func product(_ rows: [Int]) -> [Float] {
            operations.adapterRows = [FastOperations.AdapterRows(adapter: 7, rows: rows, scale: 1)]
            return operations.read(operations.project(input, [matrix])[0])
        }
        #expect(product([1]) == [8, 8, 8, 8, 16, 16, 16, 16])
        #expect(product([1, 0]) == [Float](repeating: 16, count: 8))
        #expect(product([0, 2]) == [Float](repeating: 8, count: 8) && product([-1]) == product([5]))
    }

    @Test("Reductions over logits, of sizes that no vector divides", arguments: Kernels.available)
    func logits(kernels: String) throws {
        let kernels = try #require(Kernels(named: kernels)).table.pointee
        var random = RandomValues(seed: 5)
        for count in [1, 2, 15, 16, 17, 31, 33, 49152, 49157] {
            var logits = random.array(count, scale: 20)
            let largest = logits.max() ?? 0
            let sum = logits.reduce(0.0) { $0 + exp(Double($1 - largest)) }
            #expect(abs(Double(kernels.log_sum_exp(logits, count)) - (Double(largest) + log(sum))) < 1e-4, "\(count)")
            #expect(kernels.index_of_maximum(logits, count) == logits.firstIndex(of: largest))
            // Of equal ones the first, wherever in a vector it is.
            for index in Set([0, count / 2, count - 1]) {
                logits[index] = 100
                logits[count - 1] = 100
                #expect(kernels.index_of_maximum(logits, count) == index)
                logits[index] = -100
                logits[count - 1] = -100
            }
            logits = Array(repeating: -.infinity, count: count)
            #expect(kernels.log_sum_exp(logits, count) == -.infinity && kernels.index_of_maximum(logits, count) == 0)
        }
    }

    @Test(arguments: [1, 15, 16, 17, 40, 49157])
    func usableLogits(count: Int) {
        func areUsable(_ logits: [Float]) -> Bool { logits.withUnsafeBufferPointer(Logits.areUsable) }
        let nothing = [Float](repeating: -.infinity, count: count)
        #expect(!areUsable(nothing))
        for place in [0, count / 2, count - 1] {
            for bad in [Float.nan, .infinity] {
                var logits = [Float](repeating: 1, count: count)
                logits[place] = bad
                #expect(!areUsable(logits), "\(bad) at \(place)")
            }
            var logits = nothing
            logits[place] = -1e30
            #expect(areUsable(logits))
        }
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

    @Test(arguments: Kernels.available, [Normalization.rootMeanSquare, .deviation])
    func normalization(kernels: String, kind: Normalization) throws {
        let (fast, reference) = (try fast(kernels), ReferenceOperations())
        var random = RandomValues(seed: 8)
        for (width, groups) in [(1, 1), (33, 1), (96, 3), (155, 5), (128, 8)] {
            let values = random.array(4 * width, scale: 5)
            for length in [0, width / groups, width] {
                let norm = Norm(
                    kind, epsilon: 1e-3, weight: length == 0 ? nil : random.array(length),
                    bias: kind == .deviation && length > 0 ? random.array(length) : nil)
                let quick = fast.normalize(make(fast, values, width: width), norm, groups: groups)
                let plain = reference.normalize(.init(values: values, width: width), norm, groups: groups)
                #expect(relativeError(fast.read(quick), plain.values) < 1e-5, "\(width) in \(groups), weight \(length)")
            }
        }
    }
}
