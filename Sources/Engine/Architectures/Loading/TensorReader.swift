import Checkpoints
import Tensors

/// Finds the tensors of a checkpoint by their roles, checks their shapes, and takes out the rows that are asked for.
///
/// It remembers what was read, so that tensors without a place can be reported.
final class TensorReader {
    /// The rows of one role within a tensor that several roles share.
    struct Rows {
        /// The rows of each role, in the order of the tensor.
        var counts: [Int]
        /// Which of the roles is meant.
        var index: Int
        /// The number of key/value heads, for tensors in which the roles alternate with each of them.
        var groups = 1

        var total: Int { counts.reduce(0, +) }

        func ranges(_ fusion: TensorName.Fusion) -> [Range<Int>] {
            let before = counts[..<index].reduce(0, +)
            guard fusion == .grouped else { return [before..<before + counts[index]] }
            return (0..<groups).map { group in
                let start = (group * total + before) / groups
                return start..<start + counts[index] / groups
            }
        }
    }

    let checkpoint: Checkpoint
    let names: TensorNames
    private let prefix: String
    /// What stands where other files have `model.`, and what stands before other names.
    private let root: Root
    private let adapter: AdapterReader?
    let pool: ThreadPool?
    /// Whether names and shapes are only looked at.
    private let isCheck: Bool
    private(set) var used: Set<String> = []

    init(
        _ checkpoint: Checkpoint, names: TensorNames, adapter: AdapterReader? = nil, pool: ThreadPool? = nil,
        isCheck: Bool = false
    ) {
        self.isCheck = isCheck
        self.pool = pool
        self.checkpoint = checkpoint
        self.names = names
        self.adapter = adapter
        let embeddings = names.candidates(.embedding).map { $0.name(layer: 0) }
        prefix = names.prefixes.first { prefix in embeddings.contains { checkpoint.holds(prefix + $0) } } ?? ""
        root = Root.all.first { root in embeddings.contains { checkpoint.holds(root.name($0)) } } ?? Root.all[0]
    }

    /// A reader of the tensors that the encoder of source texts has under names of its own.
    var ofSource: TensorReader {
        TensorReader(checkpoint, names: names.ofSource, adapter: adapter, pool: pool, isCheck: isCheck)
    }

    /// Remembers what another one has read.
    func note(usedBy other: TensorReader) { used.formUnion(other.used) }

    /// The name of a role's tensor: the first of its candidates that the file has, else the first.
    private func find(
        _ role: TensorRole, _ layer: Int, _ number: Int, _ part: TensorNames.Part
    ) -> (form: TensorName, name: String) {
        let forms = names.candidates(role)
        for form in forms {
            let name = root.name(form.name(layer: layer, number: number, part))
            if checkpoint.holds(prefix + name) { return (form, prefix + name) }
            if checkpoint.holds(name) { return (form, name) }
            let old = prefix + form.oldName(layer: layer, part)
            if checkpoint.holds(old) { return (form, old) }
            // Networks that were saved without their head have names without the first part.
            let headless = String(name.dropFirst("model.".count))
            if name.hasPrefix("model."), checkpoint.holds(headless) { return (form, headless) }
        }
        guard let first = forms.first else {
            return (TensorName(stringLiteral: "\(role)"), "\(role).\(part.rawValue)")
        }
        return (first, prefix + root.name(first.name(layer: layer, number: number, part)))
    }

    /// Whether the file has a tensor for the role.
    func contains(_ role: TensorRole, layer: Int = 0, _ part: TensorNames.Part = .weight) -> Bool {
        checkpoint.holds(find(role, layer, 0, part).name)
    }

    /// Leaves the tensors of a role that may be there unread.
    func pass(over role: TensorRole, layer: Int) {
        for part in [TensorNames.Part.weight, .bias] { used.insert(find(role, layer, 0, part).name) }
    }

    /// Whether there is a tensor for each head.
    func isNumbered(_ role: TensorRole) -> Bool { find(role, 0, 0, .weight).form.isNumbered }

    /// The name of a role's tensor in this file.
    func name(_ role: TensorRole, layer: Int = 0) -> String { find(role, layer, 0, .weight).name }

