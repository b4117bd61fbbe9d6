/// The tensors of a pickled value by name: the state dict itself, or the one in what training scripts save around it.
struct StateDict {
    /// Keys that state dicts are saved under, the usual first.
    static let wrappers = ["state_dict", "model_state_dict", "model", "module", "params", "weights", "net"]
    /// Prefixes that wrapping a module for training adds to every name.
    static let prefixes = ["module.", "_orig_mod."]
    static let maximumDepth = 16

    private let machine: PickleMachine
    private var visited: Set<Int> = []
    private(set) var tensors: [(name: String, tensor: PickledTensor)] = []

    init(_ value: PickleValue, in machine: PickleMachine) throws(CheckpointError) {
        self.machine = machine
        guard case .dictionary(let top) = value else {
            throw error("it holds \(value.kind), not a dictionary of tensors")
        }
        let root = try Self.root(from: top, in: machine)
        try flatten(root, prefix: "", depth: 0)
        guard !tensors.isEmpty else {
            throw error("there are no tensors in it; its keys are \(Self.keys(top, machine))")
        }
        for prefix in Self.prefixes where tensors.allSatisfy({ $0.name.hasPrefix(prefix) }) {
            tensors = tensors.map { (String($0.name.dropFirst(prefix.count)), $0.tensor) }
        }
    }

    /// Descends through dictionaries without tensors of their own as long as a key says where the state dict is.
    private static func root(from top: Int, in machine: PickleMachine) throws(CheckpointError) -> Int {
        var root = top
        for _ in 0..<maximumDepth {
            var inner: [String: Int] = [:]
            for pair in machine.dictionaries[root] {
                if case .tensor = pair.value { return root }
                if case (.string(let key), .dictionary(let index)) = (pair.key, pair.value) { inner[key] = index }
            }
            guard let key = wrappers.first(where: { inner[$0] != nil }), let next = inner[key] else { return root }
            root = next
        }
        return root
    }

    /// Collects tensors; dictionaries in dictionaries are joined with dots. What is no tensor is left out.
    private mutating func flatten(_ dictionary: Int, prefix: String, depth: Int) throws(CheckpointError) {
        guard depth < Self.maximumDepth, visited.insert(dictionary).inserted else {
            throw error("the dictionary \(prefix) contains itself, is there twice, or lies \(depth) deep")
        }
        for pair in machine.dictionaries[dictionary] {
            guard case .string(let key) = pair.key else { continue }
            switch pair.value {
            case .tensor(let index): tensors.append((prefix + key, machine.tensors[index]))
            case .dictionary(let inner): try flatten(inner, prefix: "\(prefix)\(key).", depth: depth + 1)
            default: continue
            }
        }
    }

    private func error(_ reason: String) -> CheckpointError {
        CheckpointError(
            path: machine.cursor.file.path, location: machine.name, reason: reason,
            remedy: "Save the model's state_dict() with torch.save")
    }

    private static func keys(_ dictionary: Int, _ machine: PickleMachine) -> String {
        let keys = machine.dictionaries[dictionary].prefix(8).map { pair in
            if case .string(let key) = pair.key { key } else { pair.key.kind }
        }
        return keys.isEmpty ? "none" : keys.joined(separator: ", ")
    }
}
