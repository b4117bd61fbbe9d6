/// What a tensor is for; the file of each part of a network says which roles it has.
package struct TensorRole: Sendable, Hashable, CustomStringConvertible {
    /// The role in a word, as it stands in the code.
    package let description: String

    init(_ name: String) { description = name }
}

/// How a family's files call the tensors of one role, and how the weights lie in them.
package struct TensorName: Sendable, Hashable, ExpressibleByStringLiteral {
    /// How the rows of several roles lie in one tensor.
    package enum Fusion: Sendable, Hashable {
        /// All rows of the first role, then all of the second, ...
        case concatenated
        /// For each key/value head the rows of its query heads, then those of its key, then those of its value.
        case grouped
    }

    /// `{}` stands for the number of the layer, `{e}` for that of the expert or head.
    let pattern: String
    var fusion: Fusion?
    var isTransposed = false

    /// Names a tensor of its own.
    package init(stringLiteral pattern: String) { self.pattern = pattern }

    /// A tensor whose rows belong to several roles.
    static func fused(_ pattern: String, _ fusion: Fusion = .concatenated) -> TensorName {
        var name = TensorName(stringLiteral: pattern)
        name.fusion = fusion
        return name
    }

    /// The same tensor stored as `[inputs, outputs]`.
    var transposed: TensorName {
        var name = self
        name.isTransposed = true
        return name
    }

    /// Whether there is a tensor for each expert or head.
    var isNumbered: Bool { pattern.contains("{e}") }

    /// The name with its numbers in place. Biases have the ending `.bias` where weights have `.weight`; patterns that end
    /// in a `!` are whole names, whose biases end in `_bias`.
    func name(layer: Int, number: Int = 0, _ part: TensorNames.Part = .weight) -> String {
        var text = ""
        var rest = pattern.utf8[...]
        while let open = rest.firstIndex(of: UInt8(ascii: "{")), let close = rest.firstIndex(of: UInt8(ascii: "}")) {
            text += String(Substring(rest[..<open]))
            text += String(rest.index(after: open) == close ? layer : number)
            rest = rest[rest.index(after: close)...]
        }
        text += String(Substring(rest))
        guard text.hasSuffix("!") else { return "\(text).\(part.rawValue)" }
        return text.dropLast() + (part == .bias ? "_bias" : "")
    }

    /// The name that a normalization's tensor has in files converted from TensorFlow.
    func oldName(layer: Int, _ part: TensorNames.Part) -> String {
        let name = name(layer: layer, part)
        let endings: [TensorNames.Part: String] = [.weight: "gamma", .bias: "beta"]
        guard name.hasSuffix("LayerNorm.\(part.rawValue)"), let ending = endings[part] else { return name }
        return String(name.dropLast(part.rawValue.count)) + ending
    }
}

/// The names of a family's tensors.
package struct TensorNames: Sendable {
    /// Which of a pair of tensors is meant.
    package enum Part: String, Sendable {
        case weight, bias
    }

    private var names: [TensorRole: [TensorName]]
    private var sourceNames: [TensorRole: [TensorName]] = [:]
    /// Beginnings of all names that some files have and others leave out.
    private(set) var prefixes: [String]

    /// One name for each role.
    package init(_ names: [TensorRole: TensorName], prefixes: [String] = [""]) {
        self.names = names.mapValues { [$0] }
        self.prefixes = prefixes
    }

    /// All names as they were written, with the places of their numbers.
    var allPatterns: [String] {
        (Array(names.values) + Array(sourceNames.values)).flatMap { $0.map(\.pattern) }
    }

    /// The names in the encoder of source texts.
    var ofSource: TensorNames {
        var result = self
        // By the names of embeddings it is found out what stands before all others.
        result.names = sourceNames.merging([.embedding: candidates(.embedding)]) { $1 }
        result.sourceNames = [:]
        return result
    }

    /// These names, and those of the encoder of source texts.
    func withSource(
        _ others: [TensorRole: TensorName], allowing more: [TensorRole: TensorName] = [:]
    ) -> TensorNames {
        var result = self
        result.sourceNames = others.mapValues { [$0] }
        for (role, name) in more { result.sourceNames[role, default: []].append(name) }
        return result
    }

    /// The roles that have a name.
    var roles: [TensorRole] { names.keys.sorted { $0.description < $1.description } }

    /// The names that a role can have, the preferred one first.
    func candidates(_ role: TensorRole) -> [TensorName] { names[role] ?? [] }

    /// These names with other beginnings.
    func withPrefixes(_ prefixes: [String]) -> TensorNames {
        var result = self
        result.prefixes = prefixes
        return result
    }

    /// These names with some others in their place.
    func replacing(_ others: [TensorRole: TensorName]) -> TensorNames {
        var result = self
        for (role, name) in others { result.names[role] = [name] }
        return result
    }

    /// These names without those of some roles.
    func without(_ roles: [TensorRole]) -> TensorNames {
        var result = self
        for role in roles { result.names[role] = nil }
        return result
    }

    /// These names and more that stand for the same where they are in a file.
    func allowing(_ others: [TensorRole: TensorName]) -> TensorNames {
        var result = self
        for (role, name) in others { result.names[role, default: []].append(name) }
        return result
    }
}
