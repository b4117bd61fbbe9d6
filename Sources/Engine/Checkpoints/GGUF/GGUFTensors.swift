import OrderedCollections
import Tensors

extension FileCursor {
    private struct Description {
        let name: String
        let type: DataType
        let shape: [Int]
        /// From the start of the data.
        let offset: Int
        let byteCount: Int
    }

    /// Reads the descriptions of the tensors, which end the header, and checks that their bytes are in the file and
    /// do not overlap.
    mutating func readTensors(
        count: Int, alignment: Int
    ) throws(CheckpointError) -> OrderedDictionary<String, StoredTensor> {
        var descriptions: [Description] = []
        for _ in 0..<count { descriptions.append(try readDescription(alignment: alignment)) }
        let start = (offset + alignment - 1) / alignment * alignment
        try check(descriptions, available: file.count - start)
        var tensors: OrderedDictionary<String, StoredTensor> = [:]
        for tensor in descriptions {
            let lower = start + tensor.offset
            let stored = StoredTensor(
                name: tensor.name, dataType: tensor.type, shape: tensor.shape, file: file,
                byteRange: lower..<lower + tensor.byteCount)
            guard tensors.updateValue(stored, forKey: tensor.name) == nil else {
                throw error("the tensor appears twice", at: "tensor \(tensor.name)")
            }
        }
        return tensors
    }

    private mutating func readDescription(alignment: Int) throws(CheckpointError) -> Description {
        let name = try readString()
        let place = "tensor \(name)"
        let rank = try read(UInt32.self)
        guard rank <= GGUFReader.maximumDimensions else {
            throw error("\(rank) dimensions; at most \(GGUFReader.maximumDimensions)", at: place)
        }
        var shape: [Int] = []
        for _ in 0..<rank { shape.insert(try readCount(), at: 0) }
        let number = try read(UInt32.self)
        guard let type = GGMLType.dataType(number) else {
            throw error(
                "its type \(GGMLType.names[number] ?? "number \(number)") is not read", at: place,
                remedy: "Get the model in another quantization")
        }
        let offset = try readCount()
        guard let elements = StoredTensor.elementCount(shape), (shape.last ?? 1) % type.blockSize == 0,
            let byteCount = type.byteCount(elements: elements)
        else { throw error("the shape \(shape) is impossible for \(type.name)", at: place) }
        guard offset % alignment == 0 else {
            throw error("the offset \(offset) is not a multiple of \(alignment)", at: place)
        }
        return Description(name: name, type: type, shape: shape, offset: offset, byteCount: byteCount)
    }

    private func check(_ descriptions: [Description], available: Int) throws(CheckpointError) {
        var end = 0
        for tensor in descriptions.sorted(by: { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }) {
            guard tensor.offset <= available, tensor.byteCount <= available - tensor.offset else {
                throw error(
                    "\(tensor.byteCount) bytes at data offset \(tensor.offset) reach past the end of the file",
                    at: "tensor \(tensor.name)", remedy: "The file is truncated; download it again")
            }
            guard tensor.offset >= end else {
                throw error("its bytes overlap those of another tensor", at: "tensor \(tensor.name)")
            }
            end = tensor.offset + tensor.byteCount
        }
    }
}
