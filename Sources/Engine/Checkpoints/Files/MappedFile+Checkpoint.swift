package import Files

extension CheckpointError {
    /// What the file system refused, or a file that cannot be opened.
    package init(_ error: FileError) {
        let isOwnWords = error.code == 0
        self.init(
            path: error.path, reason: isOwnWords ? error.reason : "cannot \(error.operation) it (\(error.reason))",
            remedy: error.remedy)
    }
}

extension MappedFile {
    /// How a Git LFS pointer begins, which stands in the place of a large file that was not fetched.
    private static let pointer = "version https://git-lfs"

    /// Maps a file of a checkpoint; what is no such file at all, but a pointer to one, is told.
    package static func opened(_ path: String) throws(CheckpointError) -> MappedFile {
        let file: MappedFile
        do throws(FileError) { file = try MappedFile(path: path) } catch { throw CheckpointError(error) }
        try file.checkIsNoPointer()
        return file
    }

    /// Refuses a Git LFS pointer, a text of three lines under the name of the weights.
    func checkIsNoPointer() throws(CheckpointError) {
        guard bytes.starts(with: Self.pointer.utf8) else { return }
        throw CheckpointError(
            path: path, reason: "this is a Git LFS pointer, not the file itself (\(count) bytes)",
            remedy: "Fetch the real one: git lfs pull in its folder, or pull the model again")
    }
}