    /// Whether two roles have tensors of the same values, stored alike.
    func areEqual(_ first: TensorRole, _ second: TensorRole) -> Bool {
        guard let first = checkpoint.tensors[name(first)], let second = checkpoint.tensors[name(second)],
            first.dataType == second.dataType, first.shape == second.shape
        else { return false }
        defer { for tensor in [first, second] { tensor.file.advise(.dontNeed, tensor.byteRange) } }
        if first.file === second.file, first.byteRange == second.byteRange { return true }
        return first.withUnsafeBytes { first in
            second.withUnsafeBytes { second in
                let words = first.count / 8
                for word in 0..<words
                where first.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)
                    != second.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)
                { return false }
                return first[(8 * words)...].elementsEqual(second[(8 * words)...])
            }
        }
    }

    /// The shape of a role's tensor, for sizes that no configuration tells.
    func shape(_ role: TensorRole, layer: Int = 0) throws -> [Int] {
        let (_, name) = find(role, layer, 0, .weight)
        guard let tensor = checkpoint.tensors[name] else { throw missing(name) }
        return tensor.shape
    }

    /// The values of a tensor that is no matrix; dimensions of 1 may be missing or added.
    func vector(_ role: TensorRole, layer: Int = 0, shape: [Int]) throws -> [Float] {
        try parameter(role, layer: layer, shape: shape).values
    }

    /// The same, and where they come from; nil for what an adapter puts in a tensor's place.
    func parameter(
        _ role: TensorRole, layer: Int = 0, number: Int = 0, of experts: Int = 1, _ part: TensorNames.Part = .weight,
        shape: [Int], rows: Rows? = nil
    ) throws -> (values: [Float], origin: ParameterOrigin?) {
        var (form, name) = find(role, layer, number, part)
        var stored = checkpoint.tensors[name]
        let replacement = try adapter?.replacement(role, layer: layer, number: number, part)
        used.insert(name)
        if let replacement { (form, name, stored) = (replacement.form, replacement.name, replacement.value) }
        guard let tensor = stored else { throw missing(name) }
        let isFused = form.fusion != nil && rows != nil
        let single = isFused ? [rows?.total ?? 0] : shape
        let isStacked = experts > 1 && !form.isNumbered
        let expected = isStacked ? [experts] + single : single
        guard tensor.shape.filter({ $0 != 1 }) == expected.filter({ $0 != 1 }) else {
            throw mismatch(name, tensor.shape, expected)
        }
        let matrix = try tensor.matrix()
        var values = matrix.decoded()
        var changes: [ParameterChange] = []
        func take(_ ranges: [Range<Int>], width: Int = 1) {
            changes.append(.rows(ranges, width: width))
            values = ParameterChange.rows(ranges, width: width).applied(to: values)
        }
        if isStacked { take([number..<number + 1], width: single.reduce(1, *)) }
        if replacement != nil {
            if let order = adapter?.order(role, form, rows) { take(order) }
            return (values, nil)
        }
        if let fusion = form.fusion, let rows { take(rows.ranges(fusion)) }
        return (values, ParameterOrigin(tensor: name, stored: matrix, shape: tensor.shape, changes: changes))
    }

    /// A table whose rows are looked up, with what an adapter adds to it.
    func table(_ role: TensorRole, shape: [Int]) throws -> (source: MatrixSource, origin: ParameterOrigin?) {
        let (source, update, origin) = try matrix(role, shape: shape)
        guard let update, !isCheck else { return (source, origin) }
        guard let sum = source.adding(update, pool: pool) else {
            throw ArchitectureError(
                path: checkpoint.path, key: "tensor \(name(role))", reason: "is too large to add an adapter to it")
        }
        return (sum, nil)
    }

    /// A role's bias and what an adapter adds to it, which may be all there is.
    func bias(
        _ role: TensorRole, layer: Int, number: Int, isStored: Bool, of experts: Int = 1, count: Int, rows: Rows?
    ) throws -> (values: [Float], origin: ParameterOrigin?)? {
        let stored =
            try isStored
            ? parameter(role, layer: layer, number: number, of: experts, .bias, shape: [count], rows: rows) : nil
        guard let update = try adapter?.biasUpdate(role, layer: layer, number: number, fused: rows) else {
            return stored
        }
        guard update.count == count else { throw mismatch("\(role)", [update.count], [count]) }
        return (zip(stored?.values ?? [Float](repeating: 0, count: count), update).map { $0 + $1 }, nil)
    }

    /// A matrix `[shape[0], shape[1]]`, what an adapter adds to it, which may be made for another role that shares it, and
    /// where it comes from; nil for what an adapter puts in a tensor's place.
    func matrix(
        _ role: TensorRole, adaptedAs other: TensorRole? = nil, layer: Int = 0, expert: Int? = nil, of experts: Int = 1,
        shape: [Int], rows: Rows? = nil
    ) throws -> (source: MatrixSource, update: LowRankUpdate?, origin: ParameterOrigin?) {
        var (form, name) = find(role, layer, expert ?? 0, .weight)
        let update = try adapter?.update(
            other ?? role, layer: layer, number: expert ?? 0, rows: shape[0], columns: shape[1], fused: rows)
        let replacement = try adapter?.replacement(other ?? role, layer: layer, number: expert ?? 0, .weight)
        if let replacement { (form, name) = (replacement.form, replacement.name) }
        let (stored, isConverted) = try storedMatrix(name, replacement?.value, insteadOf: role, layer, expert ?? 0)
        let fused = form.fusion == nil ? shape : [rows?.total ?? shape[0], shape[1]]
        let isTransposed = form.isTransposed && !isConverted
        let single = isTransposed ? [fused[1], fused[0]] : fused
        let isStacked = expert != nil && !form.isNumbered
        let whole = isStacked ? [experts * single[0], single[1]] : single
        guard [stored.rows, stored.columns] == whole else {
            throw mismatch(name, checkpoint.tensors[name]?.shape ?? [stored.rows, stored.columns], whole)
        }
        var source = stored
        var changes: [ParameterChange] = []
        func take(_ ranges: [Range<Int>]) {
            changes.append(.rows(ranges, width: source.columns))
            source = source.rows(ranges)
        }
        if isStacked, let expert { take([expert * single[0]..<(expert + 1) * single[0]]) }
        if isTransposed {
            guard let transposed = source.transposed() else {
                throw ArchitectureError(
                    path: checkpoint.path, key: "tensor \(name)",
                    reason: "is stored as \(source.dataType.name) with rows and columns exchanged, which cannot be read"
                )
            }
            changes.append(.transposed(rows: source.rows, columns: source.columns))
            source = transposed
        }
        if replacement != nil {
            if let order = adapter?.order(other ?? role, form, rows) { take(order) }
            return (source, update, nil)
        }
        if let fusion = form.fusion, let rows { take(rows.ranges(fusion)) }
        let shape = checkpoint.tensors[name]?.shape ?? [stored.rows, stored.columns]
        return (source, update, ParameterOrigin(tensor: name, stored: stored, shape: shape, changes: changes))
    }

    private func storedMatrix(
        _ name: String, _ replacement: StoredTensor?, insteadOf role: TensorRole, _ layer: Int, _ number: Int
    ) throws -> (source: MatrixSource, isConverted: Bool) {
        if let replacement {
            used.insert(find(role, layer, number, .weight).name)
            return (try replacement.matrix(), false)
        }
        guard let stored = try checkpoint.matrix(named: name, pool: pool) else { throw missing(name) }
        used.formUnion(stored.tensors)
        return (stored.source, stored.isConverted)
    }

    /// Gives back the file pages of all tensors that were read so far.
    func releasePages(_ role: TensorRole, layer: Int, expert: Int = 0) {
        let (_, name) = find(role, layer, expert, .weight)
        guard let tensor = checkpoint.tensors[name] else { return }
        tensor.file.advise(.dontNeed, tensor.byteRange)
    }

    /// A tensor that no role has asked for.
    func unreadTensor(ignoring isIgnored: (String) -> Bool) -> String? {
        checkpoint.tensors.keys.first { !used.contains($0) && !isIgnored($0) }
    }

    private func missing(_ name: String) -> ArchitectureError {
        ArchitectureError(
            path: checkpoint.path, key: "tensor \(name)", reason: "is missing; the file may be incomplete")
    }

    private func mismatch(_ name: String, _ found: [Int], _ expected: [Int]) -> ArchitectureError {
        ArchitectureError(
            path: checkpoint.path, key: "tensor \(name)",
            reason: "has shape \(found), but the configuration says \(expected)")
    }
}

extension Checkpoint {
    /// Whether there is a tensor of the name, or what a quantization put in its place.
    fileprivate func holds(_ name: String) -> Bool {
        if tensors[name] != nil { return true }
        guard name.hasSuffix(".weight") else { return tensors["\(name)_blocks"] != nil }
        return ["qweight", "weight_packed"].contains { tensors[name.dropLast(6) + $0] != nil }
    }

    /// Whether weights are put together of several tensors, which takes time.
    var isQuantizedFolder: Bool {
        guard case .huggingFace(let files) = metadata else { return false }
        return files.config["quantization_config"]?.objectValue != nil
    }
}
