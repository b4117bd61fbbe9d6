import OrderedCollections

/// A stack of layers of the result and the tensors around it, all sources written as slices.
struct ModulePlan: Sendable {
    /// The stack, as `model.layers`; nil if the models have none.
    let stack: String?
    let slices: [MergeConfiguration.OutputSlice]
    let parameters: ParameterSettings
    /// The tensors outside of layers, in the order of the models.
    let looseNames: OrderedSet<String>
    private let parts: [ModelReference: [Int: [String]]]

    /// The parts of a layer of a model.
    func parts(of model: ModelReference, layer: Int) -> [String] { parts[model]?[layer] ?? [] }

    /// All modules of a merge.
    static func modules(
        _ configuration: MergeConfiguration, donor: MergeModel, models: OrderedDictionary<ModelReference, MergeModel>
    ) throws(MergeError) -> [ModulePlan] {
        let stacks = Array(donor.stacks.keys)
        let wanted: [(stack: String?, module: MergeConfiguration.Module)]
        switch configuration.target {
        case .whole(let source):
            if case .slices = source, stacks.count != 1 {
                throw MergeError(
                    path: configuration.path,
                    reason: "the models have \(stacks.count) stacks of layers (\(stacks.joined(separator: ", ")))",
                    remedy: "Say with modules: which slices go to which")
            }
            let module = MergeConfiguration.Module(source: source)
            wanted = stacks.isEmpty ? [(nil, module)] : stacks.map { ($0, module) }
        case .modules(let modules):
            wanted = try modules.map { (name, module) throws(MergeError) in
                (try stack(named: name, among: stacks, configuration.path), module)
            }
            if let left = stacks.first(where: { stack in !wanted.contains { $0.stack == stack } }) {
                throw MergeError(
                    path: configuration.path, location: "modules",
                    reason: "\(left) is in none, so the result would lack it",
                    remedy: "Add a module for it")
            }
        }
        return try wanted.map { (stack, module) throws(MergeError) in
            try ModulePlan(stack, module, configuration, stacks: stacks, models: models)
        }
    }

    private static func stack(named name: String, among stacks: [String], _ path: String) throws(MergeError) -> String {
        if stacks.contains(name) { return name }
        if name == "default", stacks.count == 1 { return stacks[0] }
        // What mergekit calls the parts of models with images, and of encoders and decoders.
        let words = ["text_decoder": ["language", "text"], "vision_tower": ["vision", "visual"]][name] ?? [name]
        let found = stacks.filter { stack in words.contains { stack.contains($0) } }
        if found.count == 1 { return found[0] }
        if name == "text_decoder", let plain = stacks.first(where: { $0 == "model.layers" }) { return plain }
        throw MergeError(
            path: path, location: "modules", reason: "the models have no module \(name)",
            remedy: "They have \((stacks.count == 1 ? ["default"] : stacks).joined(separator: ", "))")
    }

    private init(
        _ stack: String?, _ module: MergeConfiguration.Module, _ configuration: MergeConfiguration, stacks: [String],
        models: OrderedDictionary<ModelReference, MergeModel>
    ) throws(MergeError) {
        (self.stack, parameters) = (stack, module.parameters)
        switch module.source {
        case .slices(let slices): self.slices = slices
        case .models(var inputs):
            if let base = configuration.base, !inputs.contains(where: { $0.model == base }) {
                inputs.append(MergeConfiguration.InputModel(model: base))
            }
            let sources = inputs.map { input in
                MergeConfiguration.InputSlice(
                    model: input.model, layers: 0..<(stack.flatMap { models[input.model]?.stacks[$0] } ?? 0),
                    parameters: input.parameters)
            }
            self.slices = [MergeConfiguration.OutputSlice(sources: sources)]
            if let other = sources.first(where: { $0.layers.count != sources[0].layers.count }) {
                throw MergeError(
                    path: models[other.model]?.path ?? other.model.description,
                    reason: "it has \(other.layers.count) layers, \(sources[0].model) has \(sources[0].layers.count)",
                    remedy: "Choose layers with slices: and layer_range")
            }
        }
        for (index, slice) in slices.enumerated() {
            try Self.checkCounts(
                configuration.method, models: slice.sources.map(\.model), base: slice.base ?? configuration.base,
                place: slices.count > 1 ? "slice \(index + 1)" : nil, path: configuration.path)
            for source in slice.sources {
                let count = stack.flatMap { models[source.model]?.stacks[$0] } ?? 0
                guard source.layers.upperBound <= count else {
                    throw MergeError(
                        path: configuration.path, location: slices.count > 1 ? "slice \(index + 1)" : nil,
                        reason:
                            "layer_range [\(source.layers.lowerBound), \(source.layers.upperBound)] reaches past the "
                            + "\(count) layers of \(source.model)")
                }
            }
        }
        var (loose, parts): (OrderedSet<String>, [ModelReference: [Int: [String]]]) = ([], [:])
        for reference in OrderedSet(slices.flatMap { $0.sources.map(\.model) }) {
            for name in models[reference]?.names ?? [] {
                if let place = LayerName(name) {
                    if place.stack == stack {
                        parts[reference, default: [:]][place.layer, default: []].append(place.part)
                    }
                } else if stacks.count < 2 || Self.stack(of: name, among: stacks) == stack {
                    loose.append(name)
                }
            }
        }
        (looseNames, self.parts) = (loose, parts)
    }

    /// The stack that a tensor outside of layers belongs to: the one whose name begins alike the longest.
    private static func stack(of name: String, among stacks: [String]) -> String? {
        let parts = name.split(separator: ".")
        return stacks.max { a, b in
            func common(_ stack: String) -> Int {
                zip(stack.split(separator: "."), parts).prefix { $0 == $1 }.count
            }
            return common(a) < common(b)
        }
    }

    /// Checks that a method can merge these models.
    static func checkCounts(
        _ method: MergeMethod, models: [ModelReference], base: ModelReference?, place: String?, path: String
    ) throws(MergeError) {
        func error(_ reason: String, _ remedy: String? = nil) -> MergeError {
            MergeError(path: path, location: place, reason: reason, remedy: remedy)
        }
        let name = method.rawValue
        for (index, model) in models.enumerated() where models[..<index].contains(model) {
            throw error("\(model) is there twice")
        }
        let base = method.basePolicy == .ignored ? nil : base
        if method.basePolicy == .required, base == nil {
            throw error("\(name) needs a base_model", "Add base_model: with one of the models")
        }
        if let base, !models.contains(base) { throw error("the base model \(base) is not among the models") }
        func check(_ count: Int, _ range: ClosedRange<Int>, _ what: String) throws(MergeError) {
            guard !range.contains(count) else { return }
            let wanted =
                range.lowerBound == range.upperBound
                ? "exactly \(range.lowerBound)"
                : count < range.lowerBound ? "at least \(range.lowerBound)" : "at most \(range.upperBound)"
            throw error("\(name) merges \(wanted) \(what), not \(count)")
        }
        try check(models.count, method.inputCounts, "models")
        try check(models.count - (base == nil ? 0 : 1), method.otherCounts, "models beside the base")
    }
}
