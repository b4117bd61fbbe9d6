import Essentials
import Files
import OrderedCollections

/// The tensors of a folder.
struct StoredWeights {
    var tensors: OrderedDictionary<String, StoredTensor>
    /// What is odd about the files without being in the way.
    var notes: [String] = []
    /// Tensors that the index lists and that no file holds.
    var missing: [String] = []
}

extension Checkpoint {
    /// The names of the weights if they are one file; of shards there is an index, `NAME.index.json`.
    static let weightsNames = ["model.safetensors", "pytorch_model.bin"]

    /// Opens a folder as it was downloaded; safetensors are preferred to PyTorch's files, one file to shards.
    static func openFolder(_ path: String) throws(CheckpointError) -> Checkpoint {
        var folder = Substring(path)
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        let configuration = try HuggingFaceConfiguration(folder: String(folder))
        let weights = try weights(in: String(folder))
        return Checkpoint(
            path: path, tensors: weights.tensors, metadata: .huggingFace(configuration),
            notes: configuration.notes + weights.notes, missingTensors: weights.missing)
    }

    static func weights(in folder: String) throws(CheckpointError) -> StoredWeights {
        for name in weightsNames {
            if FileKind(path: "\(folder)/\(name)") == .file {
                return StoredWeights(tensors: try WeightIndex.tensors(inFile: "\(folder)/\(name)"))
            }
            let index = "\(folder)/\(name).index.json"
            if FileKind(path: index) == .file { return try WeightIndex(MappedFile.opened(index)).weights(in: folder) }
        }
        throw CheckpointError(
            path: folder, reason: "none of \(weightsNames.joined(separator: ", ")) and their indexes is in the folder",
            remedy: remedy(forFiles: (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []))
    }

    private static func remedy(forFiles names: [String]) -> String {
        if let name = names.filter({ $0.hasSuffix(".gguf") }).min() { return "Open the GGUF file itself, \(name)" }
        if let name = names.filter({ $0.hasSuffix(".pt") || $0.hasSuffix(".pth") }).min() {
            return "Rename \(name) to pytorch_model.bin if it holds the weights"
        }
        return "Download the weights too"
    }
}
