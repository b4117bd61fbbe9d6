import Constraints
import JSONValues

/// The fields that bind an answer to a form: OpenAI's, vLLM's and llama-server's.
enum ConstraintFields {
    /// The form that a request asks for, and the field that says so; nil for free text.
    ///
    /// - Throws: if a field is malformed, or there are two.
    static func grammar(_ fields: RequestFields) throws(APIError) -> (param: String, grammar: Grammar)? {
        var found: [(param: String, grammar: Grammar)] = []
        if let format = try responseFormat(fields) { found.append(format) }
        if let structured = try fields.fields("structured_outputs") {
            try structured.refuse(["structural_tag", "whitespace_pattern"], "is not supported")
            found += try forms(structured, prefix: "")
            if try structured.bool("json_object") == true {
                found.append((structured.name("json_object"), .jsonSchema(anyObject, .compact)))
            }
            try structured.refuseUnread { key, _ in ["disable_fallback", "disable_any_whitespace"].contains(key) }
        }
        found += try forms(fields, prefix: "guided_")
        if let schema = given("json_schema", fields) {
            found.append(("json_schema", .jsonSchema(try self.schema(schema, "json_schema"), .compact)))
        }
        if let text = try fields.string("grammar"), !text.isEmpty { found.append(("grammar", grammar(text))) }
        if found.count > 1 {
            throw .invalid(found[1].param, "cannot stand beside '\(found[0].param)': one form binds an answer")
        }
        return found.first
    }

    private static let anyObject: JSON = ["type": "object"]

    private static func responseFormat(_ fields: RequestFields) throws(APIError) -> (String, Grammar)? {
        guard let format = try fields.fields("response_format") else { return nil }
        switch try format.string("type") {
        case "text": return nil
        case "json_object":
            let schema = format["schema"] ?? anyObject
            return ("response_format", .jsonSchema(try self.schema(schema, format.name("schema")), .compact))
        case "json_schema":
            guard let description = try format.fields("json_schema") else {
                throw .invalid(format.name("json_schema"), "is missing")
            }
            let name = description.name("schema")
            guard let schema = description["schema"] else { throw .invalid(name, "is missing") }
            return (name, .jsonSchema(try self.schema(schema, name), .compact))
        case let type?:
            throw .unsupported(
                format.name("type"), "is \"\(type)\"; this server knows text, json_object and json_schema")
        case nil: throw .invalid(format.name("type"), "is missing")
        }
    }

    /// vLLM's `json`, `regex`, `choice` and `grammar`, with or without `guided_` before them.
    private static func forms(
        _ fields: RequestFields, prefix: String
    ) throws(APIError) -> [(param: String, grammar: Grammar)] {
        var found: [(String, Grammar)] = []
        if let schema = given(prefix + "json", fields) {
            let name = fields.name(prefix + "json")
            found.append((name, .jsonSchema(try self.schema(schema, name), .compact)))
        }
        if let pattern = try fields.string(prefix + "regex"), !pattern.isEmpty {
            found.append((fields.name(prefix + "regex"), .regex(pattern)))
        }
        if let elements = try fields.array(prefix + "choice"), !elements.isEmpty {
            var choices: [String] = []
            for (index, element) in elements.enumerated() {
                guard let choice = element.stringValue else {
                    throw .invalid(
                        "\(fields.name(prefix + "choice"))[\(index)]", "must be a string, not \(element.kind)")
                }
                choices.append(choice)
            }
            found.append((fields.name(prefix + "choice"), .choices(choices)))
        }
        if let text = try fields.string(prefix + "grammar"), !text.isEmpty {
            found.append((fields.name(prefix + "grammar"), grammar(text)))
        }
        return found
    }

    /// A field that is there and not empty.
    private static func given(_ key: String, _ fields: RequestFields) -> JSON? {
        guard let value = fields[key], value != "", value != [:] else { return nil }
        return value
    }

    /// A schema, or the text of one.
    private static func schema(_ value: JSON, _ name: String) throws(APIError) -> JSON {
        switch value {
        case .object, .bool: return value
        case .string(let text):
            do {
                return try JSON(parsing: text, source: name)
            } catch {
                throw .invalid(name, "is not JSON: \(error)")
            }
        default: throw .invalid(name, "must be a schema, not \(value.kind)")
        }
    }

    /// llama.cpp's notation, which has `::=`, or else Lark's.
    private static func grammar(_ text: String) -> Grammar { text.contains("::=") ? .gbnf(text) : .lark(text) }
}

extension ServedModel {
    /// The constraint of a grammar that the field `param` asks for.
    func constraint(_ param: String, _ grammar: Grammar) throws(APIError) -> Constraint {
        do {
            return try constraint(for: grammar)
        } catch let error as ConstraintError {
            throw APIError(
                .badRequest, "'\(param)' cannot be guaranteed: \(error).", param: param, code: "unsupported_constraint")
        } catch {
            throw .unsupported(param, "is not possible here: \(error)")
        }
    }
}
