import Files
import Platform

/// Takes a model's files from this machine into the store.
struct LocalImport {
    let incoming: Incoming
    let onEvent: @Sendable (PullEvent) -> Void

    /// Imports a GGUF file with its shards, or a folder; nil if `existing` holds the same files already.
    func importModel(
        at path: String, source: String, revision: String?, existing: StoredModel?
    ) throws -> StoredModel? {
        let (folder, files) = try Self.files(ofModelAt: path)
        var records: [StoredModel.File] = []
        var sources: [String: String] = [:]
        let sizes = files.map { FileSystem.size(of: "\(folder)/\($0)") ?? 0 }
        onEvent(.planned(files: files.count, bytes: sizes.reduce(0, &+), present: 0))
        for (file, size) in zip(files, sizes) {
            let path = "\(folder)/\(file)"
            onEvent(.file(path: file))
            var hash = SHA256()
            try FileSystem.read(path) { bytes in
                hash.update(bytes)
                onEvent(.advanced(bytes: bytes.count))
            }
            records.append(StoredModel.File(path: file, size: size, sha256: hash.finish()))
            sources[file] = path
        }
        if let existing, existing.files == records { return nil }
        let model = StoredModel(
            name: incoming.name, source: source, revision: revision, date: Int(time(nil)),
            files: records)
        try incoming.install(model, sources: sources)
        return model
    }

    /// The folder and the files, relative to it, that make up the model at a path.
    static func files(ofModelAt path: String) throws -> (folder: String, files: [String]) {
        if FileSystem.isFolder(path) { return (path, try files(inFolder: path)) }
        let (folder, file) = (FileSystem.parent(of: path), FileSystem.name(of: path))
        guard file.lowercased().hasSuffix(".gguf") else {
            throw ModelStoreError.notAModel(
                path: path, reason: "a file must be GGUF (NAME.gguf); give the folder of other formats")
        }
        try checkMagic(path)
        let layout = ModelLayout(files: try FileSystem.names(in: folder))
        if let missing = layout.missingShards(of: file) { throw ModelStoreError.notAModel(path: path, reason: missing) }
        return (folder, layout.shards(of: file))
    }

    private static func files(inFolder path: String) throws -> [String] {
        let layout = ModelLayout(files: try FileSystem.files(below: path))
        if layout.isHuggingFaceFolder {
            if let missing = layout.missingTokenizer { throw ModelStoreError.notAModel(path: path, reason: missing) }
            return layout.files.filter { ModelLayout.isPartOfFolder($0) && ModelLayout.isSafe($0) }
        }
        let models = layout.ggufModels
        guard let first = models.first else {
            throw ModelStoreError.notAModel(
                path: path, reason: "there is neither a GGUF file nor a config.json with weights in safetensors")
        }
        guard models.count == 1 else {
            throw ModelStoreError.ambiguous(source: path, choices: models.map { "\(path)/\($0)" })
        }
        try checkMagic("\(path)/\(first)")
        if let missing = layout.missingShards(of: first) {
            throw ModelStoreError.notAModel(path: path, reason: missing)
        }
        return layout.shards(of: first)
    }

    /// Catches web pages and pointers saved under a model's name before they get into the store.
    static func checkMagic(_ path: String) throws {
        let start = try FileSystem.prefix(of: path, count: 256)
        guard !start.starts(with: "GGUF".utf8) else { return }
        let reason =
            if start.starts(with: "version https://git-lfs".utf8) {
                "it is a Git LFS pointer, not the file itself; fetch the real one with git lfs pull in its folder"
            } else if start.drop(while: { $0 <= 0x20 }).first == UInt8(ascii: "<") {
                "it is a web page saved under a model's name; download the file itself"
            } else {
                "it does not begin with \"GGUF\""
            }
        throw ModelStoreError.notAModel(path: path, reason: reason)
    }
}
