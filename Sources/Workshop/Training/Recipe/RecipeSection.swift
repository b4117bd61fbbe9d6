import Essentials
import Files
import Yams

/// A mapping of a recipe's file, read key by key; what was not read in the end is an unknown key.
final class RecipeSection {
    /// The file.
    let path: String
    /// The line that the mapping begins on, from 1.
    let line: Int
    /// What stands before its keys in errors, such as `datasets[0].`; empty at the top.
    private let prefix: String
    private var entries: [String: (line: Int, value: Node)] = [:]
    private(set) var unread: [String] = []

    init(_ node: Node, path: String, prefix: String = "") throws(TrainingError) {
        (self.path, self.prefix, line) = (path, prefix, node.mark?.line ?? 1)
        guard case .mapping(let mapping) = node else {
            throw TrainingError(
                .recipe, at: "\(path), line \(line)",
                prefix.isEmpty ? "is no mapping of keys" : "\(prefix.dropLast()) is no mapping of keys",
                remedy: "write key: value")
        }
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            entries[name] = (key.mark?.line ?? line, value)
            unread.append(name)
        }
    }

    /// Reads the file at `path`.
    static func read(_ path: String) throws(TrainingError) -> RecipeSection {
        let bytes: [UInt8]
        do { bytes = try FileSystem.contents(of: path, limit: 4 << 20) } catch {
            throw TrainingError(.recipe, at: path, "cannot be read: \(error.reason)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw TrainingError(.recipe, at: path, "is not UTF-8 text")
        }
        return try parse(text, path: path)
    }

    static func parse(_ text: String, path: String) throws(TrainingError) -> RecipeSection {
        let node: Node?
        do { node = try Yams.compose(yaml: text) } catch {
            throw TrainingError(.recipe, at: path, "is not valid YAML: \(error)")
        }
        guard let node else { throw TrainingError(.recipe, at: path, "is empty") }
        return try RecipeSection(node, path: path)
    }

    /// Whether the key stands there with a value other than null.
    func has(_ key: String) -> Bool { entries[key].map { !Self.isNull($0.value) } ?? false }

    /// An error about `key`.
    func error(_ key: String, _ reason: String, _ remedy: String = "") -> TrainingError {
        TrainingError(
            .recipe, at: "\(path), line \(entries[key]?.line ?? line)", "\(prefix)\(key) \(reason)", remedy: remedy)
    }

    /// The error for a key that must be there, which names the one that was meant for it, if there is such a one.
    func missing(_ key: String, _ remedy: String = "") -> TrainingError {
        guard let meant = unread.first(where: { Spelling.isNear($0, key) }) else {
            return error(key, "is missing", remedy)
        }
        return error(meant, "is no key that is known here", "did you mean \(key)?")
    }

    /// The key's value, which counts as read then; nil if it is missing or null.
    private func take(_ key: String) -> Node? {
        unread.removeAll { $0 == key }
        guard let value = entries[key]?.value, !Self.isNull(value) else { return nil }
        return value
    }

    /// Marks a key as known.
    func pass(_ key: String) { _ = take(key) }

    private static func isNull(_ node: Node) -> Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "null", "Null", "NULL", "~", "None"].contains(scalar.string)
    }

    /// The values of a key that is a scalar or a list of them, as text.
    private func texts(_ node: Node, _ key: String) throws(TrainingError) -> [String] {
        let elements: [Node] = if case .sequence(let sequence) = node { Array(sequence) } else { [node] }
        var texts: [String] = []
        for element in elements {
            guard case .scalar(let scalar) = element else { throw error(key, "is no list of texts") }
            texts.append(scalar.string)
        }
        return texts
    }
}

extension RecipeSection {
    /// Whether the key's value is a list or mapping.
    func isNested(_ key: String) -> Bool {
        switch entries[key]?.value {
        case .mapping, .sequence: true
        default: false
        }
    }

