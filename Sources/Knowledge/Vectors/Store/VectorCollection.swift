import Files
import GRDB
import Synchronization
import Tensors

/// An embedded store of vectors: one folder, which one process writes and several read.
///
///     let notes = try VectorCollection.create(at: "notes", settings: CollectionSettings(size: 384))
///     try notes.upsert([VectorRecord(id: "a", vector: vector, text: "the text", metadata: ["year": 2024])])
///     let hits = try notes.search(VectorQuery(vector: query, filter: .range("year", from: 2020)))
///
/// Documents, metadata and the changes of vectors are in an SQLite database, whose log makes each call of `upsert` and
/// `delete` one step that is on the disk when the call returns. Vectors and graph are in files that are never changed:
/// `checkpoint` writes new ones, with checksums, and lets the database name them. What is opened is those files, mapped,
/// with the changes since.
///
/// `@unchecked Sendable`: `image` and `filters` are guarded by `lock`, the writer's steps by `writer`.
public final class VectorCollection: VectorStore, @unchecked Sendable {
    /// Who opens a collection.
    public enum Access: Sendable {
        /// One process at a time.
        case writing
        /// As many as there are; they see what the writer has done when they search.
        case reading
    }

    /// The folder.
    public let path: String
    /// What it was made for.
    public let settings: CollectionSettings
    /// Whether it may be changed here.
    public let access: Access
    let database: CollectionDatabase
    let pool: ThreadPool
    /// Only one batch of searches at a time has the threads of the pool.
    let batches = Mutex<Void>(())
    let lock = ReadWriteLock()
    let writer = Mutex<Void>(())
    var image: VectorImage
    let filters = Mutex<[MetadataFilter: SlotSet]>([:])
    /// What the check that runs beside the opening has found.
    let damage = Mutex<VectorError?>(nil)
    /// Held until the collection is closed.
    let writerLock: Mutex<FileLock?>

    /// What was wrong with the files when they were opened, and has been made again: the graph, from the vectors.
    public var repaired: VectorError? { lock.reading { image.repaired } }

    private init(
        _ path: String, _ settings: CollectionSettings, _ access: Access, _ database: CollectionDatabase,
        _ image: VectorImage, _ pool: ThreadPool, _ writerLock: FileLock?
    ) {
        (self.path, self.settings, self.access, self.database) = (path, settings, access, database)
        (self.image, self.pool) = (image, pool)
        self.writerLock = Mutex(writerLock)
    }

    /// Makes a collection in a folder that holds none.
    ///
    /// - Parameter threads: As many threads work on large changes and batches; all of the machine's unless told.
    public static func create(at path: String, settings: CollectionSettings, threads: Int? = nil) throws
        -> VectorCollection
    {
        let image = try VectorImage(settings)
        guard !FileSystem.exists(path + "/" + CollectionDatabase.fileName) else { throw VectorError.exists(path: path) }
        try FileSystem.createFolder(path)
        let writerLock = try takeLock(path)
        // Another name until it is complete: a kill leaves no half a collection.
        let unfinished = path + "/unfinished"
        try FileSystem.remove(unfinished)
        try FileSystem.createFolder(unfinished)
        do {
            let database = try CollectionDatabase(folder: unfinished, creating: settings, isReadOnly: false)
            try database.pool.close()
        }
        try FileSystem.move(
            unfinished + "/" + CollectionDatabase.fileName, to: path + "/" + CollectionDatabase.fileName)
        try FileSystem.remove(unfinished)
        try FileSystem.synchronize(path)
        let database = try CollectionDatabase(folder: path, creating: nil, isReadOnly: false)
        return VectorCollection(
            path, settings, .writing, database, image, ThreadPool(threads: threads ?? .max), writerLock)
    }

