import Architectures
package import Checkpoints
package import JSONValues
package import OrderedCollections
package import Tensors

/// Turns GGUF files into Hugging Face folders that transformers loads.
package struct HuggingFaceConversion {
    private let checkpoint: Checkpoint
    private let metadata: GGUFMetadata
    private let rules: ConversionFamily
    private let family: Family
    private let architecture: String
    private let counts: LayoutCounts
    /// What the file keeps of the folder that it was made of.
    private let original: JSON.Object
    private var losses: Losses

    /// What a folder is to hold.
    package struct Contents: Sendable {
        /// `config.json`.
        package let config: JSON
        /// Files besides it, by their names.
        package let files: OrderedDictionary<String, JSON>
        /// The chat template, `chat_template.jinja`.
        package let chatTemplate: String?
        /// The tensors.
        package let tensors: [TensorRows]
        /// What should be said, in sentences for people.
        package let notes: [String]
        /// The keys of the file that it comes from.
        let origin: GGUFMetadata
    }

    /// What a GGUF file is as a folder.
    package static func contents(
        of checkpoint: Checkpoint, dataType: DataType?, allowsLosses: Bool = false
    ) throws(CheckpointError) -> Contents {
        guard case .gguf(let metadata) = checkpoint.metadata else {
            throw CheckpointError(path: checkpoint.path, reason: "this is no GGUF file")
        }
        var conversion = try HuggingFaceConversion(checkpoint, metadata, allowsLosses: allowsLosses)
        return try conversion.contents(dataType)
    }

    private init(
        _ checkpoint: Checkpoint, _ metadata: GGUFMetadata, allowsLosses: Bool
    ) throws(CheckpointError) {
        let architecture = try metadata.string("general.architecture") ?? "(none)"
        let experts = try metadata.int("\(architecture).expert_count") ?? 0
        original = try OriginalConfiguration.files(in: metadata)
        let wasOf = original["config.json"]?["model_type"]?.stringValue.flatMap(ConversionFamily.of(modelType:))
        guard
            let rules = wasOf?.architecture == architecture
                ? wasOf : ConversionFamily.of(architecture: architecture, experts: experts),
            let family = Family.of(modelType: rules.modelType)
        else {
            throw CheckpointError(
                path: checkpoint.path, location: "key general.architecture",
                reason: "models of the architecture \(architecture) are not converted yet",
                remedy: "Those that are: "
                    + Set(ConversionFamily.all.map(\.architecture)).sorted().joined(separator: ", "))
        }
        (self.checkpoint, self.metadata, self.rules, self.family) = (checkpoint, metadata, rules, family)
        self.architecture = architecture
        func name(_ key: ConversionFamily.Key) -> String { "\(architecture).\(key.gguf)" }
        counts = try LayoutCounts(path: checkpoint.path, name: name) { (key) throws(CheckpointError) in
            try metadata.int(name(key))
        }
        losses = Losses(path: checkpoint.path, areAllowed: allowsLosses)
    }

    private func int(_ key: String) throws(CheckpointError) -> Int? { try metadata.int("\(architecture).\(key)") }
    private func number(_ key: String) throws(CheckpointError) -> Double? {
        try metadata.double("\(architecture).\(key)")
    }

    /// The shortest decimal number that is the same in f32, as configurations have it.
    private static func decimal(_ number: Double) -> JSON {
        .number(Double("\(Float(number))") ?? number)
    }

    private mutating func contents(_ dataType: DataType?) throws(CheckpointError) -> Contents {
        let tensors = try tensors()
        let type = dataType ?? (tensors.contains { $0.dataType == .bf16 } ? .bf16 : Self.widest(tensors))
        var tokenizer = try HuggingFaceTokenizerConversion(metadata)
        var config: JSON.Object = [
            "architectures": [.string(rules.className)], "model_type": .string(rules.modelType),
            "torch_dtype": .string(type.pyTorchName ?? "float32"),
        ]
        for (key, value) in rules.constants { config[key] = value }
        try addHyperparameters(&config)
        for (name, id) in tokenizer.specialIDs where ["bos", "eos", "pad"].contains(name) {
            config["\(name)_token_id"] = .integer(id)
        }
        config["tie_word_embeddings"] = .bool(checkpoint.tensors["output.weight"] == nil)
        config["vocab_size"] = .integer(checkpoint.tensors["token_embd.weight"]?.shape.first ?? 0)
        var files = try tokenizer.files()
        var generation: JSON.Object = [:]
        for (name, id) in tokenizer.specialIDs where ["bos", "pad"].contains(name) {
            generation["\(name)_token_id"] = .integer(id)
        }
        if let ends = tokenizer.endIDs { generation["eos_token_id"] = ends }
        for (name, key, _) in ModelCardKeys.sampling {
            if let value = try metadata.double("general.sampling.\(key)") { generation[name] = Self.decimal(value) }
        }
        if !generation.isEmpty { files["generation_config.json"] = .object(generation) }
        if let before = try originalConfiguration(config) {
            config = before
            if let generation = original["generation_config.json"] { files["generation_config.json"] = generation }
        }
        return Contents(
            config: .object(config), files: files, chatTemplate: try metadata.string("tokenizer.chat_template"),
            tensors: tensors, notes: losses.notes + tokenizer.notes, origin: metadata)
    }

    /// The `config.json` that the file was made of, as long as the file still says the same; nil otherwise.
    ///
    /// - Parameter derived: What the file says by itself.
    private func originalConfiguration(_ derived: JSON.Object) throws(CheckpointError) -> JSON.Object? {
        guard var config = original["config.json"]?.objectValue else { return nil }
        var complete = config
        for (key, value) in family.configurationDefaults where complete[key] == JSON?.none { complete[key] = value }
        let conversion = HyperparameterConversion(
            rules: rules, config: .object(complete), path: checkpoint.path,
            hasTokenizer: try metadata.string("tokenizer.ggml.model") != "none")
        var losses = Losses(path: checkpoint.path, areAllowed: true)
        let said = try conversion.metadata(&losses)
        guard metadata.keys.count(where: { $0.hasPrefix("\(architecture).") }) == said.count else { return nil }
        for (key, value) in said where try metadata.value("\(architecture).\(key)") != value { return nil }
        // What tensors and tokenizer say.
        config[config["dtype"] == JSON?.none ? "torch_dtype" : "dtype"] = derived["torch_dtype"]
        for key in ["vocab_size", "tie_word_embeddings", "bos_token_id", "eos_token_id", "pad_token_id"] {
            guard let value = derived[key] else { continue }
            let before = config[key] ?? family.configurationDefaults[key] ?? .null
            let isSame = before.means(value) || before.arrayValue?.contains(value) == true
            let isDefault =
                config[key] == JSON?.none && key == "tie_word_embeddings" && value.boolValue == rules.tiesByDefault
            // Ids that config.json did not have are those of the tokenizer's files.
            if !isSame, !isDefault, !(before.isNull && key.hasSuffix("_id")) { config[key] = value }
        }
        return config
    }

    private static func widest(_ tensors: [TensorRows]) -> DataType {
        tensors.contains { $0.shape.count > 1 && $0.dataType == .f32 } ? .f32 : .f16
    }

    private mutating func addHyperparameters(_ config: inout JSON.Object) throws(CheckpointError) {
        for key in rules.keys {
            switch key.kind {
            case .count: if let value = try int(key.gguf) { config[key.names[0]] = .integer(value) }
            case .number: if let value = try number(key.gguf) { config[key.names[0]] = Self.decimal(value) }
            }
        }
        if rules.modelType == "phi3", config["sliding_window"] == .integer(0) { config["sliding_window"] = .null }
        if rules.modelType == "gpt2" { config["n_ctx"] = config["n_positions"] }
        if rules.modelType != "gpt2" {
            if let size = try int("attention.key_length") { config["head_dim"] = .integer(size) }
            if try int("attention.head_count_kv") == nil { config["num_key_value_heads"] = .integer(counts.heads) }
        }
        if rules.normOffset != 0, ["gemma2", "gemma3_text"].contains(rules.modelType) {
            config["query_pre_attn_scalar"] = .integer(
                Family.gemmaScaledWidths[counts.layers].map { $0 / counts.heads } ?? counts.headSize)
        }
        if ["llama", "smollm3"].contains(rules.modelType) {
            config["attention_bias"] = .bool(checkpoint.tensors["blk.0.attn_q.bias"] != nil)
            config["mlp_bias"] = .bool(checkpoint.tensors["blk.0.ffn_up.bias"] != nil)
        }
        if rules.modelType == "smollm3" {
            config["no_rope_layers"] = .array((0..<counts.layers).map { ($0 + 1) % 4 == 0 ? 0 : 1 })
        }
        if rules.hasRotaryBase || rules.hasRotaryDimensions {
            try addRotary(counts.headSize, &config)
        } else if rules.normOffset != 0 {
            config["rope_theta"] = 10_000
        }
    }

    private mutating func addRotary(_ headSize: Int, _ config: inout JSON.Object) throws(CheckpointError) {
        let base = try number("rope.freq_base") ?? 10_000
        config["rope_theta"] = Self.decimal(base)
        if rules.modelType == "gemma3_text" {
            config["rope_local_base_freq"] = Self.decimal(try number("rope.freq_base_swa") ?? 10_000)
        }
        if rules.hasRotaryDimensions, let dimensions = try int("rope.dimension_count"), dimensions != headSize {
            config["partial_rotary_factor"] = .number(Double(dimensions) / Double(headSize))
        }
        var scaling: JSON.Object = [:]
        if let kind = try metadata.string("\(architecture).rope.scaling.type"), kind != "none" {
            scaling["rope_type"] = .string(kind)
            let names = [
                ("factor", "factor"), ("yarn_ext_factor", "extrapolation_factor"),
                ("yarn_attn_factor", "attention_factor"), ("yarn_beta_fast", "beta_fast"),
                ("yarn_beta_slow", "beta_slow"),
            ]
            for (key, name) in names {
                if let value = try number("rope.scaling.\(key)") { scaling[name] = Self.decimal(value) }
            }
            if kind == "yarn", let original = try int("rope.scaling.original_context_length") {
                scaling["original_max_position_embeddings"] = .integer(original)
            }
        }
        if let divisors = checkpoint.tensors["rope_freqs.weight"] {
            scaling = try llama3Scaling(TensorRows(divisors).numbers(), headSize: headSize, base: base)
        }
        if rules.hasLongFactors, let long = checkpoint.tensors["rope_factors_long.weight"],
            let short = checkpoint.tensors["rope_factors_short.weight"]
        {
            scaling = [
                "type": "longrope", "long_factor": .array(TensorRows(long).numbers().map { Self.decimal(Double($0)) }),
                "short_factor": .array(TensorRows(short).numbers().map { Self.decimal(Double($0)) }),
            ]
        }
        if !scaling.isEmpty { config["rope_scaling"] = .object(scaling) }
    }

    /// The settings that published models have, by the divisors that they lead to.
    private mutating func llama3Scaling(
        _ divisors: [Float], headSize: Int, base: Double
    ) throws(CheckpointError) -> JSON.Object {
        let factor = Double(divisors.max() ?? 1)
        for original in [8192, 256, 512, 1024, 2048, 4096, 16_384, 32_768, 64, 128] {
            for (low, high) in [(1.0, 4.0), (1.0, 2.0), (1.0, 8.0)] {
                let expected = RotaryConfiguration.llama3Divisors(
                    headSize: headSize, base: base, factor: factor, low: low, high: high, original: Double(original))
                guard expected.count == divisors.count,
                    zip(expected, divisors).allSatisfy({ abs($0 - $1) <= 1e-4 * abs($1) })
                else { continue }
                return [
                    "rope_type": "llama3", "factor": Self.decimal(factor), "low_freq_factor": .number(low),
                    "high_freq_factor": .number(high), "original_max_position_embeddings": .integer(original),
                ]
            }
        }
        try losses.refuse(
            "tensor rope_freqs.weight", "its divisors are none of the settings of Llama 3 that a config.json can say")
        return [:]
    }

    private func tensors() throws(CheckpointError) -> [TensorRows] {
        guard
            let pairs = family.tensorPairs(layers: counts.layers, experts: counts.experts, hasPrefix: true)
        else {
            throw CheckpointError(
                path: checkpoint.path, reason: "\(family.name) models are laid out in another way in folders",
                remedy: "They cannot be converted yet")
        }
        if let lacking = pairs.missing(where: { checkpoint.tensors[$0.gguf] != nil }) {
            throw CheckpointError(
                path: checkpoint.path, location: "tensor \(lacking.gguf)",
                reason: "is missing, other blocks have theirs", remedy: "The file is incomplete; get it again")
        }
        var (result, used): ([TensorRows], Set<String>) = ([], [])
        // Without experts there are no names for them.
        for pair in pairs where !pair.huggingFace.isEmpty {
            guard let stored = checkpoint.tensors[pair.gguf] else { continue }
            used.insert(pair.gguf)
            result += try converted(pair, stored)
        }
        let factors = ["rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"]
        for name in checkpoint.tensors.keys where !used.contains(name) && !factors.contains(name) {
            throw CheckpointError(
                path: checkpoint.path, location: "tensor \(name)",
                reason: "has no place in a folder of \(rules.modelType)")
        }
        return result
    }

    /// A tensor under the folder's name, or stacked experts one by one.
    private func converted(_ pair: TensorPair, _ stored: StoredTensor) throws(CheckpointError) -> [TensorRows] {
        var tensor = TensorRows(stored)
        if family.reordersRows(of: pair) {
            let rows = stored.shape.first ?? 0
            let heads = try counts.heads(ofRows: rows, pair, origin: tensor.origin)
            tensor = tensor.reordered(HeadOrder.halves(rows: rows, heads: heads))
        }
        if rules.normOffset != 0, pair.gguf.hasSuffix("norm.weight") { tensor = tensor.adding(-rules.normOffset) }
        if pair.isTransposed { tensor = tensor.transposed() }
        let names = pair.huggingFace
        if names.count == 1, stored.shape.count < 3 { return [tensor.renamed(names[0])] }
        guard stored.shape.count == 3, stored.shape[0] == names.count else {
            throw CheckpointError(
                path: checkpoint.path, location: "tensor \(stored.name)",
                reason: "its shape is \(stored.shape), expected \(names.count) matrices, one for each expert",
                remedy: "The file is damaged, or its expert_count is not its own; get it again")
        }
        let height = stored.shape[1]
        return names.enumerated().map { expert, name in
            tensor.rows(expert * height..<(expert + 1) * height, shape: Array(stored.shape.dropFirst())).renamed(name)
        }
    }
}
