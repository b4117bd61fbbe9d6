import Checkpoints
import Files
package import JSONValues
import OrderedCollections
import Tensors

/// Brings the difference of two models into a LoRA adapter: matrices as products of low rank, vectors whole.
package struct AdapterExtractor: Sendable {
    /// How to go about it.
    package struct Options: Sendable {
        /// The rank of each change.
        package var rank = 16
        /// The threads to work on.
        package var threads = ThreadPool.machineThreads
        /// What the decomposition draws from.
        package var seed: UInt64 = 0
        /// What the adapter calls its base model; nil for the path.
        package var baseName: String?

        /// The usual ones.
        package init() {}
    }

    /// One matrix of the adapter.
    package struct Module: Sendable, Hashable {
        /// The weight that it changes.
        package let weight: String
        /// The share of the squares of the change that the product has.
        package let share: Double
    }

    /// What an adapter has.
    package struct Report: Sendable {
        /// The matrices.
        package var modules: [Module] = []
        /// The tensors that it has whole.
        package var whole: [String] = []

        /// An object with `modules` and `whole`.
        package var json: JSON {
            [
                "modules": .array(modules.map { ["weight": .string($0.weight), "share": .number($0.share)] }),
                "whole": .array(whole.map { .string($0) }),
            ]
        }
    }

    private let base: MergeModel
    private let tuned: MergeModel
    private let options: Options

    /// Opens the two models, which must have the same tensors, of the same shapes.
    package init(base: String, tuned: String, options: Options = Options()) throws {
        self.base = try MergeModel(ModelReference(base)) { $0 }
        self.tuned = try MergeModel(ModelReference(tuned)) { $0 }
        self.options = options
        guard self.base.configuration.config["model_type"]?.stringValue != "gpt2" else {
            throw MergeError(path: base, reason: "adapters of transposed weights, as gpt2 has them, are not extracted")
        }
        for name in OrderedSet(self.base.names).union(self.tuned.names) {
            guard let a = self.base.tensor(name), let b = self.tuned.tensor(name) else {
                let path = self.base.tensor(name) == nil ? base : tuned
                throw MergeError(path: path, location: "tensor \(name)", reason: "the model lacks it, the other has it")
            }
            guard a.shape == b.shape else {
                throw MergeError(
                    path: tuned, location: "tensor \(name)",
                    reason: "its shape is \(b.shape), that of \(base) is \(a.shape)",
                    remedy: "An adapter cannot change shapes")
            }
        }
    }

    /// Writes an adapter in PEFT's format to a folder that is not there yet; `progress` is told each matrix.
    package func write(to output: String, progress: (Module) -> Void = { _ in }) throws -> Report {
        let folder = try AtomicFolder(path: output)
        let pool = ThreadPool(threads: options.threads)
        var (report, sources): (Report, [TensorSource]) = (Report(), [])
        for name in base.names {
            guard let a = base.tensor(name), let b = tuned.tensor(name), !a.hasSameBytes(as: b) else { continue }
            guard a.shape.count == 2, name.hasSuffix(".weight") else {
                report.whole.append(name)
                sources.append(TensorSource(b, name: "base_model.model.\(name)"))
                continue
            }
            let group = TensorGroup(
                inputs: [try StoredReader(a), try StoredReader(b)], base: 0, name: name, pool: pool)
            let (tensors, share) = try self.product(group, name)
            sources += tensors
            report.modules.append(Module(weight: name, share: share))
            progress(Module(weight: name, share: share))
        }
        guard !sources.isEmpty else {
            throw MergeError(path: tuned.path, reason: "the model equals \(base.path), there is nothing to extract")
        }
        try SafetensorsWriter.write(
            sources, metadata: ["format": "pt"], to: "\(folder.temporaryPath)/adapter_model.safetensors")
        let text = configuration(report).text(.pretty) + "\n"
        try AtomicFile.write(Array(text.utf8), to: "\(folder.temporaryPath)/adapter_config.json")
        try folder.commit()
        return report
    }

    /// The two matrices of a change.
    private func product(_ group: TensorGroup, _ name: String) throws -> ([TensorSource], Double) {
        var change: [Float] = []
        change.reserveCapacity(group.count)
        try group.scan { (_, inputs) throws(CheckpointError) -> [Float] in
            zip(inputs[1], inputs[0]).map { $0 - $1 }
        } collect: {
            change += $0
        }
        let (rows, columns, rank) = (group.shape[0], group.shape[1], options.rank)
        let product = LowRankProduct(
            change, rows: rows, columns: columns, rank: rank, seed: options.seed, pool: group.pool)
        let layer = "base_model.model." + name.dropLast(".weight".count)
        func source(_ name: String, _ shape: [Int], _ values: [Float]) -> TensorSource {
            TensorSource(
                name: "\(layer).\(name)", dataType: .f32, shape: shape, bytes: values.withUnsafeBytes { Array($0) })
        }
        guard TensorNames.isEmbedding(name) else {
            return (
                [
                    source("lora_A.weight", [rank, columns], product.right),
                    source("lora_B.weight", [rows, rank], product.left),
                ], product.share
            )
        }
        // PEFT adds the transposed of the product to an embedding.
        return (
            [
                source("lora_embedding_A", [rank, rows], Self.transposed(product.left, rows, rank)),
                source("lora_embedding_B", [columns, rank], Self.transposed(product.right, rank, columns)),
            ], product.share
        )
    }

    private static func transposed(_ matrix: [Float], _ rows: Int, _ columns: Int) -> [Float] {
        (0..<matrix.count).map { matrix[$0 % rows * columns + $0 / rows] }
    }

    private func configuration(_ report: Report) -> JSON {
        func layers(_ names: [String]) -> JSON {
            .array(
                OrderedSet(names.compactMap { $0.split(separator: ".").dropLast().last.map(String.init) }).map {
                    .string($0)
                })
        }
        return [
            "peft_type": "LORA", "task_type": "CAUSAL_LM",
            "base_model_name_or_path": .string(options.baseName ?? base.path),
            "r": .integer(options.rank), "lora_alpha": .integer(options.rank), "lora_dropout": 0.0, "bias": "none",
            "fan_in_fan_out": false, "inference_mode": true, "use_rslora": false, "use_dora": false,
            "target_modules": layers(report.modules.map(\.weight)),
            "modules_to_save": report.whole.isEmpty ? .null : layers(report.whole),
        ]
    }
}
