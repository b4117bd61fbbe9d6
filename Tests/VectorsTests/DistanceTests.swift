import CKernels
import Tensors
import Testing

@testable import Vectors

/// Every instruction set against plain C, in every encoding and metric that go together, with odd sizes and counts.
@Suite struct DistanceTests {
    static let kernels = Kernels.available

    static func random(_ count: Int, seed: UInt64, positive: Bool = false) -> [Float] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            let value = Float(Int32(truncatingIfNeeded: state >> 20)) / Float(1 << 31)
            return positive ? abs(value) : value
        }
    }

    private func distances(_ kernels: String, _ encoding: VectorEncoding, _ metric: Metric, size: Int, rows count: Int)
        -> [Float]?
    {
        guard let format = RowFormat(encoding, metric: metric, size: size, kernels: kernels) else { return nil }
        let rows = VectorRows(format)
        let values = Self.random((count + 1) * size, seed: UInt64(size), positive: metric == .jaccard)
        let slots = (0..<UInt32(count)).reversed() + []
        var result = [Float](repeating: .nan, count: 2 * count)
        values.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return }
            rows.append(UnsafeBufferPointer(rebasing: values[..<(count * size)]))
            withUnsafeTemporaryAllocation(byteCount: format.queryByteCount, alignment: 64) { query in
                guard let start = query.baseAddress else { return }
                format.encodeQuery(base + count * size, to: start)
                result.withUnsafeMutableBufferPointer { result in
                    guard let out = result.baseAddress else { return }
                    rows.measure(start, slots: nil, count: count, to: out)
                    rows.measure(start, slots: Array(slots), count: count, to: out + count)
                }
            }
        }
        return result
    }

    /// Only the order of sums differs: 1e-5 of the largest distance, and nothing for codes and bits but their scaling.
    @Test(arguments: kernels, VectorEncoding.allCases)
    func likePlainC(kernels: String, encoding: VectorEncoding) throws {
        for metric in Metric.allCases {
            for size in [1, 3, 7, 8, 15, 17, 31, 33, 63, 64, 65, 100, 129, 384, 1000] {
                for count in [1, 2, 5, 19] {
                    guard let found = distances(kernels, encoding, metric, size: size, rows: count) else { continue }
                    let expected = try #require(distances("portable", encoding, metric, size: size, rows: count))
                    let scale = max(expected.map(abs).max() ?? 0, 1)
                    for (a, b) in zip(found, expected) {
                        #expect(abs(a - b) <= 1e-5 * scale, "\(metric) \(size) \(count)")
                    }
                    #expect(Array(found[..<count]) == found[count...].reversed(), "by number as in order")
                }
            }
        }
    }

    @Test func metricsThatHaveNoMeaning() {
        #expect(RowFormat(.int8, metric: .jaccard, size: 8) == nil)
        #expect(RowFormat(.binary, metric: .l2, size: 8) == nil)
        #expect(RowFormat(.binary, metric: .hamming, size: 8) != nil)
    }

    /// Known values: numpy's for [1, 2, 3] and [2, 0, 5].
    @Test(arguments: [
        (Metric.l2, Float(9)), (.dot, -17), (.jaccard, 1 - 4.0 / 9), (.hamming, 3),
    ])
    func knownValues(metric: Metric, expected: Float) throws {
        let format = try #require(RowFormat(.f32, metric: metric, size: 3))
        let rows = VectorRows(format)
        var distance: Float = 0
        [1, 2, 3].withUnsafeBufferPointer { rows.append($0) }
        rows.measure([Float(2), 0, 5], slots: nil, count: 1, to: &distance)
        #expect(abs(distance - expected) < 1e-6)
    }

    @Test(arguments: kernels)
    func sumsOfLookedUpBytes(kernels: String) throws {
        for parts in [4, 8, 64, 256] {
            let bytes = Self.random(96 * parts, seed: 5).map { UInt8(truncatingIfNeeded: Int($0 * 10_000)) }
            let codes = Array(bytes[..<(32 * parts)])
            let table = Array(bytes[(32 * parts)..<(48 * parts)])
            let sums = try ["portable", kernels].map { name in
                let format = try #require(RowFormat(.f32, metric: .l2, size: 4, kernels: name))
                var sums = [UInt16](repeating: 0, count: 64)
                format.lookUpSums(codes, parts: parts, table: table, count: 64, sums: &sums)
                return sums
            }
            #expect(sums[0] == sums[1], "\(parts) parts")
        }
    }

    /// What is stored can be read back: within half a step of the encoding.
    @Test(arguments: kernels)
    func encodings(kernels: String) throws {
        let values = Self.random(77, seed: 9)
        let largest = values.map(abs).max() ?? 0
        for (encoding, error) in [(VectorEncoding.f32, 0), (.f16, largest / 2048), (.int8, largest / 254 * 1.001)] {
            let format = try #require(RowFormat(encoding, metric: .l2, size: 77, kernels: kernels))
            let rows = VectorRows(format)
            values.withUnsafeBufferPointer { rows.append($0) }
            for (a, b) in zip(format.decode(rows.row(0)), values) { #expect(abs(a - b) <= error) }
        }
    }
}
