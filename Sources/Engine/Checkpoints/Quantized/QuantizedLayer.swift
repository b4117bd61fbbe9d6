import JSONValues
import Tensors

/// Finds and checks the tensors that stand for one weight of a quantized checkpoint.
struct QuantizedLayer {
    let checkpoint: Checkpoint
    /// The weight's name, such as `model.layers.0.mlp.up_proj.weight`.
    let name: String
    /// The same without `.weight`.
    let layer: String
    let pool: ThreadPool?

    /// `quantization_config` or what older tools wrote instead.
    var configuration: JSON? {
        if case .huggingFace(let files) = checkpoint.metadata { files.quantization } else { JSON?.none }
    }

    /// A weight whose own tensor is not there: GPTQ, AWQ, compressed-tensors' packed integers.
    func packedMatrix() throws(CheckpointError) -> StoredMatrix? {
        if let weights = tensor("qweight") {
            switch configuration?["quant_method"]?.stringValue {
            case "gptq": return try gptqMatrix(weights)
            case "awq": return try awqMatrix(weights)
            case let method:
                throw error(
                    weights,
                    method.map { "the quantization method \($0) is not read" }
                        ?? "config.json has no quantization_config that says how it is packed",
                    remedy: method == nil ? "Get config.json of the same model" : Self.remedy)
            }
        }
        if let matrix = try microscaledMatrix() { return matrix }
        if let weights = tensor("weight_packed") { return try packedIntegers(weights) }
        guard let method = configuration?["quant_method"]?.stringValue,
            let other = checkpoint.tensors.keys.first(where: { $0.hasPrefix("\(layer).") && $0 != "\(layer).bias" })
        else { return nil }
        throw CheckpointError(
            path: checkpoint.path, location: "tensor \(other)",
            reason: "weights of the quantization method \(method) are not read in this form", remedy: Self.remedy)
    }

    /// A weight whose own tensor holds codes that mean nothing without the tensors beside it; nil if it is plain.
    func scaledMatrix(_ weight: StoredTensor) throws(CheckpointError) -> StoredMatrix? {
        switch weight.dataType {
        case .u8: try fourBitMatrix(weight)
        case .i8: try integerMatrix(weight)
        case .f8e4m3: try floatMatrix(weight)
        default: nil
        }
    }

    static let remedy = "Get the model as GPTQ, AWQ, bitsandbytes, fp8 or GGUF, or unquantized"

    /// The tensor of this layer with this suffix.
    func tensor(_ suffix: String) -> StoredTensor? { checkpoint.tensors["\(layer).\(suffix)"] }

    /// The same, of this type and shape.
    func require(
        _ suffix: String, _ types: Set<DataType>, _ shape: [Int]
    ) throws(CheckpointError) -> StoredTensor {
        guard let found = tensor(suffix) else {
            throw CheckpointError(
                path: checkpoint.path, location: "tensor \(layer).\(suffix)",
                reason: "it is missing, but \(name) is quantized with it", remedy: "Download the weights again")
        }
        guard types.contains(found.dataType) else { throw error(found, "its type is \(found.dataType.name)") }
        guard found.shape == shape else { throw error(found, "its shape is \(found.shape), expected \(shape)") }
        return found
    }

    /// Checks that a tensor is a matrix of `type`, not empty and of a size that indices do not overflow for.
    func checkMatrix(_ tensor: StoredTensor, of type: DataType) throws(CheckpointError) {
        guard tensor.dataType == type, tensor.shape.count == 2, tensor.shape.allSatisfy({ (1...1 << 28).contains($0) })
        else { throw error(tensor, "it is \(tensor.dataType.name) \(tensor.shape), expected a matrix of \(type.name)") }
    }

    static let floats: Set<DataType> = [.f32, .f16, .bf16]

    func error(_ tensor: StoredTensor, _ reason: String, remedy: String? = nil) -> CheckpointError {
        CheckpointError(path: tensor.file.path, location: "tensor \(tensor.name)", reason: reason, remedy: remedy)
    }

    /// The finished matrix; the pages of what it was made of are given back to the system.
    func finish(_ source: MatrixSource?, of tensors: [StoredTensor]) throws(CheckpointError) -> StoredMatrix {
        for tensor in tensors { tensor.file.advise(.dontNeed, tensor.byteRange) }
        guard let source else {
            throw CheckpointError(path: checkpoint.path, location: "tensor \(name)", reason: "its shape is impossible")
        }
        return StoredMatrix(source: source, tensors: tensors.map(\.name), isConverted: true)
    }
}

extension StoredTensor {
    /// All elements of a tensor of 32-bit integers.
    func integers() -> [Int32] {
        withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
        }
    }
}
