import Files
import Serving

/// Beginnings of texts that a server keeps on the disk from one start to the next, a file for each model.
struct KeptPrefixes {
    private let files: [(model: EngineModel, path: String)]

    init(folder: String, models: [LoadedModel]) throws {
        try FileSystem.createFolder(folder)
        files = models.compactMap { model in
            guard case .language(let served) = model, let served = served as? EngineModel else { return nil }
            let name = served.id.replacing("/", with: "-")
            return (served, "\(folder)/\(name).prefixes")
        }
    }

    /// Takes in what was kept. What is damaged, or was written by another model, is removed.
    func restore() async {
        for (model, path) in files where FileSystem.exists(path) {
            do {
                let tokens = try await model.engine.restorePrefixes(from: path)
                Console.note("\(tokens) tokens of earlier texts are known to \(model.id)")
            } catch {
                Console.note("what was kept of earlier texts is discarded: \(error)")
                try? FileSystem.remove(path)
            }
        }
    }

    /// Writes what is known at the end.
    func save() async {
        for (model, path) in files {
            do {
                _ = try await model.engine.savePrefixes(to: path)
            } catch {
                Console.note("the beginnings of texts are not kept: \(error)")
            }
        }
    }
}