    /// Whether the key's value is a mapping.
    func isMapping(_ key: String) -> Bool {
        if case .mapping = entries[key]?.value { true } else { false }
    }

    func text(_ key: String) throws(TrainingError) -> String? {
        guard let node = take(key) else { return nil }
        guard case .scalar(let scalar) = node else { throw error(key, "is a list or mapping, not a text") }
        return scalar.string
    }

    func list(_ key: String) throws(TrainingError) -> [String]? {
        guard let node = take(key) else { return nil }
        return try texts(node, key)
    }

    func number(_ key: String, _ range: ClosedRange<Double>) throws(TrainingError) -> Double? {
        guard let text = try text(key) else { return nil }
        guard let value = Double(text.replacing("_", with: "")), range.contains(value) else {
            let bounds =
                range.upperBound == .greatestFiniteMagnitude
                ? "from \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            throw error(key, "is \(text), not a number \(bounds)")
        }
        return value
    }

    func integer(_ key: String, _ range: ClosedRange<Int>) throws(TrainingError) -> Int? {
        guard let text = try text(key) else { return nil }
        // 1e3 and 1000.0 are whole numbers too.
        guard let value = Int(text.replacing("_", with: "")) ?? Double(text).flatMap(Int.init(exactly:)),
            range.contains(value)
        else { throw error(key, "is \(text), not a whole number from \(range.lowerBound) to \(range.upperBound)") }
        return value
    }

    func flag(_ key: String) throws(TrainingError) -> Bool? {
        guard let text = try text(key) else { return nil }
        switch text.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default: throw error(key, "is \(text), not true or false")
        }
    }

    /// A value by its name, of those in `names`.
    func choice<Value>(_ key: String, _ names: [(String, Value)]) throws(TrainingError) -> Value? {
        guard let text = try text(key) else { return nil }
        if let match = names.first(where: { $0.0 == text }) { return match.1 }
        let known = names.map(\.0)
        throw error(key, "is \(text)", Self.advice(for: text, among: known))
    }

    /// The mapping under a key.
    func section(_ key: String) throws(TrainingError) -> RecipeSection? {
        guard let node = take(key) else { return nil }
        return try RecipeSection(node, path: path, prefix: "\(prefix)\(key).")
    }

    /// The mappings in the list under a key.
    func sections(_ key: String) throws(TrainingError) -> [RecipeSection]? {
        guard let node = take(key) else { return nil }
        // One mapping stands for a list of one.
        guard case .sequence(let sequence) = node else {
            return [try RecipeSection(node, path: path, prefix: "\(prefix)\(key).")]
        }
        var sections: [RecipeSection] = []
        for (index, element) in sequence.enumerated() {
            sections.append(try RecipeSection(element, path: path, prefix: "\(prefix)\(key)[\(index)]."))
        }
        return sections
    }

    /// A mapping of texts to lists of texts, or to single ones.
    func table(_ key: String) throws(TrainingError) -> [(String, [String])]? {
        guard let node = take(key) else { return nil }
        guard case .mapping(let mapping) = node else { throw error(key, "is no mapping") }
        var table: [(String, [String])] = []
        for (name, value) in mapping { table.append((name.scalar?.string ?? "", try texts(value, key))) }
        return table
    }

    /// What to do about an unknown name: the nearest known one, or all of them where they are few.
    static func advice(for name: String, among known: [String]) -> String {
        if let nearest = Spelling.nearest(to: name, among: known) { return "did you mean \(nearest)?" }
        return known.count <= 24
            ? "known are \(known.joined(separator: ", "))" : "docs/training.md lists the known ones"
    }

    /// Refuses what nobody read.
    func finish(known: [String]) throws(TrainingError) {
        // A known key without a value is one that was asked for only where it has one.
        guard let key = unread.first(where: { has($0) || !known.contains($0) }) else { return }
        throw error(key, "is no key that is known here", Self.advice(for: key, among: known))
    }
}
