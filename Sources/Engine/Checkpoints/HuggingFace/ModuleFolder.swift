import Files
package import JSONValues
package import OrderedCollections

/// A folder with settings in JSON and perhaps weights, as sentence-transformers has one for each of its modules.
package struct ModuleFolder: Sendable, Hashable {
    /// The folder, without a slash at its end.
    package let path: String

    /// Names a folder, which need not exist.
    package init(_ path: String) {
        var path = Substring(path)
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = String(path)
    }

    /// Whether the path is a folder.
    package static func isFolder(_ path: String) -> Bool { FileKind(path: path) == .folder }

    /// Whether there is a file of this name.
    package func contains(_ name: String) -> Bool { FileKind(path: "\(path)/\(name)") == .file }

    /// Reads a JSON file; nil if there is none of this name.
    package func json(_ name: String) throws(CheckpointError) -> JSON? {
        // `nil` in a ternary would be JSON's own null.
        guard contains(name) else { return Optional.none }
        return try MappedFile.opened("\(path)/\(name)").json()
    }

    /// The tensors of the folder's weights, safetensors or PyTorch's.
    package func tensors() throws(CheckpointError) -> OrderedDictionary<String, StoredTensor> {
        try Checkpoint.weights(in: path).tensors
    }

    /// A folder inside this one, or this one for an empty name or a dot; names that lead out of it are an error.
    package func folder(_ name: String) throws(CheckpointError) -> ModuleFolder {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).filter { $0 != "." && !$0.isEmpty }
        guard !name.hasPrefix("/"), !parts.contains(".."), !name.utf8.contains(0) else {
            throw CheckpointError(
                path: path, reason: "the path \"\(name)\" of a module leads out of the folder",
                remedy: "Do not use this model")
        }
        return ModuleFolder(([path] + parts.map(String.init)).joined(separator: "/"))
    }
}
