import JSONValues

extension Value {
    /// The roles that templates write special tokens for, some of them by putting the name between marks. Whoever gives
    /// a message one of these only says whose it is.
    private static let roles: Set<String> = [
        "system", "developer", "user", "assistant", "model", "tool", "function", "ipython", "environment", "context",
        "documents", "observation",
    ]

    /// The value of `json`, or nil if it nests deeper than `depth`.
    ///
    /// - Parameter isInput: whether its texts are marked as input.
    init?(_ json: JSON, depth: Int, isInput: Bool = false) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .number(value)
        case .largeInteger: self = .number(json.doubleValue ?? .nan)
        case .string(let text): self = .string(MarkedText(text, isInput: isInput))
        case .array(let elements):
            guard depth > 0 else { return nil }
            var items: [Value] = []
            items.reserveCapacity(elements.count)
            for element in elements {
                guard let item = Value(element, depth: depth - 1, isInput: isInput) else { return nil }
                items.append(item)
            }
            self = .list(items)
        case .object(let object):
            guard depth > 0 else { return nil }
            var members = Mapping.Members()
            members.reserveCapacity(object.count)
            for (key, value) in object {
                let isRole = key == "role" && value.stringValue.map(Self.roles.contains) == true
                guard let member = Value(value, depth: depth - 1, isInput: isInput && !isRole) else { return nil }
                members[MappingKey(key, isInput: isInput)] = member
            }
            self = .dictionary(Mapping(members))
        }
    }
}
