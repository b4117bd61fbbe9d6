import CKernels
import Testing

@testable import Tensors

/// Every instruction set against the plain product with the decoded weights.
@Suite struct MatrixTests {
    static let kernels = Kernels.available

    private func activations(_ operations: FastOperations, _ values: [Float], width: Int) -> FastOperations.Activations
    {
        let result = operations.make(values.count / width, width)
        result.values.update(from: values, count: values.count)
        return result
    }

    private func product(_ weights: [Float], _ input: [Float], columns: Int) -> [Float] {
        let (rows, tokens) = (weights.count / columns, input.count / columns)
        return (0..<tokens * rows).map { index in
            let (token, row) = (index / rows, index % rows)
            return (0..<columns).reduce(Float(0)) { $0 + weights[row * columns + $1] * input[token * columns + $1] }
        }
    }

    /// 8-bit activations have a step of 1/127 of the largest of 32, and in batches weights one of 128: about 0.5% and 0.9%
    /// rms of the product here.
    @Test(arguments: kernels, quantizedTypes)
    func quantizedProduct(kernels: String, type: DataType) throws {
        let fixture = try QuantizedFixture(type)
        let operations = FastOperations(pool: ThreadPool(threads: 2), kernels: try #require(Kernels(named: kernels)))
        operations.roundedTokens.codes = 5
        var random = RandomValues(seed: 3)
        for tokens in [1, 2, 3, 5, 13, 25] {
            let input = random.array(tokens * 512)
            let matrix = try fixture.withSource { operations.makeMatrix($0, bias: [0.5, -0.25]) }
            let output = operations.read(operations.project(activations(operations, input, width: 512), matrix))
            let expected = product(fixture.values, input, columns: 512).enumerated().map { index, value in
                value + (index % 2 == 0 ? 0.5 : -0.25)
            }
            let scale = (fixture.values.reduce(0) { $0 + $1 * $1 } / 1024 * 512 / 3).squareRoot()
            let errors = zip(output, expected).map { abs($0 - $1) }
            // Grids use half to two thirds of what a byte can say, and these blocks' scales go from 1 to 31.
            let limit: Float = [.iq2S, .iq1M].contains(type) ? 0.065 : 0.04
            #expect(errors.max() ?? .infinity < limit * scale, "\(tokens) tokens")
            #expect((errors.reduce(0) { $0 + $1 * $1 } / Float(errors.count)).squareRoot() < 0.015 * scale)
        }
    }

    /// With the same codes and the same rounding, only the order of the sums differs from plain C.
    @Test(arguments: kernels, quantizedTypes)
    func productsOfPlainC(kernels: String, type: DataType) throws {
        let fixture = try QuantizedFixture(type)
        let pool = ThreadPool(threads: 1)
        var random = RandomValues(seed: 4)
        for (rounds, tokens) in [(false, 1), (false, 15), (true, 27)] {
            let input = random.array(tokens * 512)
            let outputs = try ["portable", kernels].map { name in
                let operations = FastOperations(
                    pool: pool, kernels: try #require(Kernels(named: name)), isDeterministic: true)
                if rounds { operations.roundedTokens.codes = 1 }
                let matrix = try fixture.withSource { operations.makeMatrix($0, bias: nil) }
                return operations.read(operations.project(activations(operations, input, width: 512), matrix))
            }
            #expect(relativeError(outputs[1], outputs[0]) < 1e-5, "\(tokens) tokens")
        }
    }

    /// Damaged weights must end in an error, not in other words.
    @Test("What is no number stays none, and in its own row", arguments: kernels, [DataType.q4x1, .q6K, .nf4])
    func whatIsNoNumber(kernels: String, type: DataType) throws {
        let fixture = try QuantizedFixture(type)
        let operations = FastOperations(pool: ThreadPool(threads: 2), kernels: try #require(Kernels(named: kernels)))
        let matrix = try fixture.withSource { operations.makeMatrix($0, bias: nil) }
        var random = RandomValues(seed: 8)
        for (tokens, rounded) in [(2, Int.max), (14, .max), (14, 1)] {
            operations.roundedTokens.codes = rounded
            var input = random.array(tokens * 512)
            let good = operations.read(operations.project(activations(operations, input, width: 512), matrix))
            for bad in [Float.nan, .infinity, -.infinity] {
                input[512 + 100] = bad
                let output = operations.read(operations.project(activations(operations, input, width: 512), matrix))
                #expect(output[2..<4].allSatisfy { !$0.isFinite })
                #expect(output[..<2] == good[..<2] && output[4...] == good[4...])
            }
        }
    }

    /// The same for floats, whatever the bits: rounding to bf16 must not turn ones into zeros.
    @Test("No float becomes a number that was none", arguments: kernels, [DataType.f32, .f16, .bf16])
    func whatIsNoNumberAmongFloats(kernels: String, type: DataType) throws {
        var random = RandomValues(seed: 12)
        try encoded(random.array(33 * 65), as: type).withUnsafeBytes { buffer in
            let source = try #require(MatrixSource(dataType: type, rows: 33, columns: 65, bytes: buffer))
            for (tokens, isDeterministic) in [(1, true), (3, true), (3, false), (14, true), (14, false)] {
                let operations = FastOperations(
                    pool: ThreadPool(threads: 2), kernels: try #require(Kernels(named: kernels)),
                    isDeterministic: isDeterministic)
                let matrix = operations.makeMatrix(source, bias: nil)
                var input = random.array(tokens * 65)
                for bits in [0xFFFF_FFFF, 0x7FFF_E000, 0x7F80_0001, 0x7F80_0000, 0xFF80_0000] as [UInt32] {
                    input[64] = Float(bitPattern: bits)
                    let output = operations.read(operations.project(activations(operations, input, width: 65), matrix))
                    #expect(output[..<33].allSatisfy { !$0.isFinite } && output[33...].allSatisfy(\.isFinite))
                }
            }
        }
    }

    private func encoded(_ weights: [Float], as type: DataType) -> [UInt8] {
        switch type {
        case .f16: weights.flatMap { withUnsafeBytes(of: Float16($0)) { Array($0) } }
        case .bf16: weights.flatMap { withUnsafeBytes(of: UInt16($0.bitPattern >> 16)) { Array($0) } }
        default: weights.flatMap { withUnsafeBytes(of: $0) { Array($0) } }
        }
    }

    private func product(_ weights: [Float], _ input: [Float], columns: Int, inBFloats: Bool) -> [Float] {
        guard inBFloats else { return product(weights, input, columns: columns) }
        return product(weights.map(\.roundedToBFloat), input.map(\.roundedToBFloat), columns: columns)
    }

    @Test(arguments: kernels, [DataType.f32, .f16, .bf16])
    func denseProduct(kernels: String, type: DataType) throws {
        let operations = FastOperations(pool: ThreadPool(threads: 2), kernels: try #require(Kernels(named: kernels)))
        var random = RandomValues(seed: 5)
        for (rows, columns, tokens) in [(1, 1, 1), (16, 32, 8), (33, 47, 3), (100, 65, 17), (15, 2, 9), (20, 131, 30)] {
            let (weights, input) = (random.array(rows * columns), random.array(tokens * columns))
            try encoded(weights, as: type).withUnsafeBytes { buffer in
                let source = try #require(MatrixSource(dataType: type, rows: rows, columns: columns, bytes: buffer))
                let matrix = operations.makeMatrix(source, bias: nil)
                let output = operations.read(operations.project(activations(operations, input, width: columns), matrix))
                // Many tokens are multiplied as bf16 where there is an instruction for it.
                let isRounded = type != .f32 && tokens >= operations.roundedTokens.floats
                let expected = product(source.decoded(), input, columns: columns, inBFloats: isRounded)
                #expect(relativeError(output, expected) < 1e-5)
            }
        }
    }

    /// What a token gives must not depend on its neighbours in the batch, if that is asked for.
    @Test(arguments: kernels, [DataType.q4x1, .q6K, .iq4NL])
    func productsDoNotDependOnTheBatch(kernels: String, type: DataType) throws {
        let fixture = try QuantizedFixture(type)
        let operations = FastOperations(
            pool: ThreadPool(threads: 1), kernels: try #require(Kernels(named: kernels)), isDeterministic: true)
        var random = RandomValues(seed: 9)
        let input = random.array(31 * 512)
        let matrix = try fixture.withSource { operations.makeMatrix($0, bias: nil) }
        let together = operations.read(operations.project(activations(operations, input, width: 512), matrix))
        let alone = (0..<31).flatMap { token in
            let row = Array(input[token * 512..<(token + 1) * 512])
            return operations.read(operations.project(activations(operations, row, width: 512), matrix))
        }
        #expect(together == alone)
    }

    /// The same for floats: in bf16 for every number of tokens where there are products of it, nowhere else.
    @Test(arguments: kernels, [DataType.f32, .f16, .bf16])
    func productsOfFloatsDoNotDependOnTheBatch(kernels: String, type: DataType) throws {
        var random = RandomValues(seed: 10)
        for (rows, columns) in [(1, 1), (69, 47), (130, 128)] {
            let (weights, input) = (random.array(rows * columns), random.array(31 * columns))
            try encoded(weights, as: type).withUnsafeBytes { buffer in
                let source = try #require(MatrixSource(dataType: type, rows: rows, columns: columns, bytes: buffer))
                var outputs: [[Float]] = []
                for (size, threads) in [(1, 1), (2, 3), (3, 2), (5, 1), (12, 2), (13, 3), (31, 1), (31, 3)] {
                    let operations = FastOperations(
                        pool: ThreadPool(threads: threads), kernels: try #require(Kernels(named: kernels)),
                        isDeterministic: true)
                    let matrix = operations.makeMatrix(source, bias: nil)
                    outputs.append(
                        stride(from: 0, to: 31, by: size).flatMap { first in
                            let batch = Array(input[first * columns..<min(31, first + size) * columns])
                            return operations.read(
                                operations.project(activations(operations, batch, width: columns), matrix))
                        })
                }
                for output in outputs { #expect(output == outputs[0]) }
                let isRounded = type != .f32 && kernels.hasSuffix("bf16")
                let expected = product(source.decoded(), input, columns: columns, inBFloats: isRounded)
                #expect(relativeError(outputs[0], expected) < 1e-5)
            }
        }
    }

    /// Norms and gates that products take along change no bit, however rows and tiles are shared out.
    @Test(arguments: kernels, [DataType.q4x0, .q6K])
    func stepsInOneGo(kernels: String, type: DataType) throws {
        let fixture = try QuantizedFixture(type)
        let operations = FastOperations(pool: ThreadPool(threads: 2), kernels: try #require(Kernels(named: kernels)))
        operations.roundedTokens.codes = 20
        let codes = try fixture.withSource { operations.makeMatrix($0, bias: nil) }
        var random = RandomValues(seed: 11)
        let weights = random.array(3 * 512)
        let floats = try weights.withUnsafeBytes { bytes in
            operations.makeMatrix(
                try #require(MatrixSource(dataType: .f32, rows: 3, columns: 512, bytes: bytes)), bias: nil)
        }
        for tokens in [0, 1, 3, 5, 12, 30] {
            let values = activations(operations, random.array(tokens * 512), width: 512)
            let others = activations(operations, random.array(tokens * 512), width: 512)
            let norm = Norm<[Float]>(.rootMeanSquare, epsilon: 1e-5)
            let normalized = operations.normalize(values, norm, groups: 1)
            let gated = operations.gate(values, others, .silu)
            for matrices in [[codes], [floats], [codes, floats]] {
                let inOneGo = operations.project(normalizing: values, norm, matrices)
                #expect(inOneGo.map(operations.read) == operations.project(normalized, matrices).map(operations.read))
            }
            #expect(
                operations.read(operations.project(gating: values, others, .silu, codes))
                    == operations.read(operations.project(gated, codes)), "\(tokens) tokens")
        }
    }
}
