import Files

/// A checkpoint that is being written: an atomic file whose errors are those of checkpoints.
struct CheckpointFile: ~Copyable {
    private let path: String
    private var file: AtomicFile

    init(path: String) throws(CheckpointError) {
        self.path = path
        AtomicFile.removeLeftovers(of: path)
        do throws(FileError) { file = try AtomicFile(path: path) } catch { throw CheckpointError(error) }
    }

    mutating func append(_ bytes: [UInt8]) throws(CheckpointError) {
        do throws(FileError) { try file.append(bytes) } catch { throw CheckpointError(error) }
    }

    /// Writes the bytes of a tensor, which must be `expected`.
    mutating func append(_ tensor: TensorSource, byteCount expected: Int) throws(CheckpointError) {
        let before = file.count
        var failure: FileError?
        try tensor.withBytes { bytes in
            guard failure == nil else { return }
            do throws(FileError) { try file.append(bytes) } catch { failure = error }
        }
        if let failure { throw CheckpointError(failure) }
        guard file.count - before == expected else {
            throw CheckpointError(
                path: path, location: "tensor \(tensor.name)",
                reason: "\(file.count - before) bytes were given, type and shape ask for \(expected)")
        }
    }

    mutating func pad(to alignment: Int) throws(CheckpointError) {
        do throws(FileError) { try file.pad(to: alignment) } catch { throw CheckpointError(error) }
    }

    consuming func commit() throws(CheckpointError) {
        do throws(FileError) { try file.commit() } catch { throw CheckpointError(error) }
    }
}
