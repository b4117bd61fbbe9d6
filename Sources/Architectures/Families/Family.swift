/// A model family: what its files call things, and how its configuration becomes a spec.
public struct Family: Sendable {
    /// The name people use.
    public let name: String
    /// Values of `model_type` in config.json.
    public let modelTypes: [String]
    /// Values of `general.architecture` in GGUF.
    public let ggufArchitectures: [String]
    /// The names of tensors in Hugging Face checkpoints.
    let tensorNames: TensorNames
    /// The names of tensors in GGUF files.
    let ggufNames: TensorNames
    /// Parts of the names of tensors that the network does not need.
    let ignoredTensors: [String]
    /// Reads the configuration.
    let makeSpec: @Sendable (Hyperparameters) throws -> NetworkSpec

    /// Describes a family; those without GGUF architectures have no such files.
    init(
        name: String, modelTypes: [String], ggufArchitectures: [String] = [], tensorNames: TensorNames,
        ggufNames: TensorNames = .gguf, ignoredTensors: [String] = [],
        makeSpec: @escaping @Sendable (Hyperparameters) throws -> NetworkSpec
    ) {
        self.name = name
        self.modelTypes = modelTypes
        self.ggufArchitectures = ggufArchitectures
        self.tensorNames = tensorNames
        self.ggufNames = ggufNames
        self.ignoredTensors = ignoredTensors
        self.makeSpec = makeSpec
    }

    /// The family that a configuration names.
    static func of(_ configuration: Hyperparameters) throws -> Family {
        let (name, names): (String, KeyPath<Family, [String]>)
        switch configuration.source {
        case .gguf(_, let architecture): (name, names) = (architecture, \.ggufArchitectures)
        case .huggingFace: (name, names) = (try configuration.text(.init("model_type")) ?? "(none)", \.modelTypes)
        }
        if let family = all.first(where: { $0[keyPath: names].contains(name) }) { return family }
        let known = all.flatMap { $0[keyPath: names] }.joined(separator: ", ")
        throw ArchitectureError(
            path: configuration.path, reason: "the architecture \(name) is not supported; supported are \(known)")
    }

    func ignoresTensor(_ name: String) -> Bool { ignoredTensors.contains { name.contains($0) } }
}
