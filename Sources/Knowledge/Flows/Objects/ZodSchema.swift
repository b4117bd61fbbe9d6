import JSONValues

/// Reads the part of Zod's notation that describes forms (`z.object({ name: z.string() })`) as a JSON schema. It is parsed; nothing
/// in it is executed.
enum ZodSchema {
    static func schema(of text: String, place: String) throws -> JSON {
        var parser = Parser(text: Array(text), place: place)
        let (schema, _) = try parser.form()
        try parser.finish()
        return schema
    }

    private struct Parser {
        let text: [Character]
        let place: String
        var position = 0
        var depth = 0

        func failure(_ reason: String) -> FlowError {
            FlowError(
                place, "its schema is not understood at character \(position + 1): \(reason)",
                remedy: "forms of z.object, array, enum, string, number, boolean are; code is not")
        }

        mutating func space() {
            while position < text.count {
                if text[position].isWhitespace {
                    position += 1
                } else if position + 1 < text.count, text[position] == "/", text[position + 1] == "/" {
                    while position < text.count, !text[position].isNewline { position += 1 }
                } else {
                    return
                }
            }
        }

        mutating func take(_ character: Character) -> Bool {
            space()
            guard position < text.count, text[position] == character else { return false }
            position += 1
            return true
        }

        mutating func want(_ character: Character) throws {
            guard take(character) else { throw failure("\(character) is missing") }
        }

        mutating func finish() throws {
            _ = take(";")
            space()
            if position < text.count { throw failure("something follows") }
        }

        mutating func word() throws -> String {
            space()
            let start = position
            while position < text.count,
                text[position].isLetter || text[position].isNumber || "_$".contains(text[position])
            {
                position += 1
            }
            guard position > start else { throw failure("a name is missing") }
            return String(text[start..<position])
        }

        mutating func string() throws -> String {
            space()
            guard position < text.count, "\"'`".contains(text[position]) else { throw failure("a text is missing") }
            let quote = text[position]
            position += 1
            var value = ""
            while position < text.count, text[position] != quote {
                if text[position] == "\\" { position += 1 }
                if position < text.count { value.append(text[position]) }
                position += 1
            }
            guard position < text.count else { throw failure("a text is not closed") }
            position += 1
            return value
        }

        mutating func form() throws -> (schema: JSON, isOptional: Bool) {
            depth += 1
            defer { depth -= 1 }
            guard depth < 64 else { throw failure("it is nested too deep") }
            guard try word() == "z" else { throw failure("it does not begin with z") }
            try want(".")
            var members = try base(try word())
            var isOptional = false
            while take(".") { try modify(&members, &isOptional) }
            return (.object(members), isOptional)
        }

        private mutating func base(_ name: String) throws -> JSON.Object {
            try want("(")
            defer { _ = take(")") }
            switch name {
            case "string": return ["type": "string"]
            case "number": return ["type": "number"]
            case "boolean": return ["type": "boolean"]
            case "any", "unknown": return [:]
            case "literal":
                space()
                return ["const": .string(try string())]
            case "enum": return ["type": "string", "enum": .array(try list { .string(try $0.string()) })]
            case "array": return ["type": "array", "items": try form().schema]
            case "union": return ["anyOf": .array(try list { try $0.form().schema })]
            case "object": return try object()
            default: throw failure("z.\(name) is not known")
            }
        }

        private mutating func list(_ element: (inout Parser) throws -> JSON) throws -> [JSON] {
            try want("[")
            var elements: [JSON] = []
            while !take("]") {
                elements.append(try element(&self))
                if !take(",") {
                    try want("]")
                    break
                }
            }
            return elements
        }

        private mutating func object() throws -> JSON.Object {
            try want("{")
            var (properties, required): (JSON.Object, [JSON]) = ([:], [])
            while !take("}") {
                space()
                let isQuoted = position < text.count && "\"'".contains(text[position])
                let name = isQuoted ? try string() : try word()
                try want(":")
                let (schema, isOptional) = try form()
                properties[name] = schema
                if !isOptional { required.append(.string(name)) }
                if !take(",") {
                    try want("}")
                    break
                }
            }
            return [
                "type": "object", "properties": .object(properties), "required": .array(required),
                "additionalProperties": false,
            ]
        }

        private mutating func modify(_ members: inout JSON.Object, _ isOptional: inout Bool) throws {
            let name = try word()
            try want("(")
            let isArray = members["type"] == "array"
            let isText = members["type"] == "string"
            switch name {
            case "describe": members["description"] = .string(try string())
            case "array": members = ["type": "array", "items": .object(members)]
            case "optional", "nullish": isOptional = true
            case "int": members["type"] = "integer"
            case "min", "max":
                let limit = try number()
                let low = name == "min"
                let key =
                    isArray
                    ? (low ? "minItems" : "maxItems")
                    : isText ? (low ? "minLength" : "maxLength") : low ? "minimum" : "maximum"
                members[key] = Int(exactly: limit).map(JSON.integer) ?? .number(limit)
            case "nonempty": members[isArray ? "minItems" : "minLength"] = 1
            case "url": members["format"] = "uri"
            case "email": members["format"] = "email"
            case "positive": members["exclusiveMinimum"] = 0
            case "nonnegative": members["minimum"] = 0
            case "nullable", "strict", "trim": break
            default: throw failure(".\(name)() is not known")
            }
            try want(")")
        }

        private mutating func number() throws -> Double {
            space()
            let start = position
            while position < text.count, text[position].isNumber || "-+.".contains(text[position]) { position += 1 }
            guard let value = Double(String(text[start..<position])) else { throw failure("a number is missing") }
            return value
        }
    }
}
