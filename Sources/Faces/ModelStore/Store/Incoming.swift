import Files

/// The workshop of one model's pull, `incoming/NAME/`, locked against other processes.
///
/// Pieces are named by what they will hold (`PART.part` while they grow, `PART` once verified), so whatever is found
/// after a kill is either exactly what is wanted again or rubbish. `assembly/` becomes the model's folder.
final class Incoming {
    let store: LocalStore
    let name: ModelName
    let folder: String
    private let lock: FileLock

    /// Locks the workshop; nil if another process is pulling or removing the same model.
    init?(store: LocalStore, name: ModelName) throws {
        self.store = store
        self.name = name
        folder = "\(store.folder)/incoming/\(name)"
        try FileSystem.createFolder(store.folder + "/models")
        try FileSystem.createFolder(folder)
        guard let lock = try FileLock(path: folder + ".lock") else { return nil }
        self.lock = lock
        if FileSystem.exists(previous) {
            // A kill came between the two renames of a replacement.
            if FileSystem.exists(store.folder(of: name)) {
                try FileSystem.remove(previous)
            } else {
                try FileSystem.move(previous, to: store.folder(of: name))
            }
        }
    }

    /// Where a model's former version stands while the new one takes its place.
    private var previous: String { folder + ".previous" }

    /// Locks the workshop as soon as no other process has it.
    static func waiting(
        store: LocalStore, name: ModelName, onWait: () -> Void
    ) async throws -> Incoming {
        var hasWaited = false
        while true {
            if let incoming = try Incoming(store: store, name: name) { return incoming }
            if !hasWaited { onWait() }
            hasWaited = true
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Removes everything in the workshop.
    func clear() throws {
        try FileSystem.remove(folder)
    }

    /// Takes a folder out of the way and removes it.
    func discard(_ path: String) throws {
        try FileSystem.createFolder(folder)
        let trash = folder + "/discarded"
        try FileSystem.remove(trash)
        try FileSystem.move(path, to: trash)
        try FileSystem.remove(trash)
    }

    /// Puts a model's files and record together and moves the whole into the store, replacing a former version.
    func install(_ model: StoredModel, sources: [String: String]) throws {
        let assembly = folder + "/assembly"
        try FileSystem.remove(assembly)
        try FileSystem.createFolder(assembly)
        for file in model.files {
            guard let source = sources[file.path] else { continue }
            let target = assembly + "/" + file.path
            try FileSystem.createFolder(FileSystem.parent(of: target))
            try FileSystem.linkOrCopy(source, to: target)
        }
        try AtomicFile.write(Array((model.json.text(.pretty) + "\n").utf8), to: assembly + "/model.json")
        try FileSystem.synchronize(assembly)
        let target = store.folder(of: name)
        if FileSystem.exists(target) { try FileSystem.move(target, to: previous) }
        do {
            try FileSystem.move(assembly, to: target)
        } catch {
            if FileSystem.exists(previous) { try? FileSystem.move(previous, to: target) }
            throw error
        }
        try FileSystem.synchronize(store.folder + "/models")
        try FileSystem.remove(previous)
        try clear()
    }
}
