import Files
import JSONValues
import OrderedCollections

/// `model.safetensors.index.json` or `pytorch_model.bin.index.json`: which shard holds each tensor.
struct WeightIndex {
    let file: MappedFile
    private(set) var shardNames: OrderedDictionary<String, String> = [:]

    init(_ file: MappedFile) throws(CheckpointError) {
        self.file = file
        guard let map = try file.json()["weight_map"]?.objectValue else {
            throw CheckpointError(path: file.path, location: "key weight_map", reason: "expected an object")
        }
        for (tensor, value) in map {
            guard let shard = value.stringValue, Self.isPlainFileName(shard) else {
                throw CheckpointError(
                    path: file.path, location: "tensor \(tensor)",
                    reason: "\(value) is not the name of a file in this folder")
            }
            shardNames[tensor] = shard
        }
    }

    /// Reads every shard beside the index. What they hold counts, as in the reference: where it disagrees, as after a tied
    /// matrix was left out, the index is only told of in a note.
    func weights(in folder: String) throws(CheckpointError) -> StoredWeights {
        var shards: OrderedDictionary<String, OrderedDictionary<String, StoredTensor>> = [:]
        for name in OrderedSet(shardNames.values) {
            shards[name] = try Self.tensors(inFile: "\(folder)/\(name)")
        }
        var weights = StoredWeights(tensors: [:])
        for (name, shard) in shardNames { weights.tensors[name] = shards[shard]?[name] }
        for shard in shards.values { weights.tensors.merge(shard) { first, _ in first } }
        let missing = shardNames.keys.filter { weights.tensors[$0] == nil }
        weights.missing = Array(missing)
        if let first = missing.first {
            weights.notes.append(
                "\(file.path) lists \(first)\(missing.count > 1 ? " and \(missing.count - 1) more" : ""), which no file holds"
            )
        }
        return weights
    }

    /// Reads one file of weights, safetensors or PyTorch's by its name.
    static func tensors(inFile path: String) throws(CheckpointError) -> OrderedDictionary<String, StoredTensor> {
        let file = try MappedFile.opened(path)
        if path.hasSuffix(".safetensors") { return try SafetensorsReader(file).tensors }
        guard PyTorchFile.recognizes(file) else {
            throw CheckpointError(
                path: path, reason: "torch.save did not write this file", remedy: "It is damaged; download it again")
        }
        return try PyTorchFile(file).tensors
    }

    /// A name that cannot lead out of its folder.
    private static func isPlainFileName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }
}
