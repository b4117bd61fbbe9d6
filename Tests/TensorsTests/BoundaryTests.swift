import CKernels
import Testing

@testable import Tensors

/// Nothing is read or written outside of what was given: a byte outside would end the process.
@Suite struct BoundaryTests {
    static let types = DataType.allCases.filter(\.isWeightType)

    /// Weights of random bits, whatever numbers these are.
    private func weights(_ type: DataType, rows: Int, columns: Int) throws -> [UInt8] {
        var random = RandomValues(seed: UInt64(rows + columns))
        let count = try #require(type.byteCount(elements: columns)) * rows
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: Int(random.next() * 4096)) }
    }

    @Test("Weights at either end of a mapping", arguments: types)
    func readsWeights(type: DataType) throws {
        let pool = ThreadPool(threads: 2)
        let widths = type.blockSize == 1 ? [1, 15, 33] : [type.blockSize, 3 * type.blockSize]
        for (rows, columns) in [1, 16, 17].flatMap({ rows in widths.map { (rows, $0) } }) {
            let stored = try weights(type, rows: rows, columns: columns)
            let expected = try stored.withUnsafeBytes {
                try #require(MatrixSource(dataType: type, rows: rows, columns: columns, bytes: $0)).decoded()
            }
            for side in GuardedMemory.Side.allCases {
                let memory = GuardedMemory(stored, side)
                let source = try #require(
                    MatrixSource(
                        dataType: type, rows: rows, columns: columns, bytes: UnsafeRawBufferPointer(memory.bytes)))
                #expect(source.decoded().map(\.bitPattern) == expected.map(\.bitPattern))
                #expect(PackedMatrix(source, pool: pool).rows == rows)
            }
        }
    }

    @Test("Rows of activations at either end of a mapping", arguments: Kernels.available)
    func staysWithinRows(kernels name: String) throws {
        let kernels = try #require(Kernels(named: name)).table.pointee
        var random = RandomValues(seed: 1)
        for width in [1, 2, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 200] {
            for side in GuardedMemory.Side.allCases {
                let rows = (0..<5).map { _ in GuardedMemory(byteCount: 4 * width, side) }
                for row in rows {
                    for (index, value) in random.array(width).enumerated() { row.floats[index] = value }
                }
                let (input, other, weight) = (rows[0].floats, rows[1].floats, rows[2].floats)
                let (bias, output) = (rows[3].floats, rows[4].floats)
                kernels.rms_norm(input, weight, width, 1e-5, output)
                kernels.layer_norm(input, weight, bias, width, 1e-5, output)
                kernels.add(output, other, 0.5, width)
                for activation in SWIFTLET_IDENTITY.rawValue...SWIFTLET_SOFTPLUS.rawValue {
                    kernels.gate(swiftlet_activation(rawValue: activation), input, other, width, output)
                }
                #expect(kernels.log_sum_exp(input, width).isFinite)
                #expect((0..<width).contains(kernels.index_of_maximum(input, width)))
                for adjacent in [false, true] where width % 2 == 0 {
                    let angles = (0..<2).map { _ in GuardedMemory(byteCount: 2 * width, side) }
                    kernels.rotate(
                        output, 1, Int32(width), Int32(width / 2), angles[0].floats, angles[1].floats, adjacent)
                }
                #expect((0..<width).allSatisfy { output[$0].isFinite })
            }
        }
    }
}
