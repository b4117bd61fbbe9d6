import Essentials
import Inference
import ModelStore

/// The names by which a server's models are asked for.
struct ServedNames {
    private var taken: Set<String> = []
    /// What people wrote on the command line, and the name that it got.
    private var given: [String: String] = [:]

    /// The name of the model at `path`: its name in the store if it was named so, or else what its files call it. Models
    /// that would have one name are told apart by their files' names, then by their paths.
    mutating func add(_ name: String?, path: String) -> String {
        let store = LocalStore(environment: ProcessInfo.processInfo.environment)
        var candidates = [ModelTitle.of(path: path), ModelTitle.file(path), path]
        let stored = store.folder + "/models/"
        if path.hasPrefix(stored) {
            candidates.insert(String(path.dropFirst(stored.count).prefix { $0 != "/" }), at: 0)
        }
        let id = candidates.first { !taken.contains($0) } ?? path
        taken.insert(id)
        if let name { given[name] = id }
        return id
    }

    /// The models that further names stand for. Each is `NAME`, for the first model, or `NAME=MODEL`.
    func aliases(_ texts: [String], ids: [String]) throws -> [String: String] {
        var aliases: [String: String] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let model = parts.count == 2 ? given[parts[1]] ?? parts[1] : ids.first ?? ""
            guard !parts[0].isEmpty, ids.contains(model) else {
                throw CommandError("--alias wants NAME or NAME=MODEL with a model that is served, not \(text)")
            }
            if parts[0] == model { continue }
            guard !taken.contains(parts[0]), aliases.updateValue(model, forKey: parts[0]) == nil else {
                throw CommandError("--alias: another model is called \(parts[0]) already")
            }
        }
        return aliases
    }
}
