import Files
import Platform

/// Models that are made of others: they share the files, so that they take no room of their own, and stay when the others go.
extension LocalStore {
    /// The folder of files that clients have sent, by their digests, before a model is made of them.
    private var blobs: String { folder + "/blobs" }

    /// The path of a file that was sent, or is to be; nil if `digest` is not `sha256:` with 64 hexadecimal digits.
    package func blob(_ digest: String) -> String? {
        let digits = digest.replacing(":", with: "-")
        guard digits.hasPrefix("sha256-"), digits.utf8.count == 71,
            digits.utf8.dropFirst(7).allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else { return nil }
        return "\(blobs)/\(digits)"
    }

    /// Makes the folder for files that clients send.
    package func makeBlobFolder() throws { try FileSystem.createFolder(blobs) }

    /// Makes a model of another's files, under other settings and with more files.
    ///
    /// - Parameters:
    ///   - source: what the record says that it is made of.
    ///   - files: further files by their paths within the model's folder, each with where it is now.
    /// - Throws: `ModelStoreError` or `FileError`; the store then shows what it showed before.
    @discardableResult
    package func create(
        _ name: ModelName, from base: StoredModel?, settings: ModelSettings?, source: String,
        files: [String: String] = [:]
    ) throws -> StoredModel {
        guard let incoming = try Incoming(store: self, name: name) else {
            throw ModelStoreError.isBusy(name.text)
        }
        defer { withExtendedLifetime(incoming) {} }
        var records = (base?.files ?? []).filter { files[$0.path] == nil }
        var sources = records.reduce(into: [String: String]()) { sources, file in
            base.map { sources[file.path] = "\(folder(of: $0.name))/\(file.path)" }
        }
        for (path, origin) in files.sorted(by: { $0.key < $1.key }) {
            guard ModelLayout.isSafe(path) else {
                throw ModelStoreError.invalidSource(path, reason: "it is not a path within a model's folder")
            }
            records.append(
                StoredModel.File(path: path, size: FileSystem.size(of: origin) ?? 0, sha256: try digest(of: origin)))
            sources[path] = origin
        }
        let layout = ModelLayout(files: records.map(\.path))
        guard layout.mainFile != nil || layout.isHuggingFaceFolder else {
            throw ModelStoreError.notAModel(
                path: source, reason: "there is neither a GGUF file nor a config.json with weights in safetensors")
        }
        for file in layout.ggufModels { try LocalImport.checkMagic(sources[file] ?? file) }
        var model = StoredModel(
            name: name, source: source, revision: base?.revision, date: Int(time(nil)), files: records)
        model.settings = settings
        try incoming.install(model, sources: sources)
        return model
    }

    /// The digest of a file's content; files that were sent are called by it.
    private func digest(of path: String) throws -> String {
        if path.hasPrefix(blobs + "/sha256-") { return String(path.dropFirst((blobs + "/sha256-").count)) }
        var hash = SHA256()
        try FileSystem.read(path) { hash.update($0) }
        return hash.finish()
    }

    /// The record of the model whose file or folder is at `path`; nil if that is not in the store.
    package func model(at path: String) -> StoredModel? {
        let models = folder + "/models/"
        guard path.hasPrefix(models),
            let name = try? ModelName(String(path.dropFirst(models.count).prefix { $0 != "/" }))
        else { return nil }
        return try? model(name)
    }
}
