import Architectures
import Checkpoints
import Decoding
import Files
import JSONValues
import Tensors

/// The low-rank matrices that are trained beside a network's own (Hu et al. 2021).
final class AdapterModules {
    private struct Module {
        var original: NetworkLoader.OriginalMatrix
        /// Whether the model stores the matrix as `[inputs, outputs]`.
        var isTransposed: Bool
        var down: Parameter
        var up: Parameter
    }

    private let settings: TrainingRecipe.Adapter
    private var modules: [String: Module] = [:]

    init(
        _ settings: TrainingRecipe.Adapter, _ operations: TapedOperations, _ loader: NetworkLoader, seed: Int,
        path: String
    ) throws {
        self.settings = settings
        let patterns = try settings.targets.map { try NamePattern($0, path: path) }
        let rank = settings.rank
        let scale = settings.alpha / (settings.isRankStabilized ? Double(rank).squareRoot() : Double(rank))
        var generator = SeededGenerator(seed: UInt64(seed) &+ 0x10AA)
        for matrix in operations.matrices {
            guard let module = matrix.module,
                let original = loader.originalMatrix(module.name, rowCount: module.outputs),
                patterns.isEmpty
                    ? Self.isLinear(original.name)
                    : patterns.contains(where: { $0.matches(original.name, wholly: true) })
            else { continue }
            if modules[module.name] == nil {
                let prefix = "base_model.model.\(original.name)"
                // As PEFT begins: uniform within 1 / sqrt(inputs), and nothing is added at first.
                let bound = 1 / Float(module.inputs).squareRoot()
                let down = (0..<rank * module.inputs).map { _ in Float.random(in: -bound...bound, using: &generator) }
                modules[module.name] = Module(
                    original: original, isTransposed: module.isTransposed,
                    down: Parameter(name: prefix + ".lora_A.weight", shape: [rank, module.inputs], values: down),
                    up: Parameter(
                        name: prefix + ".lora_B.weight", shape: [module.outputs, rank],
                        values: [Float](repeating: 0, count: module.outputs * rank)))
            }
            guard let pair = modules[module.name] else { continue }
            operations.adapt(
                matrix, as: module, down: pair.down, up: pair.up, rank: rank, scale: Float(scale),
                dropout: Float(settings.dropout))
        }
        if let start = settings.start {
            try begin(with: Self.path(of: start, recipe: path), scale: Float(scale), path)
            operations.parameters.refresh()
        }
        guard !modules.isEmpty else {
            let names = operations.matrices.compactMap { $0.module?.name }.prefix(8).joined(separator: ", ")
            throw TrainingError(
                .recipe, at: "\(path), lora_target_modules", "match no matrix of the model",
                remedy: "its matrices are \(names), ...")
        }
    }

    /// An adapter's folder: beside the recipe, or where the command runs.
    private static func path(of folder: String, recipe: String) -> String {
        let name = FileSystem.expandingTilde(folder)
        let beside = "\(FileSystem.parent(of: recipe))/\(name)"
        return !name.hasPrefix("/") && FileSystem.exists(beside) ? beside : name
    }

    /// Takes over the values of a trained adapter, which must be one of this recipe's shape.
    private func begin(with folder: String, scale: Float, _ path: String) throws {
        let start = try LowRankAdapter(path: folder)
        func error(_ reason: String, _ remedy: String) -> TrainingError {
            TrainingError(.recipe, at: "\(path), lora_model_dir", "\(folder) \(reason)", remedy: remedy)
        }
        let names = Set(modules.values.map { $0.original.name + ".weight" })
        let others = names.symmetricDifference(start.modules.keys).sorted()
        if let name = others.first ?? start.replacements.keys.first {
            let isOwn = names.contains(name)
            throw error(
                isOwn ? "changes no \(name)" : "changes \(name), which the recipe does not",
                "write the lora_target_modules that it was trained with")
        }
        for module in modules.values {
            guard let stored = start.modules[module.original.name + ".weight"] else { continue }
            guard stored.rank == settings.rank, stored.scale == scale else {
                throw error(
                    "has rank \(stored.rank) and strength \(stored.scale), the recipe rank \(settings.rank) and \(scale)",
                    "write its lora_r, lora_alpha and peft_use_rslora")
            }
            try Self.fill(module.down, from: stored.a, rows: nil, folder)
            try Self.fill(module.up, from: stored.b, rows: module.original.rows, folder)
        }
    }

    private static func fill(
        _ parameter: Parameter, from stored: StoredTensor, rows: [Int]?, _ folder: String
    ) throws {
        guard stored.shape == parameter.shape else {
            throw TrainingError(
                .model, at: "\(folder), tensor \(stored.name)",
                "its shape is \(stored.shape), and that of the model's adapter \(parameter.shape)",
                remedy: "it is an adapter of another model")
        }
        let (values, width) = (try stored.matrix().decoded(), parameter.shape[1])
        for row in 0..<parameter.shape[0] {
            let original = rows?[row] ?? row
            for column in 0..<width { parameter.values[row * width + column] = values[original * width + column] }
        }
    }

    /// All linear layers are those of the blocks: the output matrix is none of them.
    private static func isLinear(_ name: String) -> Bool {
        !name.hasSuffix("lm_head") && !name.hasSuffix("embed_out") && name.contains(where: \.isNumber)
    }

    /// Writes `adapter_model.safetensors` and `adapter_config.json` as PEFT reads them.
    func write(to folder: String, baseModel: String) throws {
        var tensors: [TensorSource] = []
        for module in modules.values.sorted(by: { $0.down.name < $1.down.name }) {
            tensors.append(Self.tensor(module.down, rows: nil))
            tensors.append(Self.tensor(module.up, rows: module.original.rows))
        }
        try SafetensorsWriter.write(tensors, metadata: ["format": "pt"], to: folder + "/adapter_model.safetensors")
        let targets = Set(modules.values.map { $0.original.name.split(separator: ".").last.map(String.init) ?? "" })
        let configuration: JSON = [
            "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": .string(baseModel),
            "r": .integer(settings.rank), "lora_alpha": .number(settings.alpha),
            "lora_dropout": .number(settings.dropout),
            "target_modules": .array(targets.sorted().map { .string($0) }), "bias": "none",
            "fan_in_fan_out": .bool(modules.values.contains(where: \.isTransposed)),
            "use_rslora": .bool(settings.isRankStabilized), "use_dora": false, "inference_mode": true,
            "init_lora_weights": true, "modules_to_save": nil, "rank_pattern": [:], "alpha_pattern": [:],
        ]
        try AtomicFile.write(
            Array((configuration.text(.pretty) + "\n").utf8), to: folder + "/adapter_config.json")
    }

    /// A matrix with its rows in the original's order.
    private static func tensor(_ parameter: Parameter, rows: [Int]?) -> TensorSource {
        var values = Array(parameter.values)
        if let rows {
            let width = parameter.shape[1]
            for (row, original) in rows.enumerated() {
                for column in 0..<width { values[original * width + column] = parameter.values[row * width + column] }
            }
        }
        return TensorSource(
            name: parameter.name, dataType: .f32, shape: parameter.shape, bytes: values.withUnsafeBytes { Array($0) })
    }
}
