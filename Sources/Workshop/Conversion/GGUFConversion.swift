import Architectures
package import Checkpoints
import JSONValues
import OrderedCollections
import Tensors

/// Turns Hugging Face folders into what GGUF files hold, as llama.cpp's converter does.
package struct GGUFConversion {
    private let checkpoint: Checkpoint
    private let files: HuggingFaceConfiguration
    private let config: JSON
    private let rules: ConversionFamily
    private let family: Family
    private let counts: LayoutCounts
    private var losses: Losses

    /// What a model is as a GGUF file: that of a GGUF file itself, or of a folder that is converted.
    ///
    /// - Parameters:
    ///   - checkpoint: The model.
    ///   - allowsLosses: Whether what GGUF cannot say is left out with a note, instead of being an error.
    package static func contents(
        of checkpoint: Checkpoint, allowsLosses: Bool = false
    ) throws(CheckpointError) -> GGUFContents {
        switch checkpoint.metadata {
        case .gguf(let metadata): return try GGUFContents(checkpoint, metadata: metadata)
        case .huggingFace(let files):
            var conversion = try GGUFConversion(checkpoint, files, allowsLosses: allowsLosses)
            return try conversion.contents()
        case .bare:
            throw CheckpointError(
                path: checkpoint.path, reason: "it has no configuration",
                remedy: "Put it into a folder with a config.json, as pytorch_model.bin")
        }
    }

    private init(
        _ checkpoint: Checkpoint, _ files: HuggingFaceConfiguration, allowsLosses: Bool
    ) throws(CheckpointError) {
        let path = "\(files.folder)/config.json"
        let modelType = files.config["model_type"]?.stringValue ?? "(none)"
        guard let rules = ConversionFamily.of(modelType: modelType), let family = Family.of(modelType: modelType) else {
            throw CheckpointError(
                path: path, location: "key model_type", reason: "models of type \(modelType) are not converted yet",
                remedy: "Those that are: " + ConversionFamily.all.map(\.modelType).joined(separator: ", "))
        }
        guard files.quantization == nil else {
            throw CheckpointError(
                path: path, location: "key quantization_config", reason: "quantized folders are not converted",
                remedy: "Convert the model that this one was made from")
        }
        (self.checkpoint, self.files, self.rules, self.family) = (checkpoint, files, rules, family)
        var config = files.config.objectValue ?? [:]
        for (key, value) in family.configurationDefaults where config[key] == JSON?.none { config[key] = value }
        let complete = JSON.object(config)
        self.config = complete
        func first(_ key: ConversionFamily.Key) -> String { key.names.first { config[$0] != nil } ?? key.names[0] }
        counts = try LayoutCounts(path: path, name: first) { complete.first(of: $0.names)?.intValue }
        try checkpoint.checkCompleteness()
        losses = Losses(path: path, areAllowed: allowsLosses)
    }

    private mutating func contents() throws(CheckpointError) -> GGUFContents {
        try checkAssumptions()
        let tensors = try tensors()
        let card = try ModelCardKeys(files)
        var metadata: OrderedDictionary<String, GGUFValue> = [
            "general.architecture": .string(rules.architecture), "general.type": .string("model"),
        ]
        for (key, value) in card.metadata() { metadata[key] = value }
        metadata["general.size_label"] = .string(Self.sizeLabel(tensors))
        for (key, value) in try hyperparameters.metadata(&losses) { metadata["\(rules.architecture).\(key)"] = value }
        let rows = tensors.first { $0.name == "token_embd.weight" }?.shape.first ?? 0
        var tokenizer = GGUFTokenizerConversion(files, vocabularySize: rows)
        for (key, value) in try tokenizer.metadata() { metadata[key] = value }
        for (key, value) in OriginalConfiguration.metadata(files) { metadata[key] = value }
        if let remaining = try ModuleFolder(files.folder).json(RemainingKeys.fileName) {
            try RemainingKeys.apply(remaining, path: "\(files.folder)/\(RemainingKeys.fileName)", to: &metadata)
        }
        return GGUFContents(
            metadata: metadata, tensors: tensors, notes: losses.notes + card.notes + tokenizer.notes)
    }

    /// The number of weights in two digits at least, such as 135M; with experts that of one beside what is shared, 8x7.2B.
    static func sizeLabel(_ tensors: [TensorRows]) -> String {
        let experts = tensors.first { $0.name.contains("_exps.") }?.shape.first ?? 0
        let count = tensors.reduce(0.0) { sum, tensor in
            let own = Double(tensor.rows * tensor.columns)
            return sum + (tensor.name.contains("_exps.") ? own / Double(max(1, experts)) : own)
        }
        let units: [(Double, String)] = [(1e12, "T"), (1e9, "B"), (1e6, "M")]
        let (unit, suffix) = units.first { count > $0.0 } ?? (1e3, "K")
        let scaled = count / unit
        return (experts > 0 ? "\(experts)x" : "")
            + (scaled.rounded() < 10 ? "\((scaled * 10).rounded() / 10)" : "\(Int(scaled.rounded()))") + suffix
    }

    // MARK: Configuration

    private var hyperparameters: HyperparameterConversion {
        HyperparameterConversion(
            rules: rules, config: config, path: losses.path, hasTokenizer: TokenizerFiles.exist(in: files.folder))
    }

    /// Refuses what the configuration says and GGUF takes for granted otherwise.
    private mutating func checkAssumptions() throws(CheckpointError) {
        for (key, values) in rules.assumed {
            var value = key == "rope_theta" ? RotaryConfiguration(config).base.map(JSON.number) : config.value(of: key)
            if value == .some(.null), !values.contains(.null) { value = JSON?.none }
            guard let value = value ?? rules.missing[key], !values.contains(where: { $0.means(value) }) else {
                continue
            }
            try losses.refuse(
                "key \(key)",
                "GGUF cannot say that it is \(value.text()) for \(rules.architecture); it takes \(values[0].text()) for granted"
            )
        }
        let layers = counts.layers
        func expect(_ key: String, _ expected: (Int) -> JSON) throws(CheckpointError) {
            guard let list = config[path: key]?.arrayValue, list != (0..<layers).map(expected) else { return }
            try losses.refuse("key \(key)", "GGUF cannot list the kinds of \(rules.architecture)'s blocks")
        }
        func sliding(every period: Int) -> (Int) -> JSON {
            { ($0 + 1) % period == 0 ? "full_attention" : "sliding_attention" }
        }
        switch rules.modelType {
        case "gemma2": try expect("layer_types", sliding(every: 2))
        case "gemma3_text": try expect("layer_types", sliding(every: 6))
        case "smollm3": try expect("no_rope_layers") { ($0 + 1) % 4 == 0 ? 0 : 1 }
        default: break
        }
        if let scalar = config[path: "query_pre_attn_scalar"]?.doubleValue, rules.normOffset != 0 {
            let known = Family.gemmaScaledWidths[layers].map { $0 / counts.heads } ?? counts.headSize
            if scalar != Double(known) {
                try losses.refuse(
                    "key query_pre_attn_scalar", "GGUF cannot say that it is \(scalar); it takes \(known) for granted")
            }
        }
    }

    // MARK: Tensors

    private func tensors() throws(CheckpointError) -> [TensorRows] {
        guard
            let pairs = family.tensorPairs(
                layers: counts.layers, experts: counts.experts,
                hasPrefix: checkpoint.tensors.keys.contains { $0.hasPrefix("transformer.") })
        else {
            throw CheckpointError(
                path: losses.path, reason: "\(family.name) models are laid out in another way in GGUF",
                remedy: "They cannot be converted yet")
        }
        if let lacking = pairs.missing(where: { $0.huggingFace.contains { checkpoint.tensors[$0] != nil } }) {
            throw incomplete(lacking.huggingFace[0], "is missing, other blocks have theirs")
        }
        var (result, used): ([TensorRows], Set<String>) = ([], [])
        for pair in pairs {
            let stored = pair.huggingFace.compactMap { checkpoint.tensors[$0] }
            guard !stored.isEmpty else { continue }
            guard stored.count == pair.huggingFace.count else {
                let missing = pair.huggingFace.first { checkpoint.tensors[$0] == nil } ?? ""
                throw incomplete(missing, "is missing, its neighbours are there")
            }
            used.formUnion(pair.huggingFace)
            // A tied output is the embedding once more.
            if pair.gguf == "output.weight", isTied { continue }
            result.append(try converted(pair, stored))
        }
        try check(used)
        return result + positionFactors()
    }

    private func incomplete(_ tensor: String, _ reason: String) -> CheckpointError {
        CheckpointError(
            path: checkpoint.path, location: "tensor \(tensor)", reason: reason,
            remedy: "The files are incomplete; download them again")
    }

    private var isTied: Bool {
        config[path: "tie_word_embeddings"]?.boolValue ?? rules.tiesByDefault
    }

    private func converted(_ pair: TensorPair, _ stored: [StoredTensor]) throws(CheckpointError) -> TensorRows {
        let isStack = pair.huggingFace.count > 1
        var parts = stored.map { TensorRows($0, name: pair.gguf) }
        if pair.isTransposed { parts = parts.map { $0.transposed() } }
        guard var tensor = isStack ? TensorRows.stacked(parts, name: pair.gguf) : parts.first else {
            throw CheckpointError(
                path: checkpoint.path, location: "tensor \(pair.huggingFace[0])",
                reason: "its experts have different shapes or types")
        }
        // The halves of heads of queries and keys become neighbours.
        if family.reordersRows(of: pair) {
            let rows = tensor.shape.first ?? 0
            let heads = try counts.heads(ofRows: rows, pair, origin: tensor.origin)
            tensor = tensor.reordered(HeadOrder.neighbours(rows: rows, heads: heads))
        }
        if rules.normOffset != 0, pair.gguf.hasSuffix("norm.weight") { tensor = tensor.adding(rules.normOffset) }
        let isWide = tensor.dataType == .f64 || !ModelQuantizer.mayQuantize(tensor.name, shape: tensor.shape)
        return isWide && tensor.dataType != .f32 ? tensor.widened() : tensor
    }

    private func positionFactors() -> [TensorRows] {
        let rotary = RotaryConfiguration(config)
        var factors: [(String, [Float]?)] = [("rope_freqs.weight", rotary.llama3Divisors(headSize: counts.headSize))]
        if rules.hasLongFactors {
            factors += [
                ("rope_factors_long.weight", rotary.longFactors("long_factor")),
                ("rope_factors_short.weight", rotary.longFactors("short_factor")),
            ]
        }
        return factors.compactMap { name, numbers in
            numbers.map { TensorRows(name: name, numbers: $0, shape: [$0.count], origin: losses.path) }
        }
    }

    /// Every tensor must have found its place.
    private func check(_ used: Set<String>) throws(CheckpointError) {
        let buffers = [
            ".attn.bias", ".attn.masked_bias", ".attention.masked_bias", ".attention.bias", ".rotary_emb.inv_freq",
        ]
        for name in checkpoint.tensors.keys where !used.contains(name) {
            if buffers.contains(where: name.hasSuffix) || family.unneededTensors.contains(where: name.contains) {
                continue
            }
            throw CheckpointError(
                path: checkpoint.path, location: "tensor \(name)",
                reason: "has no place in a GGUF file of \(rules.architecture)")
        }
        guard used.contains(where: { $0.hasSuffix("embed_tokens.weight") || $0.hasSuffix("wte.weight") }) else {
            throw CheckpointError(
                path: checkpoint.path, reason: "the embedding is missing", remedy: "Download the weights again")
        }
    }
}
