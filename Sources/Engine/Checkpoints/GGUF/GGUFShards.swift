import Files
import OrderedCollections

extension Checkpoint {
    /// Opens one file, or all shards if the file is one of several.
    static func openGGUF(_ file: MappedFile) throws(CheckpointError) -> Checkpoint {
        let path = file.path
        let opened = try GGUFReader(file)
        let count = try opened.metadata.int("split.count") ?? 1
        guard count > 1 else {
            return Checkpoint(path: path, tensors: opened.tensors, metadata: .gguf(opened.metadata))
        }
        guard let name = ShardName(path, ending: ".gguf"), name.count == count else {
            throw CheckpointError(
                path: path, location: "key split.count",
                reason: "it is one of \(count) shards, but its name does not say which",
                remedy: "Name the files as they were published, like model-00001-of-0000\(count).gguf")
        }
        var tensors: OrderedDictionary<String, StoredTensor> = [:]
        var metadata = opened.metadata
        for number in 1...count {
            let shardPath = name.path(number: number)
            let shard = number == name.number ? opened : try GGUFReader(MappedFile.opened(shardPath))
            try check(shard, path: shardPath, number: number, count: count)
            if number == 1 { metadata = shard.metadata }
            for (name, tensor) in shard.tensors where tensors.updateValue(tensor, forKey: name) != nil {
                throw CheckpointError(
                    path: shardPath, location: "tensor \(name)", reason: "an earlier shard has it too")
            }
        }
        if let expected = try metadata.int("split.tensors.count"), expected != tensors.count {
            throw CheckpointError(
                path: path, location: "key split.tensors.count",
                reason: "\(expected) tensors are promised, the shards hold \(tensors.count)",
                remedy: "The shards are of different models or versions; download them again")
        }
        return Checkpoint(path: path, tensors: tensors, metadata: .gguf(metadata))
    }

    private static func check(
        _ shard: GGUFReader, path: String, number: Int, count: Int
    ) throws(CheckpointError) {
        let (ownNumber, ownCount) = (try shard.metadata.int("split.no"), try shard.metadata.int("split.count"))
        guard ownNumber == number - 1, ownCount == count else {
            let found = ownNumber.map { "\($0)" } ?? "none"
            throw CheckpointError(
                path: path, location: "key split.no",
                reason: "expected \(number - 1) of \(count), found \(found) of \(ownCount ?? 1)",
                remedy: "The file was renamed or belongs to another model; download it again")
        }
    }
}
