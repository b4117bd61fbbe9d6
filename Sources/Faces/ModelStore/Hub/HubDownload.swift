import Essentials
import Files
import Platform
import WebClient

/// Fetches a model's files from the hub, going on where an earlier attempt stopped.
struct HubDownload {
    let settings: HubSettings
    let repository: String
    let revision: String
    let incoming: Incoming
    let onEvent: @Sendable (PullEvent) -> Void

    /// Fetches what is missing and installs the model; nil if `existing` is what the hub has.
    func pull(file: String?, source: String, existing: StoredModel?) async throws -> StoredModel? {
        let requests = HubRequests(settings: settings, onEvent: onEvent)
        let url = try settings.url("/api/models/\(repository)/revision/\(revision)", query: "blobs=true")
        let listing = try HubRepository(json: try await requests.json(url), url: url.absoluteString)
        let files = try listing.selection(file, source: "hf:\(repository)")
        if let existing, existing.revision == listing.commit, existing.files.map(\.path) == files.map(\.path) {
            return nil
        }
        try discardRubbish(keeping: files)
        onEvent(
            .planned(
                files: files.count, bytes: files.reduce(0) { $0 &+ $1.size },
                present: files.reduce(0) { $0 &+ present($1) }))
        var records: [StoredModel.File] = []
        var sources: [String: String] = [:]
        for file in files {
            let digest = try await fetch(file, commit: listing.commit, requests)
            records.append(StoredModel.File(path: file.path, size: file.size, sha256: digest))
            sources[file.path] = whole(file)
        }
        let model = StoredModel(
            name: incoming.name, source: source, revision: listing.commit,
            date: Int(time(nil)), files: records)
        try incoming.install(model, sources: sources)
        return model
    }

    /// Fetches one file unless it is there; returns its digest.
    private func fetch(
        _ file: HubRepository.File, commit: String, _ requests: HubRequests
    ) async throws -> String {
        if FileSystem.size(of: whole(file)) == file.size {
            var hash = SHA256()
            try FileSystem.read(whole(file)) { hash.update($0) }
            let digest = hash.finish()
            if digest == file.sha256 ?? digest { return digest }
            try FileSystem.remove(whole(file))
            onEvent(.discarded(bytes: file.size))
        }
        onEvent(.file(path: file.path))
        let url = try settings.url("/\(repository)/resolve/\(commit)/\(file.path)")
        let part = try PartialFile(path: whole(file) + ".part", size: file.size, onEvent: onEvent)
        if !part.isComplete {
            try await requests.retrying(url) {
                let before = part.count
                let response = try await requests.get(url, range: before, to: part)
                if response.status == 416 { try part.restart() }
                return (response, part.isComplete, part.count > before)
            }
        }
        let digest = try part.finish()
        if let expected = file.sha256, digest != expected {
            try FileSystem.remove(part.path)
            throw ModelStoreError.wrongDigest(file: file.path, expected: expected, actual: digest)
        }
        try FileSystem.move(part.path, to: whole(file))
        return digest
    }

    /// Where a whole file waits: named by its content, so that a changed repository never continues an old part.
    private func whole(_ file: HubRepository.File) -> String {
        let identity = SHA256.digest(of: "\(file.path)\n\(file.size)\n\(file.sha256 ?? file.blob)".utf8)
        return "\(incoming.folder)/\(identity.prefix(32))"
    }

    private func present(_ file: HubRepository.File) -> Int {
        min(file.size, FileSystem.size(of: whole(file)) ?? FileSystem.size(of: whole(file) + ".part") ?? 0)
    }

    /// Removes what an earlier attempt at another version has left.
    private func discardRubbish(keeping files: [HubRepository.File]) throws {
        let wanted = Set(files.flatMap { [whole($0), whole($0) + ".part"] })
        for name in try FileSystem.names(in: incoming.folder) {
            let path = "\(incoming.folder)/\(name)"
            if !wanted.contains(path) { try FileSystem.remove(path) }
        }
    }
}
