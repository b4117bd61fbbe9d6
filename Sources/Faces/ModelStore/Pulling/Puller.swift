import Essentials
import Files

/// Brings models into a store.
public struct Puller: Sendable {
    public let store: LocalStore
    /// Where the hub is and how often it is asked.
    public var hub: HubSettings
    /// Called with every step, from any thread.
    public var onEvent: @Sendable (PullEvent) -> Void

    public init(
        store: LocalStore, hub: HubSettings, onEvent: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) {
        self.store = store
        self.hub = hub
        self.onEvent = onEvent
    }

    /// Pulls a model; what is there already and unchanged is not fetched again.
    ///
    /// - Parameters:
    ///   - source: Where the model is.
    ///   - name: Its name in the store; nil derives one from the source.
    /// - Returns: The model, and whether it had been there unchanged.
    /// - Throws: `ModelStoreError`, `FileError`, or `CancellationError`. Whatever happens, the store shows the model as it was
    ///   before or as it is now, complete; parts of downloads are kept in `incoming/` for the next attempt.
    public func pull(
        _ source: ModelSource, as name: ModelName? = nil
    ) async throws -> (model: StoredModel, wasPresent: Bool) {
        do {
            return try await take(source, as: name ?? source.defaultName())
        } catch let error as FileError where error.isDiskFull {
            throw ModelStoreError.diskFull(path: error.path)
        }
    }

    private func take(
        _ source: ModelSource, as name: ModelName
    ) async throws -> (model: StoredModel, wasPresent: Bool) {
        let incoming = try await Incoming.waiting(store: store, name: name) { onEvent(.waiting) }
        defer { withExtendedLifetime(incoming) {} }
        let existing = try? store.model(name)
        let description = Self.recorded(source)
        if let existing, existing.source != description {
            throw ModelStoreError.nameTaken(name.text, source: existing.source)
        }
        var model: StoredModel?
        switch source {
        case .path(let path):
            model = try LocalImport(incoming: incoming, onEvent: onEvent)
                .importModel(at: path, source: description, revision: nil, existing: existing)
        case .hub(let repository, let revision, let file):
            let download = HubDownload(
                settings: hub, repository: repository, revision: revision, incoming: incoming, onEvent: onEvent)
            model = try await download.pull(file: file, source: description, existing: existing)
        case .package(let package, let version):
            if let existing, version == nil || existing.revision == version { return (existing, true) }
            model = try await PackageImport(incoming: incoming, onEvent: onEvent)
                .pull(package: package, version: version, source: description)
        }
        if let model { return (model, false) }
        guard let existing else { throw store.unknown(name.text) }
        return (existing, true)
    }

    /// The source as the record keeps it: paths whole, so that they mean the same from every folder.
    private static func recorded(_ source: ModelSource) -> String {
        guard case .path(let path) = source else { return source.description }
        return URL(fileURLWithPath: path).standardizedFileURL.path
    }
}
