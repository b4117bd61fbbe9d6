/// Finds the parameters of a tensor: those of a source count before those of its slice, module and the whole merge.
struct ParameterResolver {
    let configuration: MergeConfiguration
    let module: ModulePlan
    let slice: MergeConfiguration.OutputSlice
    let base: ModelReference?
    /// Where between the first and the last layer of the slice the tensor lies.
    let depth: Double

    /// The parameters of a tensor of the result; `inputs` are the models with the tensor's name in them.
    func parameters(
        for name: String, inputs: [(model: ModelReference, name: String)], seed: UInt64
    ) throws(MergeError) -> MethodParameters {
        var parameters = MethodParameters()
        parameters.seed = seed
        let outer = [slice.parameters, module.parameters, configuration.parameters]
        let all = configuration.method.parameters
        for parameter in all where parameter.scope == .shared {
            parameters.shared[parameter.name] = try value(parameter, outer, name, model: nil)
        }
        for input in inputs {
            let settings = slice.sources.filter { $0.model == input.model }.map(\.parameters) + outer
            var values: [String: Double] = [:]
            for parameter in all where parameter.scope != .shared {
                if parameter.scope == .others, input.model == base { continue }
                values[parameter.name] = try value(parameter, settings, input.name, model: input.model)
            }
            parameters.inputs.append(values)
        }
        return parameters
    }

    private func value(
        _ parameter: MergeMethod.Parameter, _ settings: [ParameterSettings], _ tensor: String, model: ModelReference?
    ) throws(MergeError) -> Double {
        for scope in settings {
            if let value = scope[parameter.name]?.value(for: tensor, depth: depth) { return value }
        }
        if let standard = parameter.standard { return standard }
        throw MergeError(
            path: configuration.path, location: "tensor \(tensor)",
            reason: "\(configuration.method.rawValue) needs the parameter \(parameter.name)"
                + (model.map { " for \($0)" } ?? ""),
            remedy: "Set it under parameters of \(model == nil ? "the merge" : "the model or the merge")")
    }
}
