import Files
import Tensors

/// Finds the bytes of tensors in their storages: every size, stride and offset is checked.
struct TensorViews {
    let file: MappedFile
    private var copiedBytes = 0

    init(file: MappedFile) { self.file = file }

    /// The tensor where it lies, or a copy with its elements in order; `storage` is where its storage is in the file.
    mutating func store(
        _ tensor: PickledTensor, named name: String, storage: Range<Int>
    ) throws(CheckpointError) -> StoredTensor {
        func failure(_ reason: String, _ remedy: String? = nil) -> CheckpointError {
            CheckpointError(path: file.path, location: "tensor \(name)", reason: reason, remedy: remedy)
        }
        let size = tensor.dataType.blockByteCount
        let unit = tensor.storage.dataType?.blockByteCount ?? 1
        guard tensor.storage.elementCount <= storage.count / unit else {
            throw failure(
                "its storage has \(storage.count) bytes, \(tensor.storage.elementCount) elements are promised",
                "The file is truncated; download it again")
        }
        guard let count = StoredTensor.elementCount(tensor.shape), let end = Self.end(of: tensor),
            tensor.offset >= 0, end <= tensor.storage.elementCount * unit / size
        else {
            throw failure(
                "the shape \(tensor.shape) with strides \(tensor.strides) from \(tensor.offset) on does not fit its storage "
                    + "of \(tensor.storage.elementCount) elements")
        }
        // An empty tensor may begin anywhere.
        let first = count == 0 ? storage.lowerBound : storage.lowerBound + tensor.offset * size
        if count == 0 || Self.isInOrder(tensor) {
            return StoredTensor(
                name: name, dataType: tensor.dataType, shape: tensor.shape, file: file,
                byteRange: first..<first + count * size)
        }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow, bytes <= file.count - copiedBytes else {
            throw failure(
                "putting its \(count) elements in order would copy more than the \(file.count) bytes of the file",
                "Save the tensor with contiguous() applied")
        }
        copiedBytes += bytes
        let copy = MappedFile(byteCount: bytes, path: file.path) { target in
            Self.copy(tensor, from: UnsafeRawBufferPointer(rebasing: file.bytes[first...]), into: target, size: size)
        }
        return StoredTensor(
            name: name, dataType: tensor.dataType, shape: tensor.shape, file: copy, byteRange: 0..<bytes)
    }

    /// One past the last element, counted from the storage's beginning; nil if that overflows or makes no sense.
    private static func end(of tensor: PickledTensor) -> Int? {
        guard tensor.shape.count == tensor.strides.count else { return nil }
        if tensor.shape.contains(0) { return 0 }
        var last = tensor.offset
        for (dimension, stride) in zip(tensor.shape, tensor.strides) {
            guard dimension > 0, stride >= 0 else { return nil }
            let (span, overflow) = (dimension - 1).multipliedReportingOverflow(by: stride)
            let (next, beyond) = last.addingReportingOverflow(span)
            guard !overflow, !beyond else { return nil }
            last = next
        }
        return last < .max ? last + 1 : nil
    }

    private static func isInOrder(_ tensor: PickledTensor) -> Bool {
        var expected = 1
        for (dimension, stride) in zip(tensor.shape, tensor.strides).reversed() where dimension != 1 {
            guard stride == expected else { return false }
            expected *= dimension
        }
        return true
    }

    private static func copy(
        _ tensor: PickledTensor, from source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer,
        size: Int
    ) {
        var index = [Int](repeating: 0, count: tensor.shape.count)
        var element = 0
        for position in stride(from: 0, to: target.count, by: size) {
            UnsafeMutableRawBufferPointer(rebasing: target[position..<position + size])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[element * size..<(element + 1) * size]))
            for dimension in index.indices.reversed() {
                index[dimension] += 1
                element += tensor.strides[dimension]
                if index[dimension] < tensor.shape[dimension] { break }
                element -= index[dimension] * tensor.strides[dimension]
                index[dimension] = 0
            }
        }
    }
}
