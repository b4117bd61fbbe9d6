import Essentials
import Quantization
import Synchronization
package import Tensors

/// Writes a model as a GGUF file whose matrices are of smaller kinds.
///
/// Tensors are read, turned over on all threads and written one after another, so that memory does not grow with the model.
/// The file appears complete or not at all.
package struct ModelQuantizer: Sendable {
    /// What became of a tensor.
    package struct TensorReport: Sendable, Hashable {
        /// Its name.
        package let name: String
        /// Row-major, outermost dimension first.
        package let shape: [Int]
        /// How it was stored.
        package let source: DataType
        /// How it is stored now.
        package let kind: DataType
        /// The kind that it should have had, if that does not fit.
        package let wanted: DataType?
        /// The bytes that it takes.
        package let byteCount: Int
        /// The root mean square of what rounding changed by that of the numbers; nil for what was only copied.
        package let error: Double?

        /// The product of the shape.
        package var elementCount: Int { shape.reduce(1, &*) }
    }

    /// The kinds.
    package let mix: QuantizationMix
    /// Gives every matrix the base kind.
    package var isPure = false
    /// The kinds of tensors whose names match a regular expression, in place of the rules'.
    package var overrides: [(pattern: String, kind: DataType)] = []
    /// The kinds of tensors by their names, before all rules.
    package var assigned: [String: DataType] = [:]
    /// How much the errors of columns count.
    package var importance: ImportanceMatrix?
    /// The threads to use; nil for all.
    package var threads: Int?
    /// Called before each tensor with its number, from 0, the number of tensors, and what is known so far.
    package var progress: (@Sendable (_ number: Int, _ count: Int, _ name: String) -> Void)?

    /// Makes a quantizer.
    package init(_ mix: QuantizationMix) { self.mix = mix }

    private struct Plan {
        let rows: TensorRows
        let kind: DataType
        let wanted: DataType?
        var isCopied: Bool { rows.dataType == kind && rows.copy != nil }
    }

    /// Writes `model` to `path`.
    package func write(_ model: GGUFContents, to path: String) throws(CheckpointError) -> [TensorReport] {
        let pool = ThreadPool(threads: threads ?? ThreadPool.machineThreads)
        let plans = try kinds(of: model).enumerated().map { index, choice in
            let rows = model.tensors[index]
            if choice.kind == .f16, rows.dataType != .f16, RowWriter.largest(rows, pool: pool) > 65504 {
                return Plan(rows: rows, kind: rows.dataType == .bf16 ? .bf16 : .f32, wanted: .f16)
            }
            return Plan(rows: rows, kind: choice.kind, wanted: choice.wanted)
        }
        let progress = progress
        let errors = ErrorTable()
        let sources = try plans.enumerated().map { (number, plan) throws(CheckpointError) in
            let rows = plan.rows
            let importance = plan.isCopied ? nil : try importance?.values(for: rows)
            return TensorSource(name: rows.name, dataType: plan.kind, shape: rows.shape) {
                (body) throws(CheckpointError) in
                progress?(number, plans.count, rows.name)
                if plan.isCopied { return try rows.copyAll(body) }
                guard let encoder = BlockEncoder(plan.kind) else { return }
                let writer = RowWriter(source: rows, encoder: encoder, importance: importance, pool: pool)
                let found = try writer.writeAll(body)
                errors.byName.withLock { $0[rows.name] = found.relative }
            }
        }
        var metadata = model.metadata
        metadata["general.quantization_version"] = .uint32(2)
        metadata["general.file_type"] = .uint32(mix.fileType)
        try GGUFWriter.write(sources, metadata: metadata, to: path)
        let found = errors.byName.withLock { $0 }
        return try plans.map { (plan) throws(CheckpointError) in
            TensorReport(
                name: plan.rows.name, shape: plan.rows.shape, source: plan.rows.dataType, kind: plan.kind,
                wanted: plan.wanted, byteCount: plan.kind.byteCount(elements: plan.rows.shape.reduce(1, &*)) ?? 0,
                error: found[plan.rows.name])
        }
    }

    /// What tensors' errors were, filled while they are written.
    private final class ErrorTable: Sendable {
        let byName = Mutex<[String: Double]>([:])
    }

    /// Whether a tensor of this name and shape may be of another type than f32: norms, biases and the like may not.
    package static func mayQuantize(_ name: String, shape: [Int]) -> Bool {
        MixRules.mayQuantize(name, shape: shape)
    }

    /// The kind of every tensor in the order of the model, and the one that it should have if that does not fit.
    func kinds(of model: GGUFContents) throws(CheckpointError) -> [(kind: DataType, wanted: DataType?)] {
        // The rules see tensors in the order of their layers.
        var rules = MixRules(mix, rulesModel(model))
        let order = model.tensors.indices.sorted { first, second in
            let (first, second) = (model.tensors[first].name, model.tensors[second].name)
            return (Self.layer(first), first) < (Self.layer(second), second)
        }
        var kinds: [Int: (kind: DataType, wanted: DataType?)] = [:]
        for index in order {
            let tensor = model.tensors[index]
            guard tensor.dataType.isWeightType, MixRules.mayQuantize(tensor.name, shape: tensor.shape) else {
                continue
            }
            guard mix.isQuantized else {
                kinds[index] = (mix.base, nil)
                continue
            }
            let wanted = try kind(of: tensor, &rules)
            let kind = MixRules.fallback(for: wanted, columns: tensor.columns)
            kinds[index] = (kind, kind == wanted ? nil : wanted)
        }
        return model.tensors.enumerated().map { index, tensor in kinds[index] ?? (tensor.dataType, nil) }
    }

    private func kind(of tensor: TensorRows, _ rules: inout MixRules) throws(CheckpointError) -> DataType {
        for (pattern, kind) in overrides {
            let expression: Regex<AnyRegexOutput>
            do { expression = try Regex(pattern) } catch {
                throw CheckpointError(
                    path: tensor.name, reason: "\"\(pattern)\" is no regular expression (\(error))")
            }
            if tensor.name.contains(expression) { return kind }
        }
        if let kind = assigned[tensor.name] { return kind }
        return isPure ? mix.base : rules.kind(tensor.name, shape: tensor.shape)
    }

    private func rulesModel(_ model: GGUFContents) -> MixRules.Model {
        let names = model.tensors.map(\.name)
        let (heads, keyHeads) = (model.int("attention.head_count"), model.int("attention.head_count_kv"))
        return MixRules.Model(
            architecture: model.architecture, layers: model.int("block_count") ?? 0,
            groupSize: (heads ?? 1) / max(1, keyHeads ?? heads ?? 1), experts: model.int("expert_count") ?? 0,
            isTied: !names.contains("output.weight"),
            valueMatrices: names.count { MatrixRole($0).yieldsValues }, hasImportance: importance != nil)
    }

    /// The number of the layer that a tensor belongs to, -1 for none.
    private static func layer(_ name: String) -> Int {
        let parts = name.split(separator: ".", maxSplits: 2)
        return parts.count > 2 && parts[0] == "blk" ? Int(parts[1]) ?? -1 : -1
    }
}
