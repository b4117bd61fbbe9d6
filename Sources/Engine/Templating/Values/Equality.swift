/// A key of a dictionary; keys are equal as Python has it: `1`, `1.0` and `true` are one key.
struct MappingKey: Hashable {
    let value: Value

    /// A key of a value, or nil if Python could not hash it.
    init?(_ value: Value) {
        guard value.isHashable else { return nil }
        self.value = value
    }

    init(_ text: String, isInput: Bool = false) { value = .string(MarkedText(text, isInput: isInput)) }

    static func == (left: MappingKey, right: MappingKey) -> Bool { left.value.equals(right.value) }

    func hash(into hasher: inout Hasher) { value.hash(into: &hasher) }
}

extension Value {
    var isHashable: Bool {
        switch self {
        case .list, .dictionary: false
        case .tuple(let elements): elements.items.allSatisfy(\.isHashable)
        default: true
        }
    }

    fileprivate func hash(into hasher: inout Hasher) {
        switch self {
        case .bool, .integer, .number:
            let number = double ?? 0
            hasher.combine(number == 0 ? 0 : number)
        case .string(let text), .markup(let text):
            var text = text.text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        case .tuple(let elements):
            for item in elements.items { item.hash(into: &hasher) }
        case .range(let range): hasher.combine(range.items.count)
        case .iterator(let iterator): hasher.combine(ObjectIdentifier(iterator))
        case .namespace(let namespace): hasher.combine(ObjectIdentifier(namespace))
        case .loop(let loop): hasher.combine(ObjectIdentifier(loop))
        case .function(let function): hasher.combine(ObjectIdentifier(function))
        case .undefined, .none, .list, .dictionary: break
        }
    }

    /// Python's `==`.
    func equals(_ other: Value) -> Bool {
        switch (self, other) {
        case (.undefined, .undefined), (.none, .none): return true
        case (.integer(let left), .integer(let right)): return left == right
        case (.bool, .bool), (.bool, .integer), (.integer, .bool): return integer == other.integer
        case (.number, .number), (.number, .integer), (.integer, .number), (.number, .bool), (.bool, .number):
            return double == other.double
        case (.string(let left), .string(let right)), (.string(let left), .markup(let right)),
            (.markup(let left), .string(let right)), (.markup(let left), .markup(let right)):
            return left.text.isIdentical(to: right.text)
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            return left.items.count == right.items.count
                && zip(left.items, right.items).allSatisfy { $0.equals($1) }
        case (.dictionary(let left), .dictionary(let right)):
            return left.members.count == right.members.count
                && left.members.allSatisfy { key, value in right.members[key].map(value.equals) ?? false }
        case (.range(let left), .range(let right)):
            return left.items.count == right.items.count
                && zip(left.items, right.items).allSatisfy { $0.equals($1) }
        case (.iterator(let left), .iterator(let right)): return left === right
        case (.namespace(let left), .namespace(let right)): return left === right
        case (.loop(let left), .loop(let right)): return left === right
        case (.function(let left), .function(let right)): return left === right
        default: return false
        }
    }

    /// Python's `<`, `==` and `>` as a sign, or nil if the values have no order.
    func compare(_ other: Value) -> Int? {
        if let left = integer, let right = other.integer { return left < right ? -1 : left > right ? 1 : 0 }
        if let left = double, let right = other.double { return left < right ? -1 : left > right ? 1 : 0 }
        if let left = text, let right = other.text {
            // Scalar values order as UTF-8 bytes do.
            if left.isIdentical(to: right) { return 0 }
            return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
        }
        switch (self, other) {
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            for (first, second) in zip(left.items, right.items) where !first.equals(second) {
                return first.compare(second)
            }
            return (left.items.count - right.items.count).signum()
        default: return nil
        }
    }
}

extension String {
    /// Whether the scalars are the same; `==` would also take canonically equivalent texts for equal.
    func isIdentical(to other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }
}
