import Checkpoints
import JSONValues
import OrderedCollections

/// The keys of a GGUF file that a folder's own files do not say, in a file beside them, so that the way back is complete.
enum RemainingKeys {
    /// The file's name.
    static let fileName = "gguf_metadata.json"
    /// What the writer says anew of every file, and what belongs to the file that was read.
    private static let ofFiles: Set<String> = [
        "general.file_type", "general.quantization_version", "general.alignment",
    ]
    private static func isOfFile(_ key: String) -> Bool {
        ofFiles.contains(key) || key.hasPrefix("split.")
    }

    /// What `made` of a folder lacks of the keys of the file that it came from, or says otherwise; null for what it should
    /// not say at all. Nil if there is nothing.
    static func json(
        of original: GGUFMetadata, made: OrderedDictionary<String, GGUFValue>
    ) throws(CheckpointError) -> JSON? {
        var result: JSON.Object = [:]
        for key in original.keys where !isOfFile(key) {
            guard let value = try original.value(key), value != made[key] else { continue }
            result[key] = value.typedJSON
        }
        for key in made.keys where !isOfFile(key) && !original.contains(key) { result[key] = .null }
        return result.isEmpty ? JSON?.none : .object(result)
    }

    /// Adds what the file says to what was made of a folder.
    static func apply(
        _ json: JSON, path: String, to metadata: inout OrderedDictionary<String, GGUFValue>
    ) throws(CheckpointError) {
        for (key, value) in json.objectValue ?? [:] where !isOfFile(key) {
            if value.isNull {
                metadata[key] = nil
            } else if let typed = GGUFValue(typedJSON: value) {
                metadata[key] = typed
            } else {
                throw CheckpointError(
                    path: path, location: "key \(key)", reason: "expected an object with type and value",
                    remedy: "Take the key out, or write it as {\"type\": \"uint32\", \"value\": 1}")
            }
        }
    }
}

extension GGUFValue {
    private static let names = [
        "uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "bool", "string", "array", "uint64", "int64",
        "float64",
    ]

    /// The value with its type, such as `{"type": "uint32", "value": 3}`.
    var typedJSON: JSON {
        switch self {
        case .array(let elements, let type):
            let isNested = type == 9
            return [
                "type": "array", "of": .string(Self.names[Int(min(type, 12))]),
                "value": .array(elements.map { isNested ? $0.typedJSON : $0.plainJSON }),
            ]
        default: return ["type": .string(Self.names[Int(typeNumber)]), "value": plainJSON]
        }
    }

    /// JSON has no infinite numbers; those are texts.
    private var plainJSON: JSON {
        switch self {
        case .float32(let value) where !value.isFinite: .string("\(value)")
        case .float64(let value) where !value.isFinite: .string("\(value)")
        // The shortest number that is the same in f32.
        case .float32(let value): .number(Double("\(value)") ?? Double(value))
        default: json
        }
    }

    /// The value of such an object; nil if it is none.
    init?(typedJSON json: JSON) {
        guard let type = json["type"]?.stringValue, let value = json["value"] else { return nil }
        guard type == "array" else {
            guard let made = Self(value, type: type) else { return nil }
            self = made
            return
        }
        guard let of = json["of"]?.stringValue, let number = Self.names.firstIndex(of: of),
            let list = value.arrayValue
        else { return nil }
        let elements = list.compactMap { of == "array" ? Self(typedJSON: $0) : Self($0, type: of) }
        guard elements.count == list.count else { return nil }
        self = .array(elements, type: UInt32(number))
    }

    private init?(_ value: JSON, type: String) {
        func integer<Number: FixedWidthInteger>(_ make: (Number) -> GGUFValue) -> GGUFValue? {
            Number(value.text()).map(make)
        }
        let made: GGUFValue? =
            switch type {
            case "uint8": integer(GGUFValue.uint8)
            case "int8": integer(GGUFValue.int8)
            case "uint16": integer(GGUFValue.uint16)
            case "int16": integer(GGUFValue.int16)
            case "uint32": integer(GGUFValue.uint32)
            case "int32": integer(GGUFValue.int32)
            case "uint64": integer(GGUFValue.uint64)
            case "int64": integer(GGUFValue.int64)
            case "float32": Float(value.stringValue ?? value.text()).map(GGUFValue.float32)
            case "float64": Double(value.stringValue ?? value.text()).map(GGUFValue.float64)
            case "bool": value.boolValue.map(GGUFValue.bool)
            case "string": value.stringValue.map(GGUFValue.string)
            default: nil
            }
        guard let made else { return nil }
        self = made
    }
}
