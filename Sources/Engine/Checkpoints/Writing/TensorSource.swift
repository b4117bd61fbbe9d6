package import Tensors

/// A tensor to be written; its bytes are asked for when their turn comes, so that they need not all be in memory.
package struct TensorSource: Sendable {
    package let name: String
    /// How its elements are stored.
    package let dataType: DataType
    /// Row-major, outermost dimension first.
    package let shape: [Int]
    /// Hands the bytes as they are to be stored, exactly as many as type and shape say, to its argument.
    package let withBytes: Bytes

    /// Hands the bytes of a tensor to its argument, all at once or piece after piece.
    package typealias Bytes = @Sendable ((UnsafeRawBufferPointer) -> Void) throws(CheckpointError) -> Void

    package init(name: String, dataType: DataType, shape: [Int], bytes: [UInt8]) {
        self.init(name: name, dataType: dataType, shape: shape) { (body) throws(CheckpointError) in
            bytes.withUnsafeBytes(body)
        }
    }

    /// Makes a tensor whose bytes `withBytes` hands to its argument when they are needed; an error ends the writing.
    package init(name: String, dataType: DataType, shape: [Int], withBytes: @escaping Bytes) {
        self.name = name
        self.dataType = dataType
        self.shape = shape
        self.withBytes = withBytes
    }

    /// Copies a tensor of another checkpoint, under its own name or a new one.
    package init(_ stored: StoredTensor, name: String? = nil) {
        self.init(name: name ?? stored.name, dataType: stored.dataType, shape: stored.shape) {
            (body) throws(CheckpointError) in
            stored.withUnsafeBytes(body)
        }
    }

    /// The bytes that type and shape ask for.
    func byteCount(path: String) throws(CheckpointError) -> Int {
        guard let elements = StoredTensor.elementCount(shape), (shape.last ?? 1) % dataType.blockSize == 0,
            let count = dataType.byteCount(elements: elements)
        else {
            throw CheckpointError(
                path: path, location: "tensor \(name)", reason: "the shape \(shape) is impossible for \(dataType.name)")
        }
        return count
    }
}
