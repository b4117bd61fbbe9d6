import OrderedCollections

/// A value of the template language, with the meaning that it has in Python.
///
/// Containers never change once made (the sandbox of chat templates forbids it); only namespaces do.
enum Value {
    /// Something that does not exist, with the message of the error that its use is.
    case undefined(String)
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(MarkedText)
    /// Text that `safe` or `escape` marked: joined to plain text with `+` it escapes that text.
    case markup(MarkedText)
    case list(Elements)
    case tuple(Elements)
    case dictionary(Mapping)
    case range(PythonRange)
    case iterator(ValueIterator)
    case namespace(Namespace)
    case loop(Loop)
    case function(Function)
}

/// The elements of a list or tuple.
final class Elements {
    let items: [Value]
    let extent: Extent

    init(_ items: [Value]) {
        self.items = items
        extent = Extent(around: items)
    }
}

/// A dictionary in the order of its insertions.
final class Mapping {
    typealias Members = OrderedDictionary<MappingKey, Value>

    let members: Members
    let extent: Extent

    init(_ members: Members) {
        self.members = members
        extent = Extent(around: members.values).adding(Extent(around: members.keys.lazy.map(\.value)))
    }
}

/// How much there is in a container, counted when it is made. The same list can be in many places of a small value, so
/// that going through it takes time out of all proportion to the memory it occupies.
struct Extent {
    /// How deep containers nest.
    var depth = 0
    /// The number of values, and of 64-byte pieces of text, that going through everything passes.
    var size = 1
    /// Whether any text in it came from the template's input.
    var hasInput = false

    init(depth: Int = 0, size: Int = 1, hasInput: Bool = false) {
        self.depth = depth
        self.size = size
        self.hasInput = hasInput
    }

    init(around values: some Sequence<Value>) {
        for value in values { self = adding(value.extent) }
        depth += 1
    }

    func adding(_ other: Extent) -> Extent {
        let (sum, overflow) = size.addingReportingOverflow(other.size)
        return Extent(
            depth: max(depth, other.depth), size: overflow ? .max : sum, hasInput: hasInput || other.hasInput)
    }
}

/// What `range()` returns.
final class PythonRange {
    let start: Int
    let stop: Int
    let step: Int
    let items: [Value]

    init(start: Int, stop: Int, step: Int) {
        self.start = start
        self.stop = stop
        self.step = step
        items = stride(from: start, to: stop, by: step).map { .integer($0) }
    }
}

/// Elements that can be gone through once (generators), or the views that a dictionary's `keys()` and alike return.
final class ValueIterator {
    enum Kind: String {
        case generator
        case keys = "dict_keys"
        case values = "dict_values"
        case items = "dict_items"
    }

    let kind: Kind
    let extent: Extent
    private(set) var items: [Value]

    init(_ kind: Kind = .generator, _ items: [Value]) {
        self.kind = kind
        self.items = items
        extent = Extent(around: items)
    }

    /// The elements that are left; a generator has none afterwards.
    func consume() -> [Value] {
        defer { if kind == .generator { items = [] } }
        return items
    }

    /// Takes the first element.
    func next() -> Value? { items.isEmpty ? nil : items.removeFirst() }
}

/// What `namespace()` returns: the only value that a template can change.
final class Namespace {
    var members: Mapping.Members

    init(_ members: Mapping.Members) { self.members = members }
}

extension Value {
    /// How much there is to go through in this value.
    var extent: Extent {
        switch self {
        case .list(let elements), .tuple(let elements): elements.extent
        case .dictionary(let mapping): mapping.extent
        case .iterator(let iterator): iterator.extent
        case .range(let range): Extent(depth: 1, size: range.items.count)
        case .string(let text), .markup(let text): Extent(size: 1 + text.text.utf8.count / 64, hasInput: text.hasInput)
        default: Extent()
        }
    }

    static func list(_ items: [Value]) -> Value { .list(Elements(items)) }
    static func tuple(_ items: [Value]) -> Value { .tuple(Elements(items)) }

    var isUndefined: Bool {
        if case .undefined = self { true } else { false }
    }

    /// The text of a string, or nil for any other kind.
    var text: String? { marked?.text }

    /// The text of a string with what it knows of its origin, or nil for any other kind.
    var marked: MarkedText? {
        switch self {
        case .string(let text), .markup(let text): text
        default: nil
        }
    }

    /// The integer of an integer or a Boolean, as Python counts.
    var integer: Int? {
        switch self {
        case .integer(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    /// The number of an integer, a float or a Boolean.
    var double: Double? {
        if case .number(let value) = self { return value }
        return integer.map(Double.init)
    }

    /// Whether a test (`if`, `and`, `not`) takes this for true.
    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .number(let value): value != 0
        case .string(let text), .markup(let text): !text.isEmpty
        case .list(let elements), .tuple(let elements): !elements.items.isEmpty
        case .dictionary(let mapping): !mapping.members.isEmpty
        case .range(let range): !range.items.isEmpty
        case .iterator(let iterator): iterator.kind == .generator || !iterator.items.isEmpty
        case .namespace, .loop, .function: true
        }
    }

    /// The name of the value's type, as Python's messages have it.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .integer: "int"
        case .number: "float"
        case .string: "str"
        case .markup: "Markup"
        case .list: "list"
        case .tuple: "tuple"
        case .dictionary: "dict"
        case .range: "range"
        case .iterator(let iterator): iterator.kind.rawValue
        case .namespace: "Namespace"
        case .loop: "LoopContext"
        case .function: "function"
        }
    }

    /// The value in a message about a missing member.
    var objectName: String {
        if case .none = self { "None" } else { "'\(typeName) object'" }
    }
}
