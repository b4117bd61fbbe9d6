import Files
import JSONValues

/// The models on this machine.
///
/// The store is a folder that people can look into: `models/NAME/` holds a model's files and the record `model.json`;
/// `incoming/` holds what is being pulled. A model appears in `models/` at once and complete, or not at all.
public struct LocalStore: Sendable, Hashable {
    /// The store's folder.
    public let folder: String

    /// Makes a store in `folder`, which need not exist yet.
    public init(folder: String) {
        self.folder = folder
    }

    /// The store that the environment names: `SWIFTLET_HOME`, else `swiftlet` in the platform's folder for data
    /// (`XDG_DATA_HOME` or `~/.local/share`; `~/Library/Application Support` on macOS).
    public init(environment: [String: String]) {
        func value(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        let home = value("HOME") ?? FileSystem.expandingTilde("~")
        if let folder = value("SWIFTLET_HOME") {
            self.init(folder: folder)
        } else if let data = value("XDG_DATA_HOME"), data.hasPrefix("/") {
            self.init(folder: data + "/swiftlet")
        } else {
            #if os(macOS)
                self.init(folder: home + "/Library/Application Support/swiftlet")
            #else
                self.init(folder: home + "/.local/share/swiftlet")
            #endif
        }
    }

    /// Where it is kept which kernels are faster on this machine.
    public var tuningFile: String { folder + "/kernels.tuning" }

    /// The folder of one model.
    public func folder(of name: ModelName) -> String { "\(folder)/models/\(name)" }

    /// All models by name, and what is wrong with records that could not be read.
    public func models() throws -> (models: [StoredModel], problems: [any Error]) {
        let root = folder + "/models"
        guard FileSystem.isFolder(root) else { return ([], []) }
        var models: [StoredModel] = []
        var problems: [any Error] = []
        for text in try FileSystem.names(in: root) where !text.hasPrefix(".") {
            do {
                if let model = try model(ModelName(text)) { models.append(model) }
            } catch {
                problems.append(error)
            }
        }
        return (models, problems)
    }

    /// The record of one model, or nil if there is none of that name.
    public func model(_ name: ModelName) throws -> StoredModel? {
        let path = folder(of: name) + "/model.json"
        guard FileSystem.isFolder(folder(of: name)) else { return nil }
        guard FileSystem.exists(path) else {
            throw ModelStoreError.damagedRecord(path: path, reason: "it is missing")
        }
        let bytes = try FileSystem.contents(of: path)
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: bytes, source: path)
        } catch {
            throw ModelStoreError.damagedRecord(path: path, reason: error.description)
        }
        var model = try StoredModel(json: json, path: path)
        model.name = name
        return model
    }

    /// Removes a model, and what was left of an unfinished pull of it.
    public func remove(_ text: String) throws {
        let name = try? ModelName(text)
        guard let name, FileSystem.isFolder(folder(of: name)) else { throw unknown(text) }
        guard let incoming = try Incoming(store: self, name: name) else {
            throw FileError("remove", folder(of: name), reason: "another process is pulling this model")
        }
        defer { withExtendedLifetime(incoming) {} }
        // One rename makes the model vanish whole; a kill during the removal leaves only rubbish behind.
        try incoming.discard(folder(of: name))
        try incoming.clear()
    }

    /// The path of a model that a person named: a model of the store, a GGUF file, or a Hugging Face folder.
    public func resolve(_ text: String) throws -> String {
        if let name = try? ModelName(text), FileSystem.isFolder(folder(of: name)) {
            let model = try model(name)
            return folder(of: name) + (model?.mainFile.map { "/" + $0 } ?? "")
        }
        let path = FileSystem.expandingTilde(text)
        guard FileSystem.exists(path) else { throw unknown(text) }
        return path
    }

    /// The error for a name that is not in the store, with the nearest one that is.
    public func unknown(_ text: String) -> ModelStoreError {
        let names = (try? models().models.map(\.name.text)) ?? []
        return .unknownModel(text, available: names, suggestion: ModelName.nearest(to: text, among: names))
    }
}
