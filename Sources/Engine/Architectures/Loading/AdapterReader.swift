import Checkpoints
import Tensors

/// Finds what an adapter has for the tensors of a network, and remembers what was taken.
///
/// Adapters are made for Hugging Face's names and order of rows, whatever the base is stored as: on a GGUF base the rows of
/// queries and keys are brought into the order that llama.cpp's converter gave them.
final class AdapterReader {
    private let adapter: LowRankAdapter
    private let names: TensorNames
    private let isGGUF: Bool
    private let permutesHeads: Bool
    private var used: Set<String> = []
    private var usedBiases: Set<String> = []

    init(_ adapter: LowRankAdapter, family: Family, isGGUF: Bool) {
        self.adapter = adapter
        self.isGGUF = isGGUF
        names = family.tensorNames
        permutesHeads = isGGUF && family.ggufPermutesHeads
    }

    /// What stands for a tensor in the adapter.
    struct Found<Value> {
        let name: String
        let form: TensorName
        let value: Value
    }

    /// The tensor that takes the place of a role's own.
    func replacement(
        _ role: TensorRole, layer: Int, number: Int, _ part: TensorNames.Part
    ) throws -> Found<StoredTensor>? {
        guard let found = find(role, layer, number, part, in: { adapter.replacements[$0] }) else { return nil }
        // Converters change the values of norms and states, too, not only their order.
        if isGGUF, part == .weight, found.value.shape.count != 2 {
            throw error(
                found.name, "replaces a tensor that GGUF files hold in another form; use it with the original model")
        }
        used.insert(found.name)
        return found
    }

    /// What is added to a role's matrix of `rows` by `columns`; `fused` says which rows of a common tensor are the role's.
    func update(
        _ role: TensorRole, layer: Int, number: Int, rows: Int, columns: Int, fused: TensorReader.Rows?
    ) throws -> LowRankUpdate? {
        guard let found = module(role, layer, number) else { return nil }
        let module = found.value
        var (down, up) = (try module.a.matrix(), try module.b.matrix())
        if module.isEmbedding {
            // An embedding [tokens, channels] is the transposed of what A [rank, tokens] and B [channels, rank] make.
            (down, up) = (up.transposedValues() ?? up, down.transposedValues() ?? down)
        }
        let expected = found.form.fusion == nil ? rows : fused?.total ?? rows
        guard up.rows == expected, down.columns == columns else {
            throw error(
                found.name,
                "changes a matrix of shape [\(up.rows), \(down.columns)], but the model's is [\(expected), \(columns)]: it "
                    + "was made for another model")
        }
        used.insert(found.name)
        let update = LowRankUpdate(down: down, up: up, scale: module.scale)
        return order(role, found.form, fused).map { update.rows($0) } ?? update
    }

    /// What is added to a role's bias.
    func biasUpdate(_ role: TensorRole, layer: Int, number: Int, fused: TensorReader.Rows?) throws -> [Float]? {
        guard let found = module(role, layer, number), let bias = found.value.bias else { return nil }
        usedBiases.insert(found.name)
        // Its length is that of the matrix' rows, which were checked before.
        let values = try bias.matrix().decoded().map { $0 * found.value.scale }
        return order(role, found.form, fused).map { $0.flatMap { values[$0] } } ?? values
    }

    /// The first of the adapter's modules that changes a matrix of the network outside its blocks.
    func nameOfModule(for roles: [TensorRole]) -> String? {
        roles.lazy.compactMap { self.module($0, 0, 0)?.name }.first
    }

    private func module(
        _ role: TensorRole, _ layer: Int, _ number: Int
    ) -> Found<LowRankAdapter.Module>? {
        find(role, layer, number, .weight) { adapter.modules[$0] }
    }

    private func find<Value>(
        _ role: TensorRole, _ layer: Int, _ number: Int, _ part: TensorNames.Part, in value: (String) -> Value?
    ) -> Found<Value>? {
        for form in names.candidates(role) {
            let name = form.name(layer: layer, number: number, part)
            // Networks that were trained without their head have names without the first part.
            let headless = name.hasPrefix("model.") ? [String(name.dropFirst("model.".count))] : []
            for name in names.prefixes.map({ $0 + name }) + [name] + headless {
                if let value = value(name) { return Found(name: name, form: form, value: value) }
            }
        }
        return nil
    }

    /// The role's own rows of a tensor of `form`, in the order of the base; nil for all as they are.
    func order(_ role: TensorRole, _ form: TensorName, _ rows: TensorReader.Rows?) -> [Range<Int>]? {
        guard let rows else { return nil }
        let own = form.fusion.map(rows.ranges)
        guard permutesHeads, role == .query || role == .key else { return own }
        let count = rows.counts[rows.index]
        let half = rows.counts[1] / rows.groups / 2
        guard half > 0 else { return own }
        let all = own.map { $0.flatMap { Array($0) } } ?? Array(0..<count)
        // Channels that turn together, `half` apart in Hugging Face's order, become neighbours.
        return (0..<count).map { row in
            let (head, channel) = (row / (2 * half), row % (2 * half))
            let source = all[head * 2 * half + channel % 2 * half + channel / 2]
            return source..<source + 1
        }
    }

    /// Refuses what no tensor of the network has asked for.
    func checkForUnused() throws {
        let names = Array(adapter.modules.keys) + Array(adapter.replacements.keys)
        let unused = names.filter { name in
            !used.contains(name) || adapter.modules[name]?.bias != nil && !usedBiases.contains(name)
        }
        guard let first = unused.first else { return }
        let others = unused.count > 1 ? " and \(unused.count - 1) more" : ""
        throw error(
            first + others,
            "\(unused.count > 1 ? "change" : "changes") tensors that the model does not have or that cannot be changed here; "
                + "it was made for another model, or must be merged into its own first")
    }

    private func error(_ name: String, _ reason: String) -> ArchitectureError {
        ArchitectureError(path: adapter.path, key: "adapter of \(name)", reason: reason)
    }
}
