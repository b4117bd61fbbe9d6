package import Tensors

extension DataType {
    /// The types that weights are stored in where they are not quantized.
    package static let plainTypes: [DataType] = [.f32, .f16, .bf16]

    private static let pyTorchNames: [String: DataType] = [
        "float64": .f64, "float32": .f32, "float16": .f16, "bfloat16": .bf16, "int64": .i64, "int32": .i32,
        "int16": .i16, "int8": .i8, "uint8": .u8, "uint16": .u16, "uint32": .u32, "uint64": .u64, "bool": .bool,
        "float8_e4m3fn": .f8e4m3, "float8_e5m2": .f8e5m2,
    ]

    /// The type that PyTorch calls so, without `torch.`; nil if there is none here.
    package init?(pyTorchName name: String) {
        guard let type = Self.pyTorchNames[name] else { return nil }
        self = type
    }

    /// What PyTorch calls the type, without `torch.`; nil if it has no such type.
    package var pyTorchName: String? { Self.pyTorchNames.first { $0.value == self }?.key }
}
