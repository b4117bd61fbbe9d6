import Testing

@testable import Tensors

/// Rows taken out of matrices, put together and transposed.
@Suite struct MatrixSourceTests {
    /// [rows, columns] of f32 counting up from `start`.
    func counting(_ rows: Int, _ columns: Int, from start: Int = 0) throws -> MatrixSource {
        try #require(
            MatrixSource(dataType: .f32, rows: rows, columns: columns) { bytes in
                bytes.withMemoryRebound(to: Float.self) { values in
                    for index in values.indices { values[index] = Float(start + index) }
                }
            })
    }

    @Test func aContiguousRangeSharesTheBytes() throws {
        let source = try counting(5, 3)
        let middle = source.rows([1..<3, 3..<3, 3..<4])
        #expect(middle.rows == 3 && middle.columns == 3)
        #expect(middle.bytes.baseAddress == source.bytes.baseAddress.map { $0 + 12 })
        #expect(middle.decoded() == (3..<12).map(Float.init))
        #expect(source.rows([]).rows == 0)
    }

    @Test func severalRangesAreCopiedInOrder() throws {
        let gathered = try counting(5, 2).rows([4..<5, 0..<2])
        #expect(gathered.rows == 3)
        #expect(gathered.decoded() == [8, 9, 0, 1, 2, 3])
        #expect(gathered.rows([1..<2]).decoded() == [0, 1])
    }

    @Test func blocksAreGatheredWhole() throws {
        var generator = SystemRandomNumberGenerator()
        let source = try #require(
            MatrixSource(dataType: .q4x0, rows: 4, columns: 64) { bytes in
                for index in bytes.indices { bytes[index] = UInt8.random(in: 0..<64, using: &generator) }
            })
        let values = source.decoded()
        #expect(source.rows([3..<4, 1..<2]).decoded() == Array(values[192..<256] + values[64..<128]))
        #expect(source.transposed() == nil)
    }

    @Test func concatenationKeepsTypeAndColumns() throws {
        let joined = MatrixSource.concatenating([try counting(1, 2), try counting(2, 2, from: 10)])
        #expect(joined?.rows == 3)
        #expect(joined?.decoded() == [0, 1, 10, 11, 12, 13])
        #expect(MatrixSource.concatenating([]) == nil)
        #expect(MatrixSource.concatenating([try counting(1, 2), try counting(1, 3)]) == nil)
    }

    @Test(arguments: [(1, 1), (3, 5), (33, 70)])
    func transposition(_ rows: Int, _ columns: Int) throws {
        let transposed = try #require(try counting(rows, columns).transposed())
        #expect(transposed.rows == columns && transposed.columns == rows)
        let values = transposed.decoded()
        for row in 0..<rows {
            for column in 0..<columns { #expect(values[column * rows + row] == Float(row * columns + column)) }
        }
        for type in [DataType.f16, .f8e4m3] {
            let source = try #require(
                MatrixSource(dataType: type, rows: rows, columns: columns) { bytes in
                    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index % 60) }
                })
            #expect(source.transposed()?.transposed()?.decoded() == source.decoded())
        }
    }

    @Test func impossibleSizesAreNil() {
        #expect(MatrixSource(dataType: .q4x0, rows: 1, columns: 31) { _ in } == nil)
        #expect(MatrixSource(dataType: .i32, rows: 1, columns: 1) { _ in } == nil)
        #expect(MatrixSource(dataType: .f32, rows: .max, columns: 2) { _ in } == nil)
        #expect(MatrixSource(dataType: .f32, rows: -1, columns: 2) { _ in } == nil)
    }
}
