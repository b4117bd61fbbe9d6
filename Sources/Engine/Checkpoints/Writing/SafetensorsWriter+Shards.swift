import Files
import JSONValues
package import OrderedCollections

extension SafetensorsWriter {
    /// Writes `tensors` in their order into a folder: `model.safetensors`, or shards of `maximumBytes` at most (a larger tensor
    /// has one of its own) and `model.safetensors.index.json`.
    ///
    /// Each file appears complete or not at all; `AtomicFolder` makes that hold for all of them together.
    package static func write(
        _ tensors: [TensorSource], metadata: OrderedDictionary<String, String> = ["format": "pt"],
        toFolder folder: String, maximumBytes: Int = 5_000_000_000
    ) throws(CheckpointError) {
        var shards: [[TensorSource]] = [[]]
        var (shardBytes, total) = (0, 0)
        for tensor in tensors {
            let count = try tensor.byteCount(path: folder)
            if shardBytes > 0, shardBytes + count > maximumBytes {
                shards.append([])
                shardBytes = 0
            }
            shards[shards.count - 1].append(tensor)
            shardBytes += count
            total += count
        }
        guard shards.count > 1 else {
            return try write(tensors, metadata: metadata, to: "\(folder)/model.safetensors")
        }
        guard
            let name = ShardName(
                "model-00001-of-\(String(100_000 + shards.count).dropFirst()).safetensors", ending: ".safetensors"),
            shards.count < 100_000
        else {
            throw CheckpointError(
                path: folder, reason: "\(shards.count) shards; at most 99999", remedy: "Allow larger shards")
        }
        var map = JSON.Object()
        for (index, shard) in shards.enumerated() {
            let file = name.path(number: index + 1)
            try write(shard, metadata: metadata, to: "\(folder)/\(file)")
            for tensor in shard {
                guard map.updateValue(.string(file), forKey: tensor.name) == nil else {
                    throw CheckpointError(path: folder, location: "tensor \(tensor.name)", reason: "the name is taken")
                }
            }
        }
        let index: JSON = ["metadata": ["total_size": .integer(total)], "weight_map": .object(map)]
        do throws(FileError) {
            try AtomicFile.write(
                Array((index.text(.pretty) + "\n").utf8), to: "\(folder)/model.safetensors.index.json")
        } catch {
            throw CheckpointError(error)
        }
    }
}
