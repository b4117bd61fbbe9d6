import Checkpoints
import JSONValues

/// The layers between the states of a text's tokens and the score.
struct ScoreHead: Sendable {
    /// Which states are scored.
    private enum Reading: Sendable {
        case first, last, mean
        /// Each by itself; the results of all layers but the last are averaged.
        case each
    }

    private enum Layer: Sendable {
        case dense(DenseLayer)
        case norm(NormLayer)

        func callAsFunction(_ input: [Float]) -> [Float] {
            switch self {
            case .dense(let layer): layer(input)
            case .norm(let layer): layer(input)
            }
        }
    }

    /// The names of its tensors in the file.
    let tensors: Set<String>
    /// The channels of a state.
    let inputs: Int
    private let reading: Reading
    private let layers: [Layer]

    /// Finds the head by the names of its tensors, and how it is used by the kind of model.
    init(_ checkpoint: Checkpoint) throws {
        let config = checkpoint.configuration
        let path = checkpoint.path
        var plan = try Self.plan(checkpoint, config)
        plan.dense[plan.dense.count - 1].function = try Self.activation(checkpoint)
        let dense = try plan.dense.map { try DenseLayer($0.name, of: checkpoint, path: path, function: $0.function) }
        for (layer, next) in zip(dense, dense.dropFirst()) where layer.outputs != next.inputs {
            throw EmbeddingError.model(
                path: path, key: "score head",
                reason: "a layer gives \(layer.outputs) values and the next takes \(next.inputs)")
        }
        guard let last = dense.last, last.outputs == 1 else {
            throw EmbeddingError.model(
                path: path, key: "tensor \(plan.dense.last?.name ?? "").weight",
                reason: "gives \(dense.last?.outputs ?? 0) labels; a model that reranks has one score")
        }
        var layers = dense.map(Layer.dense)
        var names = Set(plan.dense.flatMap { ["\($0.name).weight", "\($0.name).bias"] })
        if let norm = plan.norm {
            let layer = try NormLayer(
                norm, of: checkpoint, width: last.inputs, epsilon: config?["norm_eps"]?.doubleValue ?? 1e-5)
            layers.insert(.norm(layer), at: layers.count - 1)
            names.formUnion(["\(norm).weight", "\(norm).bias"])
        }
        (self.layers, tensors, reading) = (layers, names, plan.reading)
        inputs = dense.first?.inputs ?? 0
    }

    /// Scores the answer to a question by how much more likely "yes" is than "no" after the last token.
    init(_ checkpoint: Checkpoint, of question: RelevanceQuestion) throws {
        let names = [
            "lm_head.weight", "output.weight", "model.embed_tokens.weight", "embed_tokens.weight", "token_embd.weight",
        ]
        guard let matrix = try names.lazy.compactMap({ checkpoint.tensors[$0] }).first?.matrix(),
            Int(max(question.yes, question.no)) < matrix.rows
        else {
            throw EmbeddingError.model(
                path: checkpoint.path, key: "tensor \(names[0])", reason: "is missing; a model that answers needs it")
        }
        func row(_ token: Int32) -> [Float] { matrix.rows([Int(token)..<Int(token) + 1]).decoded() }
        let weight = zip(row(question.yes), row(question.no)).map { $0 - $1 }
        layers = [.dense(DenseLayer(weight: weight, function: try Self.activation(checkpoint)))]
        (inputs, tensors, reading) = (matrix.columns, [], .last)
    }

    private typealias Plan = (
        dense: [(name: String, function: DenseLayer.Function)], norm: String?, reading: Reading
    )

