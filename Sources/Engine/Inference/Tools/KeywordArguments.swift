import Constraints
import JSONValues

/// Arguments as Python writes them, `city="Paris", days=3`: the grammar, and their translation into a JSON object.
///
/// Values are JSON but for `True`, `False` and `None`, which are those of Python where a parameter is nothing else.
enum KeywordArguments {
    static func grammar(_ schema: JSON) throws(ConstraintError) -> Grammar {
        guard let members = schema.objectValue else { throw refusal("true", "is no schema of an object") }
        let known = [
            "type", "properties", "required", "additionalProperties", "$defs", "definitions", "description", "title",
            "$schema", "strict",
        ]
        if let keyword = members.keys.first(where: { !known.contains($0) }) {
            throw refusal(keyword, "cannot be written as arguments in Python's form, which this model calls tools in")
        }
        guard members["additionalProperties"] == false || members["additionalProperties"] == nil else {
            throw refusal("additionalProperties", "must be false for arguments in Python's form")
        }
        let required = Set(members["required"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        let definitions = members.filter { $0.key == "$defs" || $0.key == "definitions" }
        var pairs: [(isRequired: Bool, grammar: Grammar)] = []
        for (name, property) in members["properties"]?.objectValue ?? [:] {
            pairs.append((required.contains(name), .sequence([.text("\(name)="), value(property, definitions)])))
        }
        if let missing = required.first(where: { members["properties"]?[$0] == nil }) {
            throw refusal("required", "names \"\(missing)\", which is not declared")
        }
        return list(pairs)
    }

    /// Pairs in their order, those that are not required left out or not.
    private static func list(_ pairs: [(isRequired: Bool, grammar: Grammar)]) -> Grammar {
        var lists: [Grammar] = []
        for (first, pair) in pairs.enumerated() {
            // This one is the first that is there.
            let others = pairs[(first + 1)...].map { other -> Grammar in
                let next = Grammar.sequence([.text(", "), other.grammar])
                return other.isRequired ? next : .anyOf([next, .text("")])
            }
            lists.append(.sequence([pair.grammar] + others))
            if pair.isRequired { return .anyOf(lists) }
        }
        return .anyOf(lists + [.text("")])
    }

    private static func value(_ property: JSON, _ definitions: JSON.Object) -> Grammar {
        if property["type"] == "boolean", property["const"] == nil, property["enum"] == nil {
            return .choices(["True", "False"])
        }
        if property["type"] == "null" { return .text("None") }
        guard case .object(var schema) = property else { return .jsonSchema(property, .compact) }
        schema.merge(definitions) { own, _ in own }
        return .jsonSchema(.object(schema), .compact)
    }

    private static func refusal(_ keyword: String, _ reason: String) -> ConstraintError {
        .schema(pointer: "", keyword: keyword, reason: reason)
    }
}
