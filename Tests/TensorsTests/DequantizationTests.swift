import Foundation
import Testing

@testable import Tensors

let quantizedTypes: [DataType] = [
    .q4x0, .q4x1, .q5x0, .q5x1, .q8x0, .q2K, .q3K, .q4K, .q5K, .q6K, .iq4NL, .iq4XS, .mxfp4, .codes4,
    .codes8, .integers8, .nf4, .fp4, .tq1x0, .tq2x0, .iq2XXS, .iq2XS, .iq2S, .iq3XXS, .iq3S, .iq1S, .iq1M,
]

/// Two rows of 512 values in a quantized format, and the values as the reference decodes them.
struct QuantizedFixture {
    let type: DataType
    let bytes: Data
    let values: [Float]

    init(_ type: DataType) throws {
        self.type = type
        let url = try #require(
            Bundle.module.url(forResource: type.name, withExtension: "bin", subdirectory: "Fixtures"))
        let data = try Data(contentsOf: url)
        let count = try #require(type.byteCount(elements: 1024))
        bytes = data.prefix(count)
        values = data.dropFirst(count).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    func withSource<R>(_ body: (MatrixSource) throws -> R) throws -> R {
        try bytes.withUnsafeBytes { buffer in
            try body(try #require(MatrixSource(dataType: type, rows: 2, columns: 512, bytes: buffer)))
        }
    }
}

@Suite struct DequantizationTests {
    @Test(arguments: quantizedTypes) func equalsReferenceExactly(type: DataType) throws {
        let fixture = try QuantizedFixture(type)
        #expect(try fixture.withSource { $0.decoded() } == fixture.values)
    }

    @Test func halvesAreExact() {
        for bits in UInt16.min ... .max {
            let half = Float16(bitPattern: bits)
            let decoded = withUnsafeBytes(of: bits) { bytes in
                MatrixSource(dataType: .f16, rows: 1, columns: 1, bytes: bytes)?.decoded()[0] ?? 0
            }
            #expect(half.isNaN ? decoded.isNaN : decoded == Float(half))
        }
    }

    @Test func eightBitFloatsAreExact() {
        let expected: [UInt8: Float] = [0: 0, 1: 0x1p-9, 7: 7 * 0x1p-9, 8: 0x1p-6, 0x38: 1, 0x7E: 448, 0xBC: -1.5]
        for (bits, value) in expected {
            let decoded = withUnsafeBytes(of: bits) {
                MatrixSource(dataType: .f8e4m3, rows: 1, columns: 1, bytes: $0)?.decoded()[0]
            }
            #expect(decoded == value)
        }
    }
}
