import JSONValues
import Vectors

/// The arguments of a command, and the names that stand for them in it.
struct PostgresArguments {
    private(set) var values: [String] = []

    /// Takes a value; returns what stands for it.
    mutating func add(_ value: String) -> String {
        values.append(value)
        return "$\(values.count)"
    }

    /// Takes a list of texts; returns the query of them.
    mutating func add(list: [String]) -> String {
        "SELECT jsonb_array_elements_text(\(add(JSON.array(list.map(JSON.string)).text()))::jsonb)"
    }

    /// The condition of a filter over the columns `id` and `metadata` of `document`.
    ///
    /// - Parameter words: The table of words.
    mutating func condition(_ filter: MetadataFilter, words: String) throws(VectorError) -> String {
        switch filter {
        case .equals(let field, let value): return equal(field, try single(value, field))
        case .oneOf(let field, let values):
            // A condition for each value alone would let the planner think for long: texts are looked up at once.
            let texts = values.compactMap { value -> String? in if case .text(let text) = value { text } else { nil } }
            if texts.count == values.count, texts.count > 8 {
                let list = add(list: texts.map(\.storable))
                return "EXISTS (SELECT FROM \(each(field)) WHERE \(isText) AND \(text) IN (\(list)))"
            }
            var parts: [String] = []
            for value in values { parts.append(equal(field, try single(value, field))) }
            return any(parts)
        case .range(let field, let from, let through): return try range(field, from, through)
        case .contains(let field, let part):
            let part = add(part.lowercased().storable)
            return "EXISTS (SELECT FROM \(each(field)) WHERE \(isText) AND strpos(lower(\(text)), \(part)) > 0)"
        case .exists(let field): return "EXISTS (SELECT FROM \(each(field)))"
        case .words(let text):
            let parts = Set(WordSplitter.words(of: text)).sorted().map { word in
                "EXISTS (SELECT FROM \(words) w WHERE w.id = document.id AND w.word = \(add(PostgresStore.key(word))))"
            }
            return parts.isEmpty ? "true" : parts.joined(separator: " AND ")
        case .and(let filters):
            var parts: [String] = []
            for filter in filters { parts.append("(" + (try condition(filter, words: words)) + ")") }
            return parts.isEmpty ? "true" : parts.joined(separator: " AND ")
        case .or(let filters):
            var parts: [String] = []
            for filter in filters { parts.append("(" + (try condition(filter, words: words)) + ")") }
            return any(parts)
        case .not(let filter): return "NOT (" + (try condition(filter, words: words)) + ")"
        }
    }

    private func any(_ parts: [String]) -> String {
        parts.isEmpty ? "false" : "(" + parts.joined(separator: " OR ") + ")"
    }

    private func single(_ value: MetadataValue, _ field: String) throws(VectorError) -> JSON {
        if case .list = value { throw .invalidFilter("\(field) is compared with a list; use one-of") }
        return value.json
    }

    /// Contained in the metadata, which an index knows: as the value, or in a list of values.
    private mutating func equal(_ field: String, _ value: JSON) -> String {
        let single = add(JSON.object([field.storable: value]).text())
        let listed = add(JSON.object([field.storable: [value]]).text())
        return "(metadata @> \(single)::jsonb OR metadata @> \(listed)::jsonb)"
    }

    private var text: String { "(v #>> '{}') COLLATE \"C\"" }
    private var isText: String { "jsonb_typeof(v) = 'string'" }

    /// The values of a field, one or several.
    private mutating func each(_ field: String) -> String {
        let value = "metadata -> \(add(field.storable))::text"
        return """
            jsonb_array_elements(CASE WHEN \(value) IS NULL THEN '[]' WHEN jsonb_typeof(\(value)) = 'array' THEN \(value)
            ELSE jsonb_build_array(\(value)) END) v
            """
    }

    private mutating func range(_ field: String, _ from: MetadataValue?, _ through: MetadataValue?)
        throws(VectorError) -> String
    {
        let isNumber: Bool
        switch (from, through) {
        case (.number, .number), (.number, nil), (nil, .number): isNumber = true
        case (.text, .text), (.text, nil), (nil, .text): isNumber = false
        case (nil, nil): throw .invalidFilter("the range of \(field) has no bound")
        default: throw .invalidFilter("the bounds of \(field) are not two numbers or two texts")
        }
        let values = each(field)
        let value = isNumber ? "(v #>> '{}')::double precision" : text
        var conditions: [String] = []
        for (bound, sign) in [(from, ">="), (through, "<=")] {
            switch bound {
            case .number(let number): conditions.append("\(value) \(sign) \(add("\(number)"))::double precision")
            case .text(let text): conditions.append("\(value) \(sign) \(add(text.storable))")
            default: break
            }
        }
        // Only numbers are read as numbers, whatever order conditions are looked at in.
        return "EXISTS (SELECT FROM \(values) WHERE CASE WHEN jsonb_typeof(v) = '\(isNumber ? "number" : "string")' "
            + "THEN \(conditions.joined(separator: " AND ")) ELSE false END)"
    }
}

extension MetadataValue {
    /// As JSON; lists in lists become one.
    var json: JSON {
        switch self {
        case .text(let text): .string(text.storable)
        case .number(let number): Int(exactly: number).map(JSON.integer) ?? .number(number)
        case .flag(let flag): .bool(flag)
        case .list: .array(single.map(\.json))
        }
    }

    init?(_ json: JSON) {
        switch json {
        case .bool(let flag): self = .flag(flag)
        case .string(let text): self = .text(text)
        case .array(let values): self = .list(values.compactMap(MetadataValue.init))
        default:
            guard let number = json.doubleValue else { return nil }
            self = .number(number)
        }
    }
}

extension [String: MetadataValue] {
    var json: JSON {
        .object(JSON.Object(uniqueKeysWithValues: sorted { $0.key < $1.key }.map { ($0.key.storable, $0.value.json) }))
    }

    init(_ json: JSON) {
        self.init()
        for (field, value) in json.objectValue ?? [:] { self[field] = MetadataValue(value) }
    }
}

extension String {
    /// Without the one character that databases' texts cannot hold, which becomes the replacement character.
    var storable: String { contains("\0") ? replacing("\0", with: "\u{FFFD}") : self }
}
