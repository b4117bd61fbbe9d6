import Tensors

/// A value that a pickle builds. Containers, storages and tensors are numbers of the machine's own lists, so that a
/// pickle can neither nest deeply enough to exhaust the stack nor make cycles that are never freed.
enum PickleValue {
    case none
    case bool(Bool)
    case int(Int)
    /// Numbers and bytes that no state dict is made of.
    case other
    case string(String)
    /// A tuple, a list or a set, by its number.
    case sequence(Int)
    case dictionary(Int)
    case global(PickleGlobal)
    case storage(Int)
    case tensor(Int)

    /// What it is called in errors.
    var kind: String {
        switch self {
        case .none: "None"
        case .bool: "a Boolean"
        case .int: "an integer"
        case .other: "a number or bytes"
        case .string: "a string"
        case .sequence: "a list or tuple"
        case .dictionary: "a dictionary"
        case .global(let global): "the name \(global)"
        case .storage: "a storage"
        case .tensor: "a tensor"
        }
    }
}

/// The only names that a pickle may mention: those that state dicts consist of. None of them runs anything here.
enum PickleGlobal {
    case orderedDictionary
    case size
    case rebuildTensor
    /// Takes the data type as an argument, for types that have no storage class.
    case rebuildTypedTensor
    case rebuildParameter
    case storage(DataType)
    case untypedStorage
    case dataType(DataType)

    init?(module: String, name: String) {
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("torch", "Size"): self = .size
        case ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
        case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildTypedTensor
        case ("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_parameter_with_state"):
            self = .rebuildParameter
        case ("torch.storage", "UntypedStorage"), ("torch", "UntypedStorage"): self = .untypedStorage
        case ("torch", _):
            if name.hasSuffix("Storage"), let type = Self.storages[String(name.dropLast(7))] {
                self = .storage(type)
            } else if let type = DataType(pyTorchName: name) {
                self = .dataType(type)
            } else {
                return nil
            }
        default: return nil
        }
    }

    private static let storages: [String: DataType] = [
        "Double": .f64, "Float": .f32, "Half": .f16, "BFloat16": .bf16, "Long": .i64, "Int": .i32, "Short": .i16,
        "Char": .i8, "Byte": .u8, "Bool": .bool,
    ]
}

/// What a pickle says about a run of numbers that lies elsewhere in the file.
struct PickledStorage {
    let key: String
    /// Nil for untyped ones, which are counted in bytes.
    let dataType: DataType?
    let elementCount: Int
}

/// What a pickle says about a tensor: a view into a storage.
struct PickledTensor {
    let storage: PickledStorage
    let dataType: DataType
    /// The first element, counted in elements from the storage's beginning.
    let offset: Int
    let shape: [Int]
    let strides: [Int]
}
