import Essentials
import JSONValues

/// A model family: what its files call things, and how its configuration becomes a spec.
package struct Family: Sendable {
    /// The name people use.
    package let name: String
    /// Values of `model_type` in config.json.
    package let modelTypes: [String]
    /// Values of `general.architecture` in GGUF.
    package let ggufArchitectures: [String]
    /// The names of tensors in Hugging Face checkpoints.
    let tensorNames: TensorNames
    /// The names of tensors in GGUF files.
    let ggufNames: TensorNames
    /// What its reference takes for granted where config.json has no such key.
    let defaults: JSON.Object
    /// Parts of the names of tensors that the network does not need.
    let ignoredTensors: [String]
    /// Whether GGUF files have the rows of queries and keys in another order than Hugging Face's, so that channels which
    /// turn together are neighbours.
    let ggufPermutesHeads: Bool
    /// What a config.json would say of a file without any, by the shapes of its tensors and, where there is one, the
    /// `params.json` beside it; nil if the file is none of this family.
    let configuration: (@Sendable (BareTensors, JSON?) -> JSON?)?
    /// Whether a configuration that names one of its model types is of this family, where several share a type.
    let recognizes: @Sendable (Hyperparameters) throws -> Bool
    /// The implementation that it is held against.
    package let reference: String
    /// Reads the configuration.
    let makeSpec: @Sendable (Hyperparameters) throws -> NetworkSpec

    /// Describes a family; those without GGUF architectures have no such files.
    init(
        name: String, modelTypes: [String], ggufArchitectures: [String] = [], tensorNames: TensorNames,
        ggufNames: TensorNames = .gguf, defaults: JSON.Object = [:], ignoredTensors: [String] = [],
        ggufPermutesHeads: Bool = false, reference: String = "transformers",
        configuration: (@Sendable (BareTensors, JSON?) -> JSON?)? = nil,
        recognizes: @escaping @Sendable (Hyperparameters) throws -> Bool = { _ in true },
        makeSpec: @escaping @Sendable (Hyperparameters) throws -> NetworkSpec
    ) {
        self.name = name
        self.modelTypes = modelTypes
        self.ggufArchitectures = ggufArchitectures
        self.tensorNames = tensorNames
        self.ggufNames = ggufNames
        self.defaults = defaults
        self.ignoredTensors = ignoredTensors
        self.ggufPermutesHeads = ggufPermutesHeads
        self.reference = reference
        self.configuration = configuration
        self.recognizes = recognizes
        self.makeSpec = makeSpec
    }

    /// Where no library has a family, its published code was written again for the comparison, a few lines of arithmetic.
    static let publishedFormulas = "formulas of its code"

    /// The family that a configuration names.
    static func of(_ configuration: Hyperparameters) throws -> Family {
        let (name, names): (String, KeyPath<Family, [String]>)
        switch configuration.source {
        case .gguf(_, let architecture): (name, names) = (architecture, \.ggufArchitectures)
        case .huggingFace: (name, names) = (try configuration.text(.init("model_type")) ?? "(none)", \.modelTypes)
        }
        for family in all where family[keyPath: names].contains(name) {
            if try family.recognizes(configuration) { return family }
        }
        let known = all.flatMap { $0[keyPath: names] }
        // Of those that are equally near the one whose name comes last, as a rule the newest.
        let nearest = known.filter { isNear($0, name) }.min {
            (Spelling.distance($0, name), $1) < (Spelling.distance($1, name), $0)
        }
        let advice =
            nearest.map { "the nearest of the \(known.count) that are is \($0)" } ?? "\(known.count) others are"
        throw ArchitectureError(
            path: configuration.path,
            reason: "the architecture \(name) is not supported; \(advice). `swiftlet show --families` lists them, and "
                + "docs/adding-a-model.md says how to add one")
    }

    /// Whether two names begin alike, as those of one maker's models do.
    private static func isNear(_ name: String, _ other: String) -> Bool {
        name.prefix(3).lowercased() == other.prefix(3).lowercased()
    }

    func ignoresTensor(_ name: String) -> Bool { ignoredTensors.contains { name.contains($0) } }
}
