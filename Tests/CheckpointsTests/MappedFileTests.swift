import Files
import Tensors
import Testing

@testable import Checkpoints

@Suite struct MappedFileTests {
    @Test func rowsComeThroughTheFile() throws {
        let folder = try TemporaryFolder()
        let values = (0..<64 * 600).map { Float($0) / 7 }
        try folder.write([1, 2, 3, 4] + values.withUnsafeBytes(Array.init), to: "values")
        let file = try MappedFile(path: "\(folder.path)/values")
        let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[4...])
        let source = try #require(
            MatrixSource(dataType: .f32, rows: 600, columns: 64, bytes: bytes, owner: file))
        // What the mapping held is given back first, so that nothing depends on it.
        file.advise(.dontNeed, 0..<file.count)
        var row = [Float](repeating: 0, count: 64)
        for index in [0, 17, 599] {
            source.decodeRow(index, into: &row)
            #expect(row == Array(values[64 * index..<64 * (index + 1)]))
        }
        #expect(source.decoded() == values)
        row.withUnsafeMutableBytes { destination in
            guard let base = destination.baseAddress else { return }
            #expect(file.copy(UnsafeRawBufferPointer(rebasing: file.bytes[..<4]), to: base))
            #expect(destination.prefix(4).elementsEqual([1, 2, 3, 4]))
        }
    }

    @Test func bytesInMemoryAreReadWhereTheyAre() {
        let file = MappedFile(contents: [1, 2, 3], path: "memory")
        var byte: UInt8 = 0
        #expect(!file.copy(UnsafeRawBufferPointer(rebasing: file.bytes[..<1]), to: &byte))
    }
}
