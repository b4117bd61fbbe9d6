import Checkpoints
import JSONValues
import OrderedCollections
import Tensors

/// Every tensor of a merge and what it is made of, checked before anything is written.
struct MergePlan: Sendable {
    /// One tensor of the result.
    struct Tensor: Sendable {
        let name: String
        let shape: [Int]
        let dataType: DataType
        let content: Content
    }

    /// Where its values come from.
    enum Content: Sendable {
        /// Another tensor, byte by byte.
        case copy(StoredTensor)
        case merged(MergeMethod, [any TensorReader], base: Int?, MethodParameters)
    }

    /// The models by what the configuration calls them.
    let models: OrderedDictionary<ModelReference, MergeModel>
    /// The model whose configuration and other files the result gets.
    let donor: MergeModel
    private(set) var tensors: [Tensor] = []
    /// The layers of each stack, each as the donor's or another model's layer that it came from first.
    private(set) var layers: OrderedDictionary<String, [(model: ModelReference, layer: Int)]> = [:]
    /// What is odd without being in the way.
    private(set) var notes: [String] = []
    /// How rows of tokens are brought into one order, if the result has a tokenizer of its own.
    let vocabulary: MergedVocabulary?

    private let configuration: MergeConfiguration
    private let seed: UInt64

    init(
        _ configuration: MergeConfiguration, models: OrderedDictionary<ModelReference, MergeModel>,
        vocabulary: MergedVocabulary?, seed: UInt64
    ) throws {
        (self.configuration, self.models, self.vocabulary, self.seed) = (configuration, models, vocabulary, seed)
        guard let donor = models.values.first else { throw MergeError(path: configuration.path, reason: "no models") }
        self.donor = donor
        for module in try ModulePlan.modules(configuration, donor: donor, models: models) { try add(module) }
        for name in unusedParameters {
            notes.append(
                "\(configuration.path): \(configuration.method.rawValue) has no parameter \(name); it has no effect")
        }
    }

    /// Parameters that other methods have.
    private var unusedParameters: [String] {
        let known = Set(configuration.method.parameters.map(\.name))
        return configuration.parameterNames.filter { !known.contains($0) }.sorted()
    }

    private mutating func add(_ module: ModulePlan) throws {
        let loose = module.looseNames
        for name in loose where TensorNames.isBeforeLayers(name) {
            try add(name, module, slice: 0, depth: 0) { _, _ in name }
        }
        var number = 0
        for (place, slice) in module.slices.enumerated() {
            guard let stack = module.stack else { break }
            let count = slice.sources[0].layers.count
            for offset in 0..<count {
                let depth = count > 1 ? Double(offset) / Double(count - 1) : 1
                var parts: OrderedSet<String> = []
                for source in slice.sources {
                    parts.formUnion(module.parts(of: source.model, layer: source.layers.lowerBound + offset))
                }
                for part in parts {
                    try add(LayerName.name(stack, number, part), module, slice: place, depth: depth) { source, _ in
                        LayerName.name(stack, source.layers.lowerBound + offset, part)
                    }
                }
                let first = slice.sources[0]
                layers[stack, default: []].append((first.model, first.layers.lowerBound + offset))
                number += 1
            }
        }
        for name in loose where !TensorNames.isBeforeLayers(name) {
            try add(name, module, slice: module.slices.count - 1, depth: 0) { _, _ in name }
        }
    }

    /// Adds a tensor; `inputName` says what it is called in a source.
    private mutating func add(
        _ name: String, _ module: ModulePlan, slice place: Int, depth: Double,
        inputName: (MergeConfiguration.InputSlice, MergeModel) -> String
    ) throws {
        let slice = module.slices[place]
        let base = slice.base ?? configuration.base
        var (inputs, missing): ([Input], [MergeModel]) = ([], [])
        var isAnywhere = false
        for source in slice.sources {
            guard let model = models[source.model] else { continue }
            let own = inputName(source, model)
            isAnywhere = isAnywhere || model.tensor(own) != nil
            if let found = ([own] + TensorNames.tied(own)).first(where: { model.tensor($0) != nil }) {
                inputs.append(Input(model: model, source: source, asked: own, found: found))
            } else {
                missing.append(model)
            }
        }
        guard isAnywhere else { return }
        if let model = missing.first, !TensorNames.isOptional(name) {
            throw MergeError(
                path: model.path, location: "tensor \(name)", reason: "the model lacks it, others have it",
                remedy: "Merge models of one architecture")
        }
        let resolver = ParameterResolver(
            configuration: configuration, module: module, slice: slice, base: base, depth: depth)
        if let copied = try copied(inputs, name) { return tensors.append(copied) }
        let shapes = inputs.map { $0.model.tensor($0.found)?.shape ?? [] }
        let isRealigned = vocabulary != nil && TensorNames.isVocabulary(name)
        if !isRealigned, let other = shapes.firstIndex(where: { $0 != shapes[0] }) {
            throw MergeError(
                path: inputs[other].model.path, location: "tensor \(inputs[other].found)",
                reason: "its shape is \(shapes[other]), that of \(inputs[0].model.path) is \(shapes[0])",
                remedy: TensorNames.isVocabulary(name) && shapes[other].dropFirst() == shapes[0].dropFirst()
                    ? "The vocabularies differ: add tokenizer_source: base or union to the configuration"
                    : "Merge models of one size")
        }
        var readers = try inputs.map { input in
            guard let reader = try input.model.reader(input.found, rounding: configuration.dataType) else {
                throw MergeError(path: input.model.path, location: "tensor \(input.found)", reason: "it is gone")
            }
            return reader
        }
        if isRealigned, let vocabulary {
            readers = try vocabulary.realigned(readers, models: inputs.map(\.source.model), base: base, name: name)
        }
        guard let action = try action(name, inputs, missing, base: base) else { return }
        let type = configuration.outputType ?? configuration.dataType ?? Self.common(readers.map(\.dataType))
        let content: Content
        switch action {
        case .merge:
            let parameters = try resolver.parameters(
                for: name, inputs: inputs.map { ($0.source.model, $0.asked) }, seed: seed)
            content = .merged(
                configuration.method, readers, base: inputs.firstIndex { $0.source.model == base }, parameters)
            try checkWeights(parameters, name)
        case .take(let place):
            content = .merged(.passthrough, [readers[place]], base: nil, MethodParameters())
        }
        tensors.append(Tensor(name: name, shape: readers[0].shape, dataType: type, content: content))
    }

