import Checkpoints
import Files
import JSONValues
import OrderedCollections
import Tensors

/// Puts the feed-forward networks of models of one kind side by side, as experts of a mixture that a router chooses from.
package struct ExpertMixture: Sendable {
    private let configuration: ExpertConfiguration
    private let base: MergeModel
    private let models: [MergeModel]
    private let kind: String
    private let stack: String
    private let layers: Int

    /// The folder of the base model.
    package var basePath: String { base.path }
    /// The text that prompts begin with.
    package var beginToken: String { base.beginToken }

    /// Opens the models.
    package init(_ configuration: ExpertConfiguration, resolve: (String) throws -> String) throws {
        self.configuration = configuration
        base = try MergeModel(configuration.base, resolve: resolve)
        models = try configuration.experts.map { try MergeModel($0.model, resolve: resolve) }
        let config = base.configuration.config
        kind = config["model_type"]?.stringValue ?? ""
        let hasBiases = ["attention_bias", "mlp_bias"].contains { config[$0]?.boolValue == true }
        guard ["llama", "mistral", "qwen3"].contains(kind), !hasBiases,
            let stack = base.stacks.keys.first, let layers = base.stacks[stack]
        else {
            throw MergeError(
                path: base.path,
                reason: "mixtures are made of llama, mistral and qwen3 models without biases, not of \(kind)")
        }
        let made = kind == "qwen3" ? "qwen3" : "mixtral"
        guard [nil, made].contains(configuration.architecture) else {
            throw MergeError(
                path: configuration.path, location: "key architecture",
                reason: "\(configuration.architecture ?? "") is asked for, and of \(kind) models a mixture is \(made)",
                remedy: "Leave it out")
        }
        (self.stack, self.layers) = (stack, layers)
        for model in models { try check(model) }
    }

    private func check(_ model: MergeModel) throws(MergeError) {
        guard model.architecture == base.architecture else {
            throw MergeError(
                path: model.path,
                reason: "the architecture is \(model.architecture), that of \(base.path) is \(base.architecture)")
        }
        for layer in 0..<layers {
            for part in Self.parts {
                let name = LayerName.name(stack, layer, "mlp.\(part).weight")
                guard let own = base.tensor(name), let other = model.tensor(name) else {
                    throw MergeError(path: model.path, location: "tensor \(name)", reason: "the model lacks it")
                }
                guard own.shape == other.shape else {
                    throw MergeError(
                        path: model.path, location: "tensor \(name)",
                        reason: "its shape is \(other.shape), that of \(base.path) is \(own.shape)")
                }
            }
        }
    }

    private static let parts = ["gate_proj", "down_proj", "up_proj"]

    /// The name of a projection of an expert, as the architecture with experts has it.
    private func expertName(_ layer: Int, _ expert: Int, _ part: String) -> String {
        if kind == "qwen3" { return LayerName.name(stack, layer, "mlp.experts.\(expert).\(part).weight") }
        let short = ["gate_proj": "w1", "down_proj": "w2", "up_proj": "w3"][part] ?? part
        return LayerName.name(stack, layer, "block_sparse_moe.experts.\(expert).\(short).weight")
    }

    private func routerName(_ layer: Int) -> String {
        LayerName.name(stack, layer, kind == "qwen3" ? "mlp.gate.weight" : "block_sparse_moe.gate.weight")
    }

    /// Writes the mixture to a folder that is not there yet; `states` reads prompts with the base model, for the gate modes that
    /// want that.
    package func write(
        to output: String, seed: UInt64 = 0, threads: Int = ThreadPool.machineThreads, shardBytes: Int = 5_000_000_000,
        states: PromptStates? = nil
    ) throws {
        let first = LayerName.name(stack, 0, "mlp.up_proj.weight")
        guard let hidden = base.tensor(first)?.shape.last else {
            throw MergeError(path: base.path, location: "tensor \(first)", reason: "the model lacks it")
        }
        let routers = try ExpertRouter(
            configuration: configuration, base: base, layers: layers, hiddenSize: hidden, seed: seed
        ).weights(states)
        let folder = try AtomicFolder(path: output)
        let pool = ThreadPool(threads: threads)
        var sources: [TensorSource] = []
        for name in base.names {
            if let place = LayerName(name), place.part.hasPrefix("mlp."), place.stack == stack { continue }
            guard let reader = try base.reader(name, rounding: nil) else { continue }
            sources.append(
                source(name, reader, pool) { _, inputs, values in _ = values.update(fromContentsOf: inputs[0]) })
        }
        for layer in 0..<layers {
            for expert in models.indices {
                for part in Self.parts { sources.append(try expertSource(layer, expert, part, seed, pool)) }
            }
            let router = routers[layer]
            let type =
                configuration.dataType ?? base.tensor(LayerName.name(stack, 0, "mlp.up_proj.weight"))?.dataType ?? .f32
            let bytes = router.withUnsafeBufferPointer { ValueEncoding.bytes($0, as: type) }
            sources.append(
                TensorSource(
                    name: routerName(layer), dataType: type, shape: [models.count, hidden], bytes: try bytes.get()))
        }
        try SafetensorsWriter.write(sources, toFolder: folder.temporaryPath, maximumBytes: shardBytes)
        try MergedFolder.copyFiles(of: base, to: folder.temporaryPath, config: config)
        try AtomicFile.write(Array(configuration.text.utf8), to: "\(folder.temporaryPath)/mergekit_moe_config.yml")
        try folder.commit()
    }

    private func source(
        _ name: String, _ reader: any TensorReader, _ pool: ThreadPool, _ combiner: @escaping Combiner
    ) -> TensorSource {
        let type = configuration.dataType ?? reader.dataType
        let group = TensorGroup(inputs: [reader], base: nil, name: name, pool: pool)
        return TensorSource(name: name, dataType: type, shape: reader.shape) { (body) throws(CheckpointError) in
            try group.write(combiner, as: type, to: body)
        }
    }

    private func expertSource(
        _ layer: Int, _ expert: Int, _ part: String, _ seed: UInt64, _ pool: ThreadPool
    ) throws -> TensorSource {
        let name = LayerName.name(stack, layer, "mlp.\(part).weight")
        guard let reader = try models[expert].reader(name, rounding: nil) else {
            throw MergeError(path: models[expert].path, location: "tensor \(name)", reason: "the model lacks it")
        }
        let settings = configuration.experts[expert]
        let noise = Float(settings.noise ?? 0)
        let scale = part == "down_proj" ? Float(settings.residualScale ?? 1) : 1
        let random = CountedRandom(seed: seed, tensor: name, input: expert)
        return source(expertName(layer, expert, part), reader, pool) { range, inputs, output in
            for index in output.indices {
                var value = inputs[0][index]
                if noise != 0 { value += noise * NormalRandom.value(random, range.lowerBound + index) }
                output[index] = value * scale
            }
        }
    }

    /// The base's `config.json` as that of a mixture.
    private var config: JSON {
        var object = base.configuration.config.objectValue ?? [:]
        if base.isUntied { object["tie_word_embeddings"] = false }
        object["num_experts_per_tok"] = .integer(configuration.expertsPerToken)
        if kind == "qwen3" {
            object["architectures"] = ["Qwen3MoeForCausalLM"]
            object["model_type"] = "qwen3_moe"
            object["num_experts"] = .integer(models.count)
            object["moe_intermediate_size"] = object["intermediate_size"]
            object["decoder_sparse_step"] = 1
            object["norm_topk_prob"] = true
            object["mlp_only_layers"] = []
        } else {
            object["architectures"] = ["MixtralForCausalLM"]
            object["model_type"] = "mixtral"
            object["num_local_experts"] = .integer(models.count)
            object["sliding_window"] = .null
        }
        if let name = configuration.dataType?.pyTorchName {
            object[object["dtype"] != nil ? "dtype" : "torch_dtype"] = .string(name)
        }
        return .object(object)
    }
}
