import Essentials
import JSONValues
import Yams

/// A value of a YAML file that knows its line.
struct ConfigurationNode {
    let path: String
    private let node: Node

    /// Reads a text of one document.
    init(yaml text: String, path: String) throws(MergeError) {
        let node: Node?
        do { node = try Yams.compose(yaml: text) } catch {
            var reason = "\(error)".replacing("\n", with: " ")
            while reason.last?.isWhitespace == true || reason.last == "." { reason.removeLast() }
            throw MergeError(path: path, reason: "this is not valid YAML: \(reason)")
        }
        guard let node else { throw MergeError(path: path, reason: "the file is empty") }
        self.init(node, path: path)
    }

    private init(_ node: Node, path: String) { (self.node, self.path) = (node, path) }

    /// An error at this value.
    func error(_ reason: String, remedy: String? = nil) -> MergeError {
        MergeError(path: path, line: node.mark?.line, reason: reason, remedy: remedy)
    }

    /// What kind of value this is, for errors.
    var kind: String {
        switch node {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar(let scalar): isNull ? "nothing" : "\"\(scalar.string)\""
        default: "a reference"
        }
    }

    var isNull: Bool { node.null != nil && isPlain }
    var isMapping: Bool { node.mapping != nil }
    private var isPlain: Bool { node.scalar?.style == .plain || node.scalar?.style == .any }

    /// The members of a mapping in their order, nulls left out; a key that is not among `known`, or stands twice, is an error.
    func members(_ what: String, known: [String]? = nil) throws(MergeError) -> [(key: String, value: ConfigurationNode)]
    {
        guard let mapping = node.mapping else { throw error("\(what) must be a mapping of keys, not \(kind)") }
        var members: [(key: String, value: ConfigurationNode)] = []
        for (key, value) in mapping {
            let place = ConfigurationNode(key, path: path)
            guard let name = key.scalar?.string else { throw place.error("a key must be a word, not \(place.kind)") }
            if let known, !known.contains(name) {
                let nearest = Spelling.nearest(to: name, among: known).map { "The nearest that it knows is \($0)" }
                throw MergeError(
                    path: path, line: key.mark?.line, reason: "\(what) knows no key \(name)",
                    remedy: nearest ?? "It knows \(known.joined(separator: ", "))")
            }
            guard !members.contains(where: { $0.key == name }) else {
                throw place.error("the key \(name) stands twice")
            }
            let member = ConfigurationNode(value, path: path)
            if !member.isNull { members.append((name, member)) }
        }
        return members
    }

    /// The elements of a list.
    func elements(_ what: String) throws(MergeError) -> [ConfigurationNode] {
        guard let sequence = node.sequence else { throw error("\(what) must be a list, not \(kind)") }
        return sequence.map { ConfigurationNode($0, path: path) }
    }

    var isList: Bool { node.sequence != nil }

    /// A text.
    func string(_ what: String) throws(MergeError) -> String {
        guard let scalar = node.scalar, !isNull else { throw error("\(what) must be a text, not \(kind)") }
        return scalar.string
    }

    /// A whole number.
    func integer(_ what: String) throws(MergeError) -> Int {
        guard let number = number, let whole = Int(exactly: number) else {
            throw error("\(what) must be a whole number, not \(kind)")
        }
        return whole
    }

    /// A number, also one that YAML takes for a text, as 1e-5.
    var number: Double? {
        guard let text = node.scalar?.string, flag == nil || !isPlain else { return nil }
        if isPlain, let whole = node.int { return Double(whole) }
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// A Boolean.
    var flag: Bool? {
        guard let text = node.scalar?.string.lowercased() else { return nil }
        if ["true", "yes", "on"].contains(text) { return true }
        return ["false", "no", "off"].contains(text) ? false : nil
    }

    /// The values that a configuration may have: aliases can stand for many times what is written.
    private static let mostValues = 100_000

    /// The whole value; what is written plainly is a number, a Boolean or null where it reads so.
    func json() throws(MergeError) -> JSON {
        var count = 0
        return try json(&count)
    }

    private func json(_ count: inout Int) throws(MergeError) -> JSON {
        count += 1
        guard count <= Self.mostValues else {
            throw error(
                "there are more than \(Self.mostValues) values, those that aliases stand for among them",
                remedy: "Write the configuration without nested aliases")
        }
        switch node {
        case .mapping(let mapping):
            var object = JSON.Object()
            for (key, value) in mapping {
                object[key.scalar?.string ?? ""] = try ConfigurationNode(value, path: path).json(&count)
            }
            return .object(object)
        case .sequence(let sequence):
            var array: [JSON] = []
            for element in sequence { array.append(try ConfigurationNode(element, path: path).json(&count)) }
            return .array(array)
        case .scalar(let scalar):
            if !isPlain { return .string(scalar.string) }
            if isNull { return .null }
            if let flag { return .bool(flag) }
            if let whole = node.int { return .integer(whole) }
            return number.map(JSON.number) ?? .string(scalar.string)
        default: return .null
        }
    }
}
