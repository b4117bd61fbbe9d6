import CKernels
import Testing

@testable import Tensors

/// Products of f32 of every instruction set against sums in f64.
@Suite struct ProductTests {
    /// Sizes that no tile divides, and more than one stretch of depth, rows and columns.
    static let sizes = [
        (1, 1, 1), (3, 50, 17), (45, 33, 300), (200, 100, 9), (14, 32, 256), (169, 97, 257), (15, 385, 20),
    ]

    @Test(arguments: Kernels.available, sizes.indices)
    func everyArrangement(kernels: String, index: Int) throws {
        let operations = TapedOperations(
            pool: ThreadPool(threads: 2, mayExceedMachine: true), kernels: try #require(Kernels(named: kernels)))
        let (rows, columns, depth) = Self.sizes[index]
        var random = RandomValues(seed: UInt64(index))
        let (a, b, c) = (random.array(rows * depth), random.array(depth * columns), random.array(rows * columns))
        for (isATurned, isBTurned, adds) in [(false, false, false), (true, false, true), (false, true, true)] {
            func value(_ row: Int, _ column: Int) -> Float {
                let sum = (0..<depth).reduce(0.0) { sum, k in
                    let first = a[isATurned ? k * rows + row : row * depth + k]
                    let second = b[isBTurned ? column * depth + k : k * columns + column]
                    return sum + Double(first) * Double(second)
                }
                return Float(sum) + (adds ? c[row * columns + column] : 0)
            }
            let expected = (0..<rows * columns).map { value($0 / columns, $0 % columns) }
            var found = c
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBufferPointer { b in
                    found.withUnsafeMutableBufferPointer { found in
                        guard let a = a.baseAddress, let b = b.baseAddress, let found = found.baseAddress else {
                            return
                        }
                        operations.multiply(
                            isATurned
                                ? ProductOperand(values: a, row: rows).transposed
                                : ProductOperand(values: a, row: depth),
                            isBTurned
                                ? ProductOperand(values: b, row: depth).transposed
                                : ProductOperand(values: b, row: columns),
                            rows: rows, columns: columns, depth: depth, to: found, adds: adds)
                    }
                }
            }
            #expect(relativeError(found, expected) < 1e-5, "\(rows) x \(columns) x \(depth)")
        }
    }

    /// The number of threads changes nothing, to the last bit.
    @Test func threads() {
        var random = RandomValues(seed: 9)
        let (a, b) = (random.array(300 * 70), random.array(70 * 500))
        let results = [1, 2, 3].map { threads in
            let operations = TapedOperations(pool: ThreadPool(threads: threads, mayExceedMachine: true))
            let rows = operations.constant(a, width: 70)
            let other = operations.constant(b, width: 500)
            let output = operations.make(300, 500, isTracked: false)
            operations.multiply(
                ProductOperand(values: rows.values, row: 70), ProductOperand(values: other.values, row: 500), rows: 300,
                columns: 500, depth: 70, to: output.values, adds: false)
            return operations.read(output)
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }
}
