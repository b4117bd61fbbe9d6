public import JSONValues

/// A model in the store, as its `model.json` records it.
public struct StoredModel: Sendable, Hashable {
    /// One of a model's files.
    public struct File: Sendable, Hashable {
        /// Its path within the model's folder.
        public var path: String
        /// Its size in bytes.
        public var size: Int
        /// Its SHA-256 digest, 64 lowercase hexadecimal digits.
        public var sha256: String

        public init(path: String, size: Int, sha256: String) {
            self.path = path
            self.size = size
            self.sha256 = sha256
        }
    }

    /// The model's name in the store.
    public var name: ModelName
    /// Where it came from, as it would be pulled again: `hf:ORG/REPO:FILE`, `pypi:PACKAGE`, or a path.
    public var source: String
    /// The hub's commit or the package's version, where there is one.
    public var revision: String?
    /// When it was pulled, in seconds since 1970.
    public var date: Int
    public var files: [File]
    /// How it is used, if it was made of another model; nil for one as it came.
    public var settings: ModelSettings?

    public init(name: ModelName, source: String, revision: String?, date: Int, files: [File]) {
        self.name = name
        self.source = source
        self.revision = revision
        self.date = date
        self.files = files
    }

    /// The size of all files in bytes.
    public var size: Int { files.reduce(0) { $0 &+ $1.size } }

    /// The file to open, relative to the model's folder: the first GGUF file, or nil for a folder of safetensors.
    public var mainFile: String? { ModelLayout(files: files.map(\.path)).mainFile }

    /// The content of `model.json`.
    public var json: JSON {
        var members: JSON.Object = [
            "name": .string(name.text),
            "source": .string(source),
            "revision": revision.map(JSON.string) ?? .null,
            "date": .integer(date),
            "files": .array(
                files.map { file in
                    ["path": .string(file.path), "size": .integer(file.size), "sha256": .string(file.sha256)]
                }),
        ]
        if let settings { members["settings"] = settings.json }
        return .object(members)
    }

    /// Reads `model.json`; unknown keys are left alone, so that later versions may add some.
    init(json: JSON, path: String) throws(ModelStoreError) {
        func missing(_ key: String) -> ModelStoreError {
            .damagedRecord(path: path, reason: "\"\(key)\" is missing or of the wrong kind")
        }
        guard let name = json["name"]?.stringValue else { throw missing("name") }
        guard let source = json["source"]?.stringValue else { throw missing("source") }
        guard let entries = json["files"]?.arrayValue else { throw missing("files") }
        var files: [File] = []
        for entry in entries {
            guard let path = entry["path"]?.stringValue, ModelLayout.isSafe(path), let size = entry["size"]?.intValue,
                size >= 0, let sha256 = entry["sha256"]?.stringValue
            else { throw missing("files") }
            files.append(File(path: path, size: size, sha256: sha256))
        }
        self.init(
            name: try ModelName(name), source: source, revision: json["revision"]?.stringValue,
            date: json["date"]?.intValue ?? 0, files: files)
        settings = json["settings"].map(ModelSettings.init)
    }
}
