public import Documents
import Files
import Vectors

/// Brings a collection to the state of files and folders: what is new or changed is read, split and embedded, what is gone
/// removed, and the rest left as it is.
///
/// Files are taken in groups. While the passages of one are embedded, the next is read and the one before written, so that
/// the encoder does not wait. After a kill, groups that were written are found unchanged.
public struct Indexer: Sendable {
    private let collection: DocumentCollection
    private let encoder: PassageEncoder
    private let loader: DocumentLoader
    private let onEvent: @Sendable (IndexEvent) -> Void

    /// The largest sizes of a group and of what is embedded at once.
    private static let (groupFiles, groupBytes, batch) = (64, 2 << 20, 64)

    /// Makes an indexer for a collection that is open for writing.
    public init(
        collection: DocumentCollection, encoder: PassageEncoder, loader: DocumentLoader = DocumentLoader(),
        onEvent: @escaping @Sendable (IndexEvent) -> Void = { _ in }
    ) {
        (self.collection, self.encoder, self.loader, self.onEvent) = (collection, encoder, loader, onEvent)
    }

    /// Indexes files and folders; without any, those that were indexed before.
    ///
    /// - Throws: `VectorError`, `RetrievalError` or `EmbeddingError`; files that cannot be read are in the report.
    @discardableResult public func index(_ paths: [String] = []) async throws -> IndexReport {
        try collection.check(encoder)
        let known = Dictionary(uniqueKeysWithValues: try await collection.catalog.files().map { ($0.path, $0) })
        let roots = try await paths.isEmpty ? collection.catalog.roots() : paths
        guard !roots.isEmpty else { throw RetrievalError.nothingToIndex(collection.name) }
        let walk = try await SourceWalk(roots)
        try await collection.catalog.add(roots: walk.roots)
        var report = IndexReport()
        report.skipped = walk.skipped
        try await removeMissing(known, walk, asked: roots, &report)

        let sizes = walk.names.map { FileSystem.size(of: walk.file(of: $0)) ?? 0 }
        onEvent(.found(files: walk.names.count, bytes: sizes.reduce(0, +)))
        let groups = Self.groups(walk.names, sizes)
        var reading = read(groups.first ?? [], known, walk)
        var writing: Task<Void, any Error>?
        do {
            for place in groups.indices {
                let files = try await reading.value
                reading = read(place + 1 < groups.count ? groups[place + 1] : [], known, walk)
                let written = try await encode(files, known, &report)
                try await writing?.value
                try Task.checkCancellation()
                writing = Task { [collection] in try await Self.write(written, to: collection) }
            }
            try await writing?.value
        } catch {
            // What is being written is whole, and stays.
            reading.cancel()
            _ = await writing?.result
            throw error
        }
        if report.added + report.changed + report.removed > 0 { try await collection.vectors.checkpoint() }
        return report
    }

