package import Checkpoints
package import JSONValues
import OrderedCollections
import Tensors

/// What differs between two models: tensors, keys of their configurations, tokens.
package struct ModelDifference: Sendable {
    /// A key whose values differ; nil where it is missing.
    package struct Key: Sendable, Hashable {
        /// The file and the path of the key in it, as `config.json rope_scaling.type`.
        package let name: String
        /// The two values.
        package let values: [JSON?]
    }

    /// The tensors that differ, in the order of the models.
    package let tensors: [TensorDifference]
    /// The number of tensors that are equal.
    package let equalCount: Int
    /// The keys that differ.
    package let keys: [Key]

    /// Whether nothing differs.
    package var isEmpty: Bool { tensors.isEmpty && keys.isEmpty }

    /// Compares two models, or files of weights, tensor by tensor; memory does not depend on their size.
    package init(_ a: Checkpoint, _ b: Checkpoint, threads: Int = ThreadPool.machineThreads) throws {
        let pool = ThreadPool(threads: threads)
        var found: [TensorDifference] = []
        var equal = 0
        for name in OrderedSet(a.tensors.keys).union(b.tensors.keys) {
            if let difference = try TensorDifference(a.tensors[name], b.tensors[name], pool: pool) {
                found.append(difference)
            } else {
                equal += 1
            }
        }
        (tensors, equalCount) = (found, equal)
        keys = try Self.keys(a, b)
    }

    private static func keys(_ a: Checkpoint, _ b: Checkpoint) throws -> [Key] {
        switch (a.metadata, b.metadata) {
        case (.huggingFace(let a), .huggingFace(let b)):
            var keys: [Key] = []
            let files = ["config.json", "generation_config.json", "tokenizer_config.json", "special_tokens_map.json"]
            for name in files {
                add(&keys, name, try ModuleFolder(a.folder).json(name), try ModuleFolder(b.folder).json(name))
            }
            if a.chatTemplate != b.chatTemplate {
                keys.append(
                    Key(name: "chat template", values: [a.chatTemplate, b.chatTemplate].map { $0.map { .string($0) } }))
            }
            let (first, second) = (try TokenizerFile(folder: a.folder)?.ids, try TokenizerFile(folder: b.folder)?.ids)
            for token in OrderedSet(first?.keys ?? []).union(second?.keys ?? [])
            where first?[token] != second?[token] {
                keys.append(
                    Key(
                        name: "token \(token)", values: [first?[token], second?[token]].map { $0.map { .integer($0) } })
                )
            }
            return keys
        case (.gguf(let a), .gguf(let b)):
            return try OrderedSet(a.keys).union(b.keys).compactMap { key in
                let (first, second) = (
                    try a.keys.contains(key) ? a.value(key) : nil, try b.keys.contains(key) ? b.value(key) : nil
                )
                let texts = [first, second].map { $0.map { "\($0)" } }
                return texts[0] == texts[1] ? nil : Key(name: key, values: texts.map { $0.map { .string($0) } })
            }
        default: return []
        }
    }

    /// Adds what differs, objects member by member.
    private static func add(_ keys: inout [Key], _ name: String, _ a: JSON?, _ b: JSON?) {
        if a == b { return }
        guard let first = a?.objectValue, let second = b?.objectValue else {
            keys.append(Key(name: name, values: [a, b]))
            return
        }
        let separator = name.hasSuffix(".json") ? " " : "."
        for key in OrderedSet(first.keys).union(second.keys) {
            add(&keys, name + separator + key, first[key], second[key])
        }
    }

    /// One object: `equal`, `tensors`, `equal_tensors`, `keys`.
    package var json: JSON {
        [
            "equal": .bool(isEmpty), "equal_tensors": .integer(equalCount), "tensors": .array(tensors.map(\.json)),
            "keys": .array(
                keys.map { ["name": .string($0.name), "values": .array($0.values.map { $0 ?? .null })] }),
        ]
    }
}
