/// A model of a configuration: a folder or a name, perhaps with a LoRA adapter, `PATH` or `PATH+ADAPTER`.
package struct ModelReference: Sendable, Hashable, CustomStringConvertible {
    /// The folder, or the name of a stored model.
    package var model: String
    /// The folder of an adapter to merge into it first.
    package var adapter: String?

    /// Names a model.
    package init(_ model: String, adapter: String? = nil) { (self.model, self.adapter) = (model, adapter) }

    /// As a configuration has it.
    package var description: String { adapter.map { "\(model)+\($0)" } ?? model }

    /// Reads a text, or mergekit's mapping with `model` and `lora`.
    init(_ node: ConfigurationNode) throws(MergeError) {
        guard node.isMapping else {
            let text = try node.string("model")
            let parts = text.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
            guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty }) else {
                throw node.error("\(text) is neither MODEL nor MODEL+ADAPTER")
            }
            self.init(parts[0], adapter: parts.count == 2 ? parts[1] : nil)
            return
        }
        self.init("")
        for (key, value) in try node.members("a model", known: ["model", "lora", "override_architecture"]) {
            switch key {
            case "model": model = try Self.path(value)
            case "lora": adapter = try Self.path(value)
            default: throw value.error("override_architecture is not supported", remedy: "Change config.json instead")
            }
        }
        guard !model.isEmpty else { throw node.error("the model has no path") }
    }

    private static func path(_ node: ConfigurationNode) throws(MergeError) -> String {
        guard node.isMapping else { return try node.string("a path") }
        var path = ""
        for (key, value) in try node.members("a path", known: ["path", "revision"]) {
            guard key == "path" else {
                throw value.error("revisions are those of a hub", remedy: "Pull the revision and name its folder")
            }
            path = try value.string("path")
        }
        return path
    }
}
