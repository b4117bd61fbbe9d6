package import Inference

/// A served model that can have adapters beside it, each of which is a model of its own to those who ask.
package protocol AdapterHolder: ServedModel {
    /// The adapters in the order in which they were loaded.
    var adapters: [AdapterEntry] { get }
    /// Loads an adapter; false if the name is taken.
    func loadAdapter(_ path: String, as name: String) throws -> Bool
    /// Lets go of an adapter; false if there is none of that name.
    func unloadAdapter(_ name: String) -> Bool
    /// Sets how much of an adapter requests get that say nothing.
    func setDefaultScale(_ scale: Float, ofAdapter name: String) -> Bool
    /// The model with an adapter, under the adapter's name.
    func adapted(by name: String) -> any ServedModel
}

extension EngineModel: AdapterHolder {
    package var adapters: [AdapterEntry] { adapter == nil ? engine.adapters : [] }
    package func loadAdapter(_ path: String, as name: String) throws -> Bool {
        try engine.loadAdapter(path, as: name)
    }
    package func unloadAdapter(_ name: String) -> Bool { engine.unloadAdapter(name) }
    package func setDefaultScale(_ scale: Float, ofAdapter name: String) -> Bool {
        engine.setDefaultScale(scale, ofAdapter: name)
    }

    package func adapted(by name: String) -> any ServedModel {
        var model = self
        (model.id, model.adapter) = (name, name)
        return model
    }
}

extension ServedModel {
    /// The names and scales that `lora` asks for, llama-server's way: adapters by their numbers, those not named not at all.
    func adapters(_ fields: RequestFields) throws(APIError) -> [AdapterUse]? {
        guard let elements = try fields.array("lora"), !elements.isEmpty else { return nil }
        let known = (self as? any AdapterHolder)?.adapters ?? []
        var uses: [AdapterUse] = []
        for (index, element) in elements.enumerated() {
            let path = fields.name("lora[\(index)]")
            guard let members = element.objectValue else {
                throw .invalid(path, "must be an object with id and scale, not \(element.kind)")
            }
            let use = RequestFields(members, path: path)
            guard let id = try use.integer("id", in: 0 ... .max), known.indices.contains(id) else {
                throw .invalid(use.name("id"), "must be the number of an adapter: this model has \(known.count)")
            }
            uses.append(AdapterUse(known[id].name, scale: try use.number("scale", in: -100...100) ?? 1))
        }
        return uses
    }
}