    private static func plan(_ checkpoint: Checkpoint, _ config: JSON?) throws -> Plan {
        func function(_ key: String, _ other: DenseLayer.Function) throws -> DenseLayer.Function {
            try config?[key]?.stringValue.map { try .init(activation: $0, path: checkpoint.path, key: key) } ?? other
        }
        func reading(_ other: Reading) throws -> Reading {
            switch config?["classifier_pooling"]?.stringValue {
            case nil: return other
            case "cls", "bos": return .first
            case "mean": return .mean
            case "late": return .each
            case let name?:
                throw EmbeddingError.model(
                    path: checkpoint.path, key: "classifier_pooling", reason: "\(name) is not supported")
            }
        }
        let has = { (name: String) in checkpoint.tensors["\(name).weight"] != nil }
        let type = config?["model_type"]?.stringValue
        if has("score") { return ([("score", .identity)], nil, .last) }
        if type == "modernbert" {
            let activation = try function("classifier_activation", .gelu)
            return ([("head.dense", activation), ("classifier", .identity)], "head.norm", try reading(.first))
        }
        if type == "eurobert" { return ([("dense", .gelu), ("classifier", .identity)], nil, try reading(.each)) }
        if has("classifier.out_proj") {
            let activation: DenseLayer.Function = type == "electra" ? .gelu : .tanh
            return ([("classifier.dense", activation), ("classifier.out_proj", .identity)], nil, .first)
        }
        if has("pre_classifier") {
            return ([("pre_classifier", .relu), ("classifier", .identity)], nil, .first)
        }
        let pooler = checkpoint.tensors.keys.first {
            $0.hasSuffix("pooler.dense.weight") || $0.hasSuffix("pooler.weight")
        }
        let isDeBERTa = type?.hasPrefix("deberta") ?? false
        let activation = isDeBERTa ? try function("pooler_hidden_act", .gelu) : .tanh
        let dense = pooler.map { [(String($0.dropLast(7)), activation)] } ?? []
        return (dense + [("classifier", .identity)], nil, .first)
    }

    /// What is applied to the score: what sentence-transformers has written down, else the logistic function.
    private static func activation(_ checkpoint: Checkpoint) throws -> DenseLayer.Function {
        guard case .huggingFace(let files) = checkpoint.metadata else { return .sigmoid }
        let own = try ModuleFolder(files.folder).json("config_sentence_transformers.json")
        let name =
            files.config["sentence_transformers"]?["activation_fn"]?.stringValue
            ?? files.config["sbert_ce_default_activation_function"]?.stringValue ?? own?["activation_fn"]?.stringValue
        guard let name else { return .sigmoid }
        return try DenseLayer.Function(name, path: checkpoint.path, key: "activation_fn")
    }

    /// The score of a text by its tokens' states. Two empty texts in a model without special tokens have none.
    func score(_ rows: [UnsafeMutableBufferPointer<Float>]) -> Float {
        let none = [Float](repeating: 0, count: inputs)
        func run(_ layers: some Sequence<Layer>, _ state: [Float]) -> [Float] { layers.reduce(state) { $1($0) } }
        let result =
            switch reading {
            case .first: run(layers, rows.first.map { Array($0) } ?? none)
            case .last: run(layers, rows.last.map { Array($0) } ?? none)
            case .mean: run(layers, Self.mean(rows.map { Array($0) }) ?? none)
            case .each:
                run(layers.suffix(1), Self.mean(rows.map { run(layers.dropLast(), Array($0)) }) ?? none)
            }
        return result.first ?? 0
    }

    private static func mean(_ rows: [[Float]]) -> [Float]? {
        guard let width = rows.first?.count else { return nil }
        return (0..<width).map { column in
            Float(rows.reduce(0) { $0 + Double($1[column]) } / Double(rows.count))
        }
    }
}

/// Layer normalization of one vector.
struct NormLayer: Sendable {
    private let weight, bias: [Float]
    private let epsilon: Double

    /// Takes `NAME.weight` and, if it is there, `NAME.bias`.
    init(_ name: String, of tensors: some TensorTable, width: Int, epsilon: Double) throws {
        func values(_ part: String, _ other: Float) throws -> [Float] {
            guard let stored = tensors.tensor("\(name).\(part)") else { return [Float](repeating: other, count: width) }
            return try stored.numbers().map(Float.init)
        }
        (weight, bias, self.epsilon) = (try values("weight", 1), try values("bias", 0), epsilon)
        guard weight.count == width, bias.count == width else {
            throw EmbeddingError.model(
                path: name, key: "tensor \(name).weight", reason: "has \(weight.count) values, not \(width)")
        }
    }

    func callAsFunction(_ input: [Float]) -> [Float] {
        let values = input.map(Double.init)
        let mean = values.reduce(0, +) / Double(max(values.count, 1))
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(values.count, 1))
        let factor = 1 / (variance + epsilon).squareRoot()
        return values.indices.map { Float((values[$0] - mean) * factor) * weight[$0] + bias[$0] }
    }
}

extension Checkpoint {
    /// Its config.json, if it has one.
    var configuration: JSON? {
        if case .huggingFace(let files) = metadata { files.config } else { nil }
    }

    /// Whether it ends in labels rather than in tokens, as the class that its configuration names says.
    var isClassifier: Bool {
        get throws {
            let names = configuration?["architectures"]?.arrayValue?.compactMap(\.stringValue) ?? []
            return !names.contains { $0.hasSuffix("ForCausalLM") }
        }
    }
}
