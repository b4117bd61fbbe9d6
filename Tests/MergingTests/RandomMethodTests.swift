import Checkpoints
import Tensors
import Testing

@testable import Merging

/// What DARE and DELLA draw has the distribution that it should have.
@Suite struct RandomMethodTests {
    private let pool = ThreadPool(threads: 2)

    /// Values in memory.
    struct Values: TensorReader {
        var place: (path: String, location: String) { ("memory", "tensor x") }
        let values: [Float]
        let shape: [Int]
        var dataType: DataType { .f32 }

        func read(_ range: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>) throws(CheckpointError) {
            for index in range { buffer[index - range.lowerBound] = values[index] }
        }
    }

    private func merged(
        _ method: MergeMethod, _ tensors: [[Float]], shape: [Int], density: Double, rescale: Double = 0,
        seed: UInt64 = 1
    ) throws -> [Float] {
        let group = TensorGroup(
            inputs: tensors.map { Values(values: $0, shape: shape) }, base: 0, name: "x", pool: pool)
        var parameters = MethodParameters()
        parameters.shared = ["rescale": rescale, "lambda": 1, "normalize": 0]
        parameters.inputs = tensors.map { _ in ["weight": 1, "density": density, "epsilon": 0.2] }
        parameters.seed = seed
        return try values(of: method.combiner(for: group, parameters), group)
    }

    private func values(of combiner: @escaping Combiner, _ group: TensorGroup) throws -> [Float] {
        var result: [Float] = []
        try group.write(combiner, as: .f32) { bytes in result += Array(bytes.assumingMemoryBound(to: Float.self)) }
        return result
    }

    @Test(arguments: [0.1, 0.5, 0.9])
    func `DARE keeps the given share, and rescaling keeps the sum of magnitudes`(density: Double) throws {
        let count = 400_000
        let base = [Float](repeating: 0, count: count)
        let tuned = (0..<count).map { Float($0 % 7 + 1) }
        let plain = try merged(.dareLinear, [base, tuned], shape: [1000, 400], density: density)
        let kept = Double(plain.count { $0 != 0 }) / Double(count)
        // Five standard deviations of the share.
        #expect(abs(kept - density) < 5 * (density * (1 - density) / Double(count)).squareRoot())
        #expect(zip(plain, tuned).allSatisfy { $0 == 0 || $0 == $1 })
        let scaled = try merged(.dareLinear, [base, tuned], shape: [1000, 400], density: density, rescale: 1)
        let (sum, wanted) = (scaled.reduce(0.0) { $0 + Double($1) }, tuned.reduce(0.0) { $0 + Double($1) })
        #expect(abs(sum / wanted - 1) < 1e-5)
        #expect(try merged(.dareLinear, [base, tuned], shape: [1000, 400], density: density) == plain)
        #expect(try merged(.dareLinear, [base, tuned], shape: [1000, 400], density: density, seed: 2) != plain)
    }

    @Test func `models draw for themselves`() throws {
        let count = 100_000
        let base = [Float](repeating: 0, count: count)
        let one = [Float](repeating: 1, count: count)
        let two = [Float](repeating: 2, count: count)
        let sums = try merged(.dareLinear, [base, one, two], shape: [count], density: 0.5)
        for value in [0, 1, 2, 3] as [Float] {
            #expect(abs(Double(sums.count { $0 == value }) / Double(count) - 0.25) < 0.01)
        }
    }

    @Test func `DELLA keeps large changes of a row more often than small ones`() throws {
        let (rows, columns) = (4000, 50)
        let base = [Float](repeating: 0, count: rows * columns)
        // Signs alternate, magnitudes ascend in each row.
        let tuned = (0..<rows * columns).map { Float($0 % columns + 1) * ($0 % 2 == 0 ? 1 : -1) }
        let result = try merged(.dellaLinear, [base, tuned], shape: [rows, columns], density: 0.6)
        for column in [0, 24, 49] {
            let kept = Double((0..<rows).count { result[$0 * columns + column] != 0 }) / Double(rows)
            let wanted = 0.4 + 0.4 * Double(column) / 49
            #expect(abs(kept - wanted) < 5 * (0.25 / Double(rows)).squareRoot())
        }
    }
}
