import JSONValues

extension Value {
    /// The value of `json`, or nil if it nests deeper than `depth`.
    init?(_ json: JSON, depth: Int) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .number(value)
        case .string(let text): self = .string(text)
        case .array(let elements):
            guard depth > 0 else { return nil }
            var items: [Value] = []
            items.reserveCapacity(elements.count)
            for element in elements {
                guard let item = Value(element, depth: depth - 1) else { return nil }
                items.append(item)
            }
            self = .list(items)
        case .object(let object):
            guard depth > 0 else { return nil }
            var members = Mapping.Members()
            members.reserveCapacity(object.count)
            for (key, value) in object {
                guard let member = Value(value, depth: depth - 1) else { return nil }
                members[MappingKey(key)] = member
            }
            self = .dictionary(Mapping(members))
        }
    }
}
