import Files
import Tensors
import Testing

@testable import Checkpoints

/// Where the elements of a tensor lie in its storage, and what cannot be.
@Suite struct TensorViewTests {
    func store(
        _ shape: [Int], _ strides: [Int], offset: Int = 0, count: Int = 6, type: DataType? = .u8
    ) throws(CheckpointError) -> [UInt8] {
        let file = MappedFile(contents: [99, 0, 1, 2, 3, 4, 5], path: "sample.pt")
        var views = TensorViews(file: file)
        let tensor = PickledTensor(
            storage: PickledStorage(key: "0", dataType: type, elementCount: count), dataType: .u8, offset: offset,
            shape: shape, strides: strides)
        return try views.store(tensor, named: "w", storage: 1..<7).withUnsafeBytes { Array($0) }
    }

    @Test func viewsAreReadInOrder() throws {
        #expect(try store([2, 3], [3, 1]) == [0, 1, 2, 3, 4, 5])
        #expect(try store([3, 2], [1, 3]) == [0, 3, 1, 4, 2, 5])
        #expect(try store([2], [3], offset: 1) == [1, 4])
        #expect(try store([], [], offset: 5) == [5])
        #expect(try store([1, 2], [100, 1], offset: 4) == [4, 5])
        #expect(try store([2, 2], [0, 1]) == [0, 1, 0, 1])
        #expect(try store([0, 3], [3, 1], offset: 6) == [])
        #expect(try store([2, 3], [3, 1], type: nil) == [0, 1, 2, 3, 4, 5])
    }

    @Test func viewsOutsideTheStorageAreErrors() {
        let samples: [([Int], [Int], Int)] = [
            ([7], [1], 0), ([2, 3], [3, 1], 1), ([2], [6], 0), ([1], [1], 6), ([1], [1], -1), ([2], [-1], 1),
            ([-1], [1], 0), ([2], [1, 1], 0), ([.max], [.max], 0), ([.max, 2], [0, 0], 0), ([2], [.max], 1),
            ([1], [1], .max), ([0], [1], .max), ([0, -1], [1, 1], 0), ([8], [0], 0),
        ]
        for (shape, strides, offset) in samples {
            let isEmpty = shape == [0] && offset == .max
            let result = Result { try store(shape, strides, offset: offset) }
            #expect((try? result.get()) == (isEmpty ? [] : nil), "\(shape) \(strides) \(offset)")
        }
        #expect(throws: CheckpointError.self) { try store([2], [1], count: 7) }
        #expect(throws: CheckpointError.self) { try store([2], [1], count: 7, type: .f32) }
    }
}