    /// One tensor that another is made from.
    private struct Input {
        let model: MergeModel
        let source: MergeConfiguration.InputSlice
        /// The name that parameters are looked up by.
        let asked: String
        /// The name of the tensor that stands in for it, usually the same.
        let found: String
    }

    private enum Action {
        case merge
        case take(Int)
    }

    /// What to do with a tensor that some models may lack; nil to leave it out.
    private func action(
        _ name: String, _ inputs: [Input], _ missing: [MergeModel], base: ModelReference?
    ) throws(MergeError) -> Action? {
        let method = configuration.method
        let place = inputs.firstIndex { $0.source.model == base }
        if !missing.isEmpty {
            switch method.missingPolicy {
            case .onlyOne where inputs.count == 1: return .take(0)
            case .onlyBase where inputs.count == 1 && place == 0: return .take(0)
            case .baseOrNothing where inputs.count < method.inputCounts.lowerBound:
                return inputs.count == 1 && place == 0 ? .take(0) : nil
            default: break
            }
        }
        try ModulePlan.checkCounts(
            method, models: inputs.map(\.source.model), base: base, place: "tensor \(name)", path: configuration.path)
        return .merge
    }

    /// A tensor that holds no weights, which all models must agree in.
    private func copied(_ inputs: [Input], _ name: String) throws(MergeError) -> Tensor? {
        let stored = inputs.compactMap { $0.model.tensor($0.found) }
        guard stored.contains(where: { Self.integers.contains($0.dataType) }) else { return nil }
        let first = stored[0]
        for (input, other) in zip(inputs, stored) {
            let isEqual = first.withUnsafeBytes { a in
                other.withUnsafeBytes { b in
                    first.dataType == other.dataType && first.shape == other.shape && a.elementsEqual(b)
                }
            }
            guard isEqual else {
                throw MergeError(
                    path: input.model.path, location: "tensor \(name)",
                    reason: "whole numbers cannot be merged, and these differ from those of \(inputs[0].model.path)")
            }
        }
        return Tensor(name: name, shape: first.shape, dataType: first.dataType, content: .copy(first))
    }

    private static let integers: Set<DataType> = [.i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .bool]

    /// The type that holds the values of all.
    private static func common(_ types: [DataType]) -> DataType {
        let distinct = Set(types)
        guard distinct.count == 1, let type = distinct.first, [.f16, .bf16].contains(type) else { return .f32 }
        return type
    }

    private func checkWeights(_ parameters: MethodParameters, _ name: String) throws(MergeError) {
        let isNormalized =
            switch configuration.method {
            case .linear: parameters.flag("normalize")
            case .multislerp: parameters.flag("normalize_weights")
            default: false
            }
        guard isNormalized, parameters.inputs.reduce(0, { $0 + Float($1["weight"] ?? 0) }) == 0 else { return }
        throw MergeError(
            path: configuration.path, location: "tensor \(name)",
            reason: "the weights sum to zero, and the result is divided by their sum",
            remedy:
                "Choose other weights, or \(configuration.method == .linear ? "normalize" : "normalize_weights"): false"
        )
    }
}

extension MergeConfiguration {
    /// The parameters that are set anywhere.
    var parameterNames: Set<String> {
        var names = Set(parameters.keys)
        func add(_ source: Source) {
            switch source {
            case .models(let models): for model in models { names.formUnion(model.parameters.keys) }
            case .slices(let slices):
                for slice in slices {
                    names.formUnion(slice.parameters.keys)
                    for source in slice.sources { names.formUnion(source.parameters.keys) }
                }
            }
        }
        switch target {
        case .whole(let source): add(source)
        case .modules(let modules):
            for (_, module) in modules {
                names.formUnion(module.parameters.keys)
                add(module.source)
            }
        }
        return names
    }
}
