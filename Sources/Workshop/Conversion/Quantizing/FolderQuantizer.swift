package import Checkpoints
import Files
import JSONValues
import Tensors

/// Writes a Hugging Face folder whose matrices are quantized in a form that transformers and vLLM load: compressed-tensors'
/// 8-bit floats, 8-bit and 4-bit integers, bitsandbytes' NF4 with double quantization, GPTQ's and AWQ's integers of 4 bits.
///
/// Tensors are read and written one after another. The folder appears complete or not at all.
package struct FolderQuantizer: Sendable {
    /// How matrices are stored.
    package enum Kind: String, Sendable, CaseIterable {
        /// E4M3 with a scale for each row.
        case fp8 = "FP8"
        /// Signed bytes with a scale for each row.
        case int8 = "INT8"
        /// Integers of 4 bits with a scale for each group of columns.
        case int4 = "INT4"
        /// bitsandbytes' NF4 (QLoRA, arXiv:2305.14314): blocks of 64, whose scales are quantized, too.
        case nf4 = "NF4"
        /// Integers of 4 bits, rounded so that what comes out is off by the least (arXiv:2210.17323).
        case gptq = "GPTQ"
        /// Integers of 4 bits of columns that are scaled by the size of their inputs (arXiv:2306.00978).
        case awq = "AWQ"

        /// Whether weights are rounded by what they are multiplied with.
        package var isCalibrated: Bool { [.gptq, .awq].contains(self) }
        /// Whether columns share scales in groups.
        var isGrouped: Bool { self == .int4 || isCalibrated }

        /// The kind of this name, in letters of either case; nil if there is none.
        package init?(name: String) { self.init(rawValue: name.uppercased()) }
    }

    /// What was written.
    package struct Report: Sendable {
        /// The matrices that were quantized.
        package var matrices = 0
        /// The tensors that stayed as they were.
        package var others = 0
        /// The bytes of all.
        package var byteCount = 0
        /// Columns that share a scale, for 4-bit integers.
        package var groupSize: Int?
        /// What should be said about the model, in sentences for people.
        package var notes: [String] = []
    }

    private let kind: Kind
    private let config: JSON
    private let tensors: [TensorRows]
    /// The texts of the files beside the weights that are made anew.
    private let files: [(name: String, text: String)]
    /// The folder whose other files are copied; nil if the model is none.
    private let source: String?
    private let notes: [String]
    private let products: InputProducts?

    /// The sums over the tokens of a text of the products of what each two columns of a tensor are multiplied with,
    /// [columns, columns]; nil if the model does not multiply with it.
    package typealias InputProducts = @Sendable (_ tensor: String) -> [Float]?

    /// Reads what a model holds.
    ///
    /// - Parameter products: What kinds that are calibrated are rounded by.
    /// - Throws: `CheckpointError` if it cannot become such a folder, by the name of what is in the way.
    package init(_ checkpoint: Checkpoint, kind: Kind, products: InputProducts? = nil) throws(CheckpointError) {
        (self.kind, self.products) = (kind, products)
        try checkpoint.checkCompleteness()
        switch checkpoint.metadata {
        case .gguf:
            let contents = try HuggingFaceConversion.contents(of: checkpoint, dataType: .f16)
            (config, tensors, source, notes) = (contents.config, contents.tensors, nil, contents.notes)
            files =
                contents.files.map { ($0, $1.text(.pretty) + "\n") }
                + (contents.chatTemplate.map { [("chat_template.jinja", $0)] } ?? [])
        case .huggingFace(let files):
            guard files.quantization == nil else {
                throw CheckpointError(
                    path: files.folder, location: "key quantization_config", reason: "the folder is quantized already",
                    remedy: "Quantize the model that it was made from")
            }
            (config, source, self.files, notes) = (files.config, files.folder, [], checkpoint.notes)
            tensors = checkpoint.tensors.values.map { TensorRows($0) }
        case .bare:
            throw CheckpointError(path: checkpoint.path, reason: "it has no configuration")
        }
        guard config["model_type"]?.stringValue != "gpt2" else {
            throw CheckpointError(
                path: checkpoint.path, location: "key model_type",
                reason: "transformers loads no quantized gpt2, whose matrices are stored the other way about",
                remedy: "Quantize it to GGUF: name a file that ends in .gguf")
        }
    }

    /// Matrices within blocks, but not norms, routers and what is looked up.
    private func isQuantized(_ tensor: TensorRows) -> Bool {
        let parts = tensor.name.split(separator: ".")
        guard tensor.shape.count == 2, parts.last == "weight", parts.contains("layers") else { return false }
        let module = parts.dropLast().last ?? ""
        return tensor.dataType.isWeightType && !module.contains("norm") && !["gate", "router"].contains(module)
            && !module.contains("embed") && !module.hasSuffix("expert_gate")
    }

    /// The most columns that may share a scale, so that every matrix has whole groups; nil if there are none.
    private func groupSize() throws(CheckpointError) -> Int {
        let columns = tensors.filter(isQuantized).map(\.columns)
        if let size = [128, 64, 32].first(where: { size in columns.allSatisfy { $0 % size == 0 } }) { return size }
        throw CheckpointError(
            path: tensors.first?.origin ?? "", reason: "its matrices have rows that are no whole groups of 32",
            remedy: "Choose INT8 or FP8")
    }

    /// Writes the folder, which must not be there yet or be empty.
    package func write(to path: String, shardBytes: Int = 5_000_000_000, threads: Int? = nil) throws(CheckpointError)
        -> Report
    {
        let pool = ThreadPool(threads: threads ?? ThreadPool.machineThreads)
        var (report, sources): (Report, [TensorSource]) = (Report(notes: notes), [])
        if kind.isGrouped { report.groupSize = try groupSize() }
        let calibrated = try calibration(report.groupSize ?? 1, pool)
        for tensor in tensors {
            guard isQuantized(tensor) else {
                let type = tensor.dataType.blockSize > 1 ? .f16 : tensor.dataType
                sources.append(calibrated?.scaling.divided(tensor, pool: pool) ?? tensor.source(as: type, pool: pool))
                report.others += 1
                continue
            }
            if let (rounding, scaling) = calibrated {
                sources += kind == .gptq ? rounding.gptq(tensor) : rounding.awq(tensor, scaling)
            } else {
                sources += FolderMatrix(tensor, pool: pool).sources(kind, groupSize: report.groupSize ?? 0)
            }
            report.matrices += 1
        }
        let whole = [Kind.nf4: 64, .int8: 4][kind] ?? 1
        if let narrow = tensors.first(where: { isQuantized($0) && $0.columns % whole != 0 }) {
            throw CheckpointError(
                path: narrow.origin, reason: "its rows of \(narrow.columns) weights are no whole blocks of \(whole)",
                remedy: "Choose \(kind == .nf4 ? "INT8 or " : "")FP8")
        }
        guard report.matrices > 0 else {
            throw CheckpointError(path: path, reason: "the model has no matrices in blocks that could be quantized")
        }
        let folder: AtomicFolder
        do throws(FileError) { folder = try AtomicFolder(path: path) } catch { throw CheckpointError(error) }
        var config = config.objectValue ?? [:]
        config["quantization_config"] = configuration(groupSize: report.groupSize)
        try writeFiles(config, to: folder.temporaryPath)
        try SafetensorsWriter.write(sources, toFolder: folder.temporaryPath, maximumBytes: shardBytes)
        report.byteCount = try Checkpoint.open(folder.temporaryPath).byteCount
        do throws(FileError) { try folder.commit() } catch { throw CheckpointError(error) }
        return report
    }

    private func writeFiles(_ config: JSON.Object, to place: String) throws(CheckpointError) {
        func write(_ text: String, _ name: String) throws(FileError) {
            try AtomicFile.write(Array(text.utf8), to: "\(place)/\(name)")
        }
        do throws(FileError) {
            try write(JSON.object(config).text(.pretty) + "\n", "config.json")
            for (name, text) in files { try write(text, name) }
            guard let source else { return }
            for name in try FileSystem.names(in: source)
            where Self.isCopied(name) && FileSystem.isFile("\(source)/\(name)") {
                try AtomicFile.write(
                    try FileSystem.contents(of: "\(source)/\(name)", limit: 1 << 30), to: "\(place)/\(name)")
            }
        } catch { throw CheckpointError(error) }
    }

    /// How matrices are rounded by their inputs; nil for other kinds.
    private func calibration(
        _ groupSize: Int, _ pool: ThreadPool
    ) throws(CheckpointError) -> (rounding: CalibratedRounding, scaling: LayerScaling)? {
        guard kind.isCalibrated else { return nil }
        let path = tensors.first?.origin ?? ""
        guard let products else {
            throw CheckpointError(path: path, reason: "\(kind.rawValue) wants a text that the model reads")
        }
        if let odd = tensors.first(where: { isQuantized($0) && $0.rows % 8 != 0 }) {
            throw CheckpointError(
                path: odd.origin, reason: "its \(odd.rows) rows are no whole words of 8", remedy: "Choose INT4")
        }
        let rounding = CalibratedRounding(products: products, groupSize: groupSize, pool: pool)
        guard kind == .awq else { return (rounding, LayerScaling()) }
        let modelType = config["model_type"]?.stringValue ?? "unknown"
        return (rounding, try LayerScaling(tensors, modelType: modelType, path: path, rounding: rounding))
    }

    /// Tokenizer, template, card and what else is said in text, but neither the configuration nor an index of weights.
    private static func isCopied(_ name: String) -> Bool {
        guard name != "config.json", !name.contains(".index.") else { return false }
        return [".json", ".jinja", ".model", ".txt", ".md"].contains { name.hasSuffix($0) }
    }

    /// The modules whose matrices stay as they are: by their whole names, for a part of one may be that of another, too. A head
    /// that is tied to the embedding is a module without a tensor.
    private var unquantizedModules: [String] {
        let names = tensors.filter { $0.shape.count == 2 && $0.name.hasSuffix(".weight") && !isQuantized($0) }
            .map { String($0.name.dropLast(".weight".count)) }
        return names.contains("lm_head") ? names : names + ["lm_head"]
    }

    private func configuration(groupSize: Int?) -> JSON {
        let skipped = JSON.array(unquantizedModules.map { .string($0) })
        func compressed(_ format: String, _ weights: JSON.Object) -> JSON {
            var all: JSON.Object = ["symmetric": true, "dynamic": false, "actorder": .null, "block_structure": .null]
            all.merge(weights) { $1 }
            return [
                "quant_method": "compressed-tensors", "format": .string(format), "quantization_status": "compressed",
                "ignore": skipped, "kv_cache_scheme": .null, "global_compression_ratio": .null,
                "config_groups": [
                    "group_0": [
                        "targets": ["Linear"], "weights": .object(all), "input_activations": .null,
                        "output_activations": .null,
                    ]
                ],
            ]
        }
        return switch kind {
        case .fp8: compressed("float-quantized", ["num_bits": 8, "type": "float", "strategy": "channel"])
        case .int8: compressed("pack-quantized", ["num_bits": 8, "type": "int", "strategy": "channel"])
        case .int4:
            compressed(
                "pack-quantized",
                ["num_bits": 4, "type": "int", "strategy": "group", "group_size": .integer(groupSize ?? 32)])
        case .gptq:
            [
                "quant_method": "gptq", "bits": 4, "group_size": .integer(groupSize ?? 0), "desc_act": false,
                "sym": true, "lm_head": false, "damp_percent": 0.01, "true_sequential": false,
                "checkpoint_format": "gptq",
            ]
        case .awq:
            [
                "quant_method": "awq", "bits": 4, "group_size": .integer(groupSize ?? 0), "zero_point": true,
                "version": "gemm", "modules_to_not_convert": skipped,
            ]
        case .nf4:
            [
                "quant_method": "bitsandbytes", "load_in_4bit": true, "load_in_8bit": false,
                "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": true, "bnb_4bit_compute_dtype": "float32",
                "bnb_4bit_quant_storage": "uint8", "llm_int8_threshold": 6.0,
                "llm_int8_skip_modules": skipped, "llm_int8_has_fp16_weight": false,
                "llm_int8_enable_fp32_cpu_offload": false,
            ]
        }
    }
}
