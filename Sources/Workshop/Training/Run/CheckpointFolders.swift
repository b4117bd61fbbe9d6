import Files

/// The checkpoints in an output folder: `checkpoint-STEP`, as transformers names them, and `best`.
struct CheckpointFolders {
    let folder: String

    func path(step: Int) -> String { "\(folder)/checkpoint-\(step)" }

    /// The steps that are done in the checkpoint at a path, which its name says.
    static func step(of path: String) -> Int? {
        let name = FileSystem.name(of: path)
        return name.hasPrefix("checkpoint-") ? Int(name.dropFirst("checkpoint-".count)) : nil
    }

    /// The steps of the whole checkpoints, in order. One that is being written has another name until it is whole.
    func steps() throws(FileError) -> [Int] {
        guard FileSystem.isFolder(folder) else { return [] }
        return try FileSystem.names(in: folder).compactMap(Self.step).sorted()
    }

    /// Removes the oldest ones so that `limit` are left.
    func prune(to limit: Int?) throws(FileError) {
        guard let limit else { return }
        for step in try steps().dropLast(limit) { try FileSystem.remove(path(step: step)) }
    }

    /// Puts the files of `best` in the place of those in the folder itself.
    func takeBest() throws(FileError) {
        for name in try FileSystem.files(below: folder + "/best") {
            let (source, target) = ("\(folder)/best/\(name)", "\(folder)/\(name)")
            try FileSystem.linkOrCopy(source, to: target + ".partial")
            try FileSystem.move(target + ".partial", to: target)
        }
    }

    /// Removes what an interruption left half written.
    func removePartial() throws(FileError) {
        guard FileSystem.isFolder(folder) else { return }
        for name in try FileSystem.names(in: folder) where name.hasSuffix(".partial") {
            try FileSystem.remove("\(folder)/\(name)")
        }
    }
}
