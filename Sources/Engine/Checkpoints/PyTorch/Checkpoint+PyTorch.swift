import Files
import JSONValues

extension Checkpoint {
    /// Opens one file of PyTorch that stands for itself; one that `config.json` belongs to is part of a folder.
    static func openPyTorch(_ file: MappedFile) throws(CheckpointError) -> Checkpoint {
        let path = file.path
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        guard FileKind(path: "\(folder)config.json") == .nothing else {
            throw CheckpointError(
                path: path, reason: "this is one file of a Hugging Face folder", remedy: "Open the folder itself")
        }
        // Assigned, because `nil` in a ternary would be JSON's own null.
        var parameters: JSON?
        if FileKind(path: "\(folder)params.json") == .file {
            parameters = try MappedFile.opened("\(folder)params.json").json()
        }
        return Checkpoint(
            path: path, tensors: try PyTorchFile(file).tensors, metadata: .bare(parameters: parameters))
    }
}
