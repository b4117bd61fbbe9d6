import Files

/// The output folder of a training that is about to run: held against other processes, and with what there is to go on from.
package final class OutputFolder: Sendable {
    /// The checkpoint to go on from, if there is one.
    package let checkpoint: String?
    /// The steps that are done in it.
    package let steps: Int
    private let lock: FileLock

    /// - Throws: `TrainingError` if another process trains into the folder, if it has checkpoints of another recipe, or any that
    ///   would be lost, and if the checkpoint to go on from is not there.
    package init(_ recipe: TrainingRecipe, identity: RunIdentity) throws {
        let folder = recipe.outputFolder
        try FileSystem.createFolder(folder)
        guard let lock = try FileLock(path: folder + "/.lock") else {
            throw TrainingError(
                .checkpoint, at: folder, "another process trains into it", remedy: "choose another output_dir")
        }
        self.lock = lock
        let folders = CheckpointFolders(folder: folder)
        try folders.removePartial()
        let last = try folders.steps().last
        switch recipe.resumption {
        case .never:
            if let last {
                throw TrainingError(
                    .checkpoint, at: folder, "has checkpoints of a training that got to step \(last)",
                    remedy: "--resume goes on from there; for a new one choose another output_dir, or remove this one")
            }
            (checkpoint, steps) = (nil, 0)
        case .newest:
            (checkpoint, steps) = (last.map(folders.path(step:)), last ?? 0)
            if checkpoint != nil { try identity.check(folder) }
        case .from(let path):
            guard FileSystem.isFolder(path), let done = CheckpointFolders.step(of: path) else {
                throw TrainingError(
                    .checkpoint, at: path, "is no folder named checkpoint-STEP",
                    remedy: "name one that training has written")
            }
            try identity.check(FileSystem.parent(of: path))
            (checkpoint, steps) = (path, done)
        }
        try identity.write(to: folder)
    }
}
