#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import OrderedCollections

extension Checkpoint {
    static let weightsName = "model.safetensors"
    static let indexName = "model.safetensors.index.json"

    /// Opens a folder as it was downloaded; one file of weights is preferred to an index of shards.
    static func openFolder(_ path: String) throws(CheckpointError) -> Checkpoint {
        var folder = Substring(path)
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        let configuration = try HuggingFaceConfiguration(folder: String(folder))
        return Checkpoint(
            path: path, tensors: try weights(in: String(folder)), metadata: .huggingFace(configuration))
    }

    private static func weights(
        in folder: String
    ) throws(CheckpointError) -> OrderedDictionary<String, StoredTensor> {
        if FileKind(path: "\(folder)/\(weightsName)") == .file {
            return try SafetensorsReader(MappedFile(path: "\(folder)/\(weightsName)")).tensors
        }
        if FileKind(path: "\(folder)/\(indexName)") == .file {
            return try SafetensorsIndex(MappedFile(path: "\(folder)/\(indexName)")).tensors(in: folder)
        }
        throw CheckpointError(
            path: folder, reason: "neither \(weightsName) nor \(indexName) is in the folder",
            remedy: remedy(forFiles: (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []))
    }

    private static func remedy(forFiles names: [String]) -> String {
        if let name = names.filter({ $0.hasSuffix(".gguf") }).min() { return "Open the GGUF file itself, \(name)" }
        if names.contains(where: { $0.hasSuffix(".bin") || $0.hasSuffix(".pt") || $0.hasSuffix(".pth") }) {
            return "PyTorch files are not read; convert the model to safetensors"
        }
        return "Download the weights too"
    }
}
