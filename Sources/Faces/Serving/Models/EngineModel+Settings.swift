import Decoding
import JSONValues
package import ModelStore

extension EngineModel {
    /// The same model, used as the store's record of it says.
    ///
    /// - Throws: an error that names the parameter if one has no such value.
    package func applying(_ settings: ModelSettings) throws -> EngineModel {
        var model = self
        model.settings = settings
        model.defaultSampling = try SamplingParameters(
            RequestFields(settings.parameters, path: "parameters"), for: self)
        return model
    }

    /// A conversation with what the settings put in front of it: their messages, and their instructions if it has none.
    func completed(_ messages: [JSON]) -> [JSON] {
        guard let settings else { return messages }
        let (role, system) = (messages.first?["role"]?.stringValue, settings.system ?? "")
        let hasInstructions = role == "system" || role == "developer"
        let start: [JSON] = hasInstructions ? [messages[0]] : []
        let instructions: [JSON] =
            hasInstructions || system.isEmpty ? [] : [["role": "system", "content": .string(system)]]
        return start + instructions + settings.messages + messages.dropFirst(start.count)
    }
}
