import JSONValues

/// What a node's output parser wants of an answer: a schema, and how the value is handed on.
struct OutputForm {
    let schema: JSON
    let instructions: String
    private let isList: Bool

    init(_ node: FlowNode) throws {
        switch node.name {
        case "csvOutputParser", "customListOutputParser":
            isList = true
            schema = [
                "type": "object", "properties": ["items": ["type": "array", "items": ["type": "string"]]],
                "required": ["items"], "additionalProperties": false,
            ]
        case "advancedStructuredOutputParser":
            isList = false
            schema = try ZodSchema.schema(of: node.text("exampleJson") ?? "", place: node.title)
        default:
            isList = false
            schema = try Self.fields(node)
        }
        instructions = "Answer with JSON that follows this schema: \(schema.text())"
    }

    /// The value as the next node sees it.
    func result(_ value: JSON) -> String {
        guard isList, let items = value["items"]?.arrayValue else { return value.text() }
        return JSON.array(items).text()
    }

    private static func fields(_ node: FlowNode) throws -> JSON {
        let setting = node.input("jsonStructure") ?? []
        let list = try setting.stringValue.map { try JSON(parsing: $0, source: node.title) } ?? setting
        return StructuredOutput.schema(list.arrayValue ?? [], nameKey: "property")
    }
}

/// The fields of an answer, as steps' settings list them.
enum StructuredOutput {
    /// - Parameter nameKey: Where a field's name stands.
    static func schema(_ fields: [JSON], nameKey: String = "key") -> JSON {
        var (properties, required): (JSON.Object, [JSON]) = ([:], [])
        for field in fields {
            guard let name = field[nameKey]?.stringValue, !name.isEmpty else { continue }
            var property: JSON.Object
            switch (field["type"]?.stringValue ?? "string").lowercased().filter({ $0.isLetter }) {
            case "number": property = ["type": "number"]
            case "boolean": property = ["type": "boolean"]
            case "stringarray": property = ["type": "array", "items": ["type": "string"]]
            case "enum":
                let values = (field["enumValues"]?.stringValue ?? "").split(separator: ",").map {
                    JSON.string($0.trimmed)
                }
                property = ["type": "string", "enum": .array(values)]
            case "jsonarray":
                property = ["type": "array", "items": elements(field["jsonSchema"]?.stringValue)]
            default: property = ["type": "string"]
            }
            if let text = field["description"]?.stringValue, !text.isEmpty { property["description"] = .string(text) }
            properties[name] = .object(property)
            required.append(.string(name))
        }
        return [
            "type": "object", "properties": .object(properties), "required": .array(required),
            "additionalProperties": false,
        ]
    }

    /// The form of a list's elements: names with `{"type": ..., "required": ..., "description": ...}`.
    private static func elements(_ text: String?) -> JSON {
        guard let text, let fields = try? JSON(parsing: text, source: "jsonSchema").objectValue else {
            return ["type": "object"]
        }
        var (properties, required): (JSON.Object, [JSON]) = ([:], [])
        for (name, field) in fields {
            properties[name] = ["type": field["type"] ?? "string", "description": field["description"] ?? ""]
            if field["required"] == true { required.append(.string(name)) }
        }
        return [
            "type": "object", "properties": .object(properties), "required": .array(required),
            "additionalProperties": false,
        ]
    }
}
