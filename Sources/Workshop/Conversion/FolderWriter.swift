package import Checkpoints
import Files
import JSONValues
import Tensors

extension HuggingFaceConversion.Contents {
    /// Writes the folder, which appears complete or not at all; tensors are stored in the type that `config.json` names.
    ///
    /// - Parameters:
    ///   - path: The folder; it must not be there, or be empty.
    ///   - shardBytes: The size of files of weights.
    ///   - progress: Called before each tensor.
    package func write(
        to path: String, shardBytes: Int = 5_000_000_000, threads: Int? = nil,
        progress: (@Sendable (_ name: String) -> Void)? = nil
    ) throws(CheckpointError) {
        let named = config.first(of: ["dtype", "torch_dtype"])?.stringValue.flatMap(DataType.init(pyTorchName:))
        let type = named.flatMap { DataType.plainTypes.contains($0) ? $0 : nil } ?? .f32
        let pool = ThreadPool(threads: threads ?? ThreadPool.machineThreads)
        let sources = tensors.map { $0.source(as: type, pool: pool, progress: progress) }
        let folder: AtomicFolder
        do throws(FileError) { folder = try AtomicFolder(path: path) } catch { throw CheckpointError(error) }
        let place = folder.temporaryPath
        do throws(FileError) {
            try AtomicFile.write(Array((config.text(.pretty) + "\n").utf8), to: "\(place)/config.json")
            for (name, json) in files {
                try AtomicFile.write(Array((json.text(.pretty) + "\n").utf8), to: "\(place)/\(name)")
            }
            if let chatTemplate { try AtomicFile.write(Array(chatTemplate.utf8), to: "\(place)/chat_template.jinja") }
        } catch { throw CheckpointError(error) }
        try SafetensorsWriter.write(sources, toFolder: place, maximumBytes: shardBytes)
        try writeRemainingKeys(to: place)
        do throws(FileError) { try folder.commit() } catch { throw CheckpointError(error) }
    }

    /// Writes down what the folder, read again, would not say of the file that it was made of.
    private func writeRemainingKeys(to place: String) throws(CheckpointError) {
        let made = try GGUFConversion.contents(of: Checkpoint.open(place), allowsLosses: true)
        guard let remaining = try RemainingKeys.json(of: origin, made: made.metadata) else { return }
        do throws(FileError) {
            try AtomicFile.write(Array((remaining.text(.pretty) + "\n").utf8), to: "\(place)/\(RemainingKeys.fileName)")
        } catch { throw CheckpointError(error) }
    }
}
