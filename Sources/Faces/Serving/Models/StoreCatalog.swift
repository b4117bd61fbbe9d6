import Inference
package import ModelStore
import Synchronization

/// The models of the store on this machine, as a server loads them on demand.
package final class StoreCatalog: ModelCatalog {
    /// Loads the model at a path under a name, as ``ModelCatalog/load(_:reserved:)`` does.
    package typealias Loader = @Sendable (_ path: String, _ name: String, _ reserved: Int) throws -> LoadedModel

    private let store: LocalStore
    private let loader: Loader
    /// What models are for, which their files tell.
    private let kinds = Mutex<[StoredModel: CatalogEntry.Kind?]>([:])

    /// Offers what is in a store.
    package init(store: LocalStore, loader: @escaping Loader) {
        self.store = store
        self.loader = loader
    }

    /// The models by name.
    package func entries() throws -> [CatalogEntry] {
        try store.models().models.map { model in
            CatalogEntry(name: model.name.text, created: model.date, bytes: model.size, kind: kind(of: model))
        }
    }

    /// Loads the model of that name.
    package func load(_ name: String, reserved: Int) throws -> LoadedModel {
        try loader(try store.resolve(name), name, reserved)
    }

    private func kind(of model: StoredModel) -> CatalogEntry.Kind? {
        if let known = kinds.withLock({ $0[model] }) { return known }
        let kind: CatalogEntry.Kind? =
            switch try? ModelKind.of(store.resolve(model.name.text)) {
            case .language: .language
            case .sentenceEncoder, .tokenVectors, .wordVectors: .embedding
            case .crossEncoder: .reranking
            case nil: nil
            }
        kinds.withLock { $0[model] = kind }
        return kind
    }
}