    /// Removes the files below the given paths that are there no longer.
    private func removeMissing(
        _ known: [String: IndexedFile], _ walk: SourceWalk, asked: [String], _ report: inout IndexReport
    ) async throws {
        let present = Set(walk.names)
        // A path that leads nowhere any more may be that of what is gone.
        let gone = walk.problems.map(\.path)
        let missing = known.keys.filter { path in
            guard !present.contains(path) else { return false }
            if SourceWalk.isPage(path) { return walk.isGone(page: path) }
            return (walk.roots + gone).contains { path == $0 || path.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") }
        }
        for path in missing.sorted() { try await collection.vectors.delete(where: .equals("path", .text(path))) }
        try await collection.catalog.remove(missing)
        report.removed = missing.count
        for problem in walk.problems where !missing.contains(where: { $0.hasPrefix(problem.path) }) {
            report.problems.append(problem)
            onEvent(.problem(problem))
        }
    }

    private static func groups(_ files: [String], _ sizes: [Int]) -> [[String]] {
        var groups: [[String]] = []
        var bytes = 0
        for (file, size) in zip(files, sizes) {
            if let last = groups.indices.last, groups[last].count < groupFiles, bytes + size <= groupBytes {
                groups[last].append(file)
                bytes += size
            } else {
                groups.append([file])
                bytes = size
            }
        }
        return groups
    }

    /// A file that was looked at.
    private struct ReadFile: Sendable {
        var file: IndexedFile
        var passages: [Passage] = []
        var isUnchanged = false
        var problem: DocumentError?
    }

    private func read(_ paths: [String], _ known: [String: IndexedFile], _ walk: SourceWalk) -> Task<
        [ReadFile], any Error
    > {
        Task {
            let splitter = try PassageSplitter(collection.splitting) { [encoder] in encoder.tokenCount(of: $0) }
            var files: [ReadFile] = []
            for path in paths {
                try Task.checkCancellation()
                files.append(try await read(path, known[path], walk, splitter))
            }
            return files
        }
    }

    private func read(_ path: String, _ known: IndexedFile?, _ walk: SourceWalk, _ splitter: PassageSplitter)
        async throws -> ReadFile
    {
        let place = walk.file(of: path)
        var file = ReadFile(
            file: IndexedFile(
                path: path, fingerprint: "", size: FileSystem.size(of: place) ?? 0, passages: 0, notes: []))
        do {
            let rows = try await walk.query(of: path)?.document()
            if let rows {
                let text = rows.parts.map(\.text).joined(separator: "\n")
                (file.file.fingerprint, file.file.size) = (SHA256.digest(of: text.utf8), text.utf8.count)
            } else if file.file.size <= loader.maximumSize {
                var digest = SHA256()
                try FileSystem.read(place) { digest.update($0) }
                file.file.fingerprint = digest.finish()
            }
            if let known, known.fingerprint == file.file.fingerprint {
                file.isUnchanged = true
                return file
            }
            let document = if let rows { rows } else { try await loader.load(place) }
            file.passages = try await passages(of: document, splitter)
            (file.file.passages, file.file.notes) = (file.passages.count, document.notes)
        } catch let error as DocumentError {
            file.problem = DocumentError(path, error.reason, remedy: error.remedy)
        } catch let error as FileError {
            file.problem = DocumentError(path, error.reason, remedy: error.remedy)
        } catch let error as VectorError where walk.query(of: path) != nil {
            file.problem = DocumentError(path, "\(error)")
        }
        return file
    }

    private func passages(of document: Document, _ splitter: PassageSplitter) async throws -> [Passage] {
        guard splitter.options.method == .semantic else { return splitter.split(document) }
        let texts = splitter.sentenceWindows(of: document).texts
        var vectors: [[Float]] = []
        for start in stride(from: 0, to: texts.count, by: Self.batch) {
            try Task.checkCancellation()
            vectors += try await encoder.encode(passages: Array(texts[start..<min(start + Self.batch, texts.count)]))
        }
        return splitter.split(document, vectors: vectors)
    }

    /// What is to be written of a group.
    private struct Group: Sendable {
        var records: [VectorRecord] = []
        var files: [IndexedFile] = []
        var dropped: [String] = []
    }

    private func encode(_ files: [ReadFile], _ known: [String: IndexedFile], _ report: inout IndexReport) async throws
        -> Group
    {
        var group = Group()
        for file in files where file.problem == nil && !file.isUnchanged { onEvent(.file(file.file.path)) }
        let vectors = try await vectors(of: files, known, &report)
        for (place, file) in files.enumerated() {
            let path = file.file.path
            var problem = file.problem
            if problem == nil, let number = vectors[place].firstIndex(where: { !Self.isUsable($0) }) {
                problem = DocumentError(path, "the encoder makes no usable vector of its passage \(number + 1)")
            }
            if let problem {
                report.problems.append(problem)
                onEvent(.problem(problem))
                if known[path] != nil { group.dropped.append(path) }
            } else if file.isUnchanged {
                report.unchanged += 1
            } else {
                known[path] == nil ? (report.added += 1) : (report.changed += 1)
                for note in file.file.notes { onEvent(.note(path: path, note)) }
                group.files.append(file.file)
                group.records += zip(file.passages, vectors[place]).map { Self.record($0, of: path, vector: $1) }
            }
            onEvent(.advanced(bytes: file.file.size))
        }
        return group
    }

    /// The vectors of all passages, those of like length computed together; of a changed file only what is new.
    private func vectors(of files: [ReadFile], _ known: [String: IndexedFile], _ report: inout IndexReport) async throws
        -> [[[Float]]]
    {
        var vectors = files.map { [[Float]](repeating: [], count: $0.passages.count) }
        var open: [(file: Int, passage: Int, text: String)] = []
        for (place, file) in files.enumerated() {
            var old: [String: [Float]] = [:]
            if let earlier = known[file.file.path] { old = try await earlierVectors(earlier) }
            for (number, passage) in file.passages.enumerated() {
                let text = passage.embeddedText
                if let vector = old[text] {
                    vectors[place][number] = vector
                    report.reused += 1
                } else {
                    open.append((place, number, text))
                }
            }
        }
        open.sort { $0.text.utf8.count > $1.text.utf8.count }
        for start in stride(from: 0, to: open.count, by: Self.batch) {
            try Task.checkCancellation()
            let batch = open[start..<min(start + Self.batch, open.count)]
            let found = try await encoder.encode(passages: batch.map(\.text))
            for (entry, vector) in zip(batch, found) { vectors[entry.file][entry.passage] = vector }
        }
        report.embedded += open.count
        return vectors
    }

    private func earlierVectors(_ file: IndexedFile) async throws -> [String: [Float]] {
        let ids = (0..<file.passages).map { DocumentCollection.id(file.path, $0) }
        return try await collection.vectors.records(ids: ids).reduce(into: [:]) { vectors, record in
            guard case .text(let embedded)? = record.metadata["heading"] else {
                vectors[record.text] = record.vector
                return
            }
            vectors["\(embedded)\n\(record.text)"] = record.vector
        }
    }

    private static func isUsable(_ vector: [Float]) -> Bool {
        vector.allSatisfy(\.isFinite) && vector.contains { $0 != 0 }
    }

    private static func record(_ passage: Passage, of path: String, vector: [Float]) -> VectorRecord {
        var metadata: [String: MetadataValue] = [
            "path": .text(path), "location": .text(passage.location.description),
            "number": .number(Double(passage.number)), "from": .number(Double(passage.context.lowerBound)),
            "through": .number(Double(passage.context.upperBound)),
        ]
        if let heading = passage.addedHeading { metadata["heading"] = .text(heading) }
        return VectorRecord(
            id: DocumentCollection.id(path, passage.number), vector: vector, text: passage.text, metadata: metadata)
    }

    /// Puts a group's passages in the place of what there was of its files.
    ///
    /// Files are entered without a fingerprint first: after a kill in between they are read again, or removed with whatever
    /// passages they have.
    private static func write(_ group: Group, to collection: DocumentCollection) async throws {
        let paths = group.files.map(\.path) + group.dropped
        guard !paths.isEmpty else { return }
        try await collection.catalog.enter(
            group.files.map { file in
                var file = file
                file.fingerprint = ""
                return file
            })
        try await collection.vectors.delete(where: .oneOf("path", paths.map(MetadataValue.text)))
        try await collection.vectors.upsert(group.records)
        try await collection.catalog.enter(group.files)
        try await collection.catalog.remove(group.dropped)
    }
}