    /// Opens a collection.
    ///
    /// Small files are compared with their checksums at once, large ones while they are used already (an error then comes
    /// from the next search). A damaged graph is made again; other damage is an error that names the file.
    ///
    /// - Parameter encoder: The name of what makes the vectors; another one than the collection's is an error.
    public static func open(
        at path: String, access: Access = .writing, encoder: String? = nil, threads: Int? = nil
    ) throws -> VectorCollection {
        guard FileSystem.exists(path + "/" + CollectionDatabase.fileName) else { throw VectorError.missing(path: path) }
        let writerLock = access == .writing ? try takeLock(path) : nil
        let pool = ThreadPool(threads: threads ?? .max)
        let databasePath = path + "/" + CollectionDatabase.fileName
        do {
            let database = try CollectionDatabase(folder: path, creating: nil, isReadOnly: access == .reading)
            if FileSystem.size(of: databasePath) ?? 0 <= VectorImage.checkedAtOnce { try database.verify() }
            let settings = try database.pool.read { content in
                let format = try database.get("format", Int.self, content)
                guard format <= CollectionDatabase.format else {
                    throw VectorError.newerFormat(
                        path: databasePath, found: format, supported: CollectionDatabase.format)
                }
                return try database.get("settings", CollectionSettings.self, content)
            }
            if let encoder, let found = settings.encoder, encoder != found {
                throw VectorError.otherEncoder(path: path, found: found, expected: encoder)
            }
            let image = try loadImage(path, settings, database, pool)
            let collection = VectorCollection(path, settings, access, database, image, pool, writerLock)
            if access == .writing { collection.removeStrayFiles() }
            collection.checkLargeFiles()
            return collection
        } catch let error as DatabaseError {
            throw VectorError.damaged(path: databasePath, reason: error.message ?? error.description)
        }
    }

    private static func takeLock(_ path: String) throws -> FileLock {
        guard let lock = try FileLock(path: path + "/lock") else { throw VectorError.locked(path: path) }
        return lock
    }

    /// The snapshot that the database names, with all changes since. The writer may be putting another one in its place.
    static func loadImage(
        _ path: String, _ settings: CollectionSettings, _ database: CollectionDatabase, _ pool: ThreadPool
    ) throws -> VectorImage {
        for attempt in 0... {
            do {
                return try database.pool.read { content in
                    let snapshot = try database.get("snapshot", CollectionDatabase.Snapshot.self, content)
                    let image =
                        snapshot.generation == 0
                        ? try VectorImage(settings)
                        : try VectorImage(settings, folder: path, snapshot: snapshot, pool: pool)
                    try replay(image, database, content, pool)
                    return image
                }
            } catch VectorError.damaged(let file, let reason) {
                // The files of a snapshot are removed once the next one is named.
                if attempt < 3, !FileSystem.exists(file) { continue }
                throw VectorError.damaged(path: file, reason: reason)
            }
        }
        throw VectorError.missing(path: path)
    }

    static func replay(
        _ image: VectorImage, _ database: CollectionDatabase, _ content: Database, _ pool: ThreadPool
    ) throws {
        var changes: [CollectionDatabase.Change] = []
        try database.forEachChange(after: image.sequence, content) { change in
            changes.append(change)
            if changes.count == 50_000 {
                image.apply(changes, pool: pool)
                changes = []
            }
        }
        image.apply(changes, pool: pool)
    }

    /// Compares everything with its checksums, and looks through the database; an error names the damaged file.
    public func verify() throws {
        try database.verify()
        for file in lock.reading({ image.files }) { try file.verify() }
    }

    private func checkLargeFiles() {
        let large = image.files.filter { $0.byteCount > VectorImage.checkedAtOnce }
        guard !large.isEmpty else { return }
        Task.detached(priority: .background) { [weak self] in
            for file in large {
                do throws(VectorError) { try file.verify() } catch { self?.damage.withLock { $0 = error } }
            }
        }
    }

    /// Removes what a kill in the middle of writing a snapshot has left.
    private func removeStrayFiles() {
        let kept = ["vectors-\(image.generation).bin", "graph-\(image.generation).bin"]
        for name in (try? FileSystem.names(in: path)) ?? [] where !kept.contains(name) {
            let isSnapshot = (name.hasPrefix("vectors-") || name.hasPrefix("graph-")) && name.contains(".bin")
            if isSnapshot || name == "unfinished" { try? FileSystem.remove(path + "/" + name) }
        }
    }
}
