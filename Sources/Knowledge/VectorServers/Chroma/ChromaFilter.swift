import JSONValues
import Vectors

/// Metadata as Chroma keeps it: single values as they are, a list as its JSON text and a mark for each of its values.
///
/// Chroma has lists of its own, but 1.5 shows those of removed records on others that come after.
enum ChromaMetadata {
    /// What follows a field's name where it holds a list.
    static let list = "[]"

    static func add(_ value: MetadataValue, _ field: String, to members: inout JSON.Object) {
        guard case .list = value else { return members[field] = single(value) }
        let values = value.single.map(single)
        members[field + list] = .string(JSON.array(values).text())
        for value in values { members[mark(field, value)] = true }
    }

    /// Numbers always as floating-point ones: Chroma keeps whole numbers apart from others.
    static func single(_ value: MetadataValue) -> JSON {
        if case .number(let number) = value { .number(number) } else { value.json }
    }

    /// The field that says that a list has a value.
    static func mark(_ field: String, _ value: JSON) -> String { field + list + value.text() }

    static func read(_ json: JSON?) -> [String: MetadataValue] {
        var metadata: [String: MetadataValue] = [:]
        for (field, value) in json?.objectValue ?? [:] {
            guard let sign = field.firstRange(of: list) else {
                metadata[field] = MetadataValue(value)
                continue
            }
            guard sign.upperBound == field.endIndex, let text = value.stringValue,
                let values = try? JSON(parsing: text, source: field)
            else { continue }
            metadata[String(field[..<sign.lowerBound])] = MetadataValue(values)
        }
        return metadata
    }
}

/// Filters in Chroma's language, which has no word for "not": it is taken inside.
enum ChromaFilter {
    /// The fields of a request that a filter stands for; nil if it lets nothing through.
    static func condition(_ filter: MetadataFilter) throws(VectorError) -> JSON.Object? {
        switch try part(filter, isNegated: false) {
        case .everything: [:]
        case .nothing: nil
        case .some(let condition): ["where": condition]
        }
    }

    private enum Part {
        case everything, nothing
        case some(JSON)
    }

    private static func part(_ filter: MetadataFilter, isNegated: Bool) throws(VectorError) -> Part {
        switch filter {
        case .equals(let field, let value): return equal(field, [try single(value, field)], isNegated)
        case .oneOf(let field, let values):
            var list: [JSON] = []
            for value in values { list.append(try single(value, field)) }
            return list.isEmpty ? (isNegated ? .everything : .nothing) : equal(field, list, isNegated)
        case .range(let field, let from, let through):
            var bounds: [Part] = []
            for (bound, sign) in [(from, isNegated ? "$lt" : "$gte"), (through, isNegated ? "$gt" : "$lte")] {
                guard let bound else { continue }
                guard case .number(let number) = bound else { throw cannot("ranges of texts") }
                bounds.append(.some([field: [sign: .number(number)]]))
            }
            if bounds.isEmpty { throw .invalidFilter("the range of \(field) has no bound") }
            if isNegated { throw cannot("what is outside of a range") }
            return joined(bounds, isAll: true)
        case .contains: throw cannot("parts of texts")
        case .exists: throw cannot("whether a field exists")
        case .words: throw cannot("words")
        case .and(let filters), .or(let filters):
            var parts: [Part] = []
            for filter in filters { parts.append(try part(filter, isNegated: isNegated)) }
            if case .and = filter { return joined(parts, isAll: !isNegated) }
            return joined(parts, isAll: isNegated)
        case .not(let filter): return try part(filter, isNegated: !isNegated)
        }
    }

    private static func cannot(_ what: String) -> VectorError { .invalidFilter("Chroma cannot look for \(what)") }

    private static func single(_ value: MetadataValue, _ field: String) throws(VectorError) -> JSON {
        if case .list = value { throw .invalidFilter("\(field) is compared with a list; use one-of") }
        return ChromaMetadata.single(value)
    }

    /// A value of the field, or one in its list, is one of these.
    private static func equal(_ field: String, _ values: [JSON], _ isNegated: Bool) -> Part {
        let listed = values.map { value in
            Part.some([ChromaMetadata.mark(field, value): [isNegated ? "$ne" : "$eq": true]])
        }
        let own = Part.some([field: [isNegated ? "$nin" : "$in": .array(values)]])
        return joined([own] + listed, isAll: isNegated)
    }

    private static func joined(_ parts: [Part], isAll: Bool) -> Part {
        var conditions: [JSON] = []
        for part in parts {
            switch part {
            case .everything: if !isAll { return .everything }
            case .nothing: if isAll { return .nothing }
            case .some(let condition): conditions.append(condition)
            }
        }
        switch conditions.count {
        case 0: return isAll ? .everything : .nothing
        case 1: return .some(conditions[0])
        default: return .some([isAll ? "$and" : "$or": .array(conditions)])
        }
    }
}
