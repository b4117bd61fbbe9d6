import Files
import Hummingbird
import JSONValues
package import ModelStore

/// The store that clients may change: pull into, make models in, copy, remove.
package struct StoreManagement: Sendable {
    let store: LocalStore
    let hub: HubSettings

    /// Lets clients change a store.
    package init(store: LocalStore, hub: HubSettings) {
        self.store = store
        self.hub = hub
    }
}

/// Ollama's `POST /api/pull`, `/api/create`, `/api/copy`, `DELETE /api/delete` and `/api/blobs/{digest}`.
///
/// No request names a file of this machine: models are made of those in the store, of what is pulled, and of what clients send.
struct ManagementRoutes: Sendable {
    let management: StoreManagement
    let manager: ModelManager

    var store: LocalStore { management.store }

    func copy(_ fields: RequestFields) throws -> Response {
        guard let source = try fields.string("source") else { throw APIError.invalid("source", "is missing") }
        guard let target = try fields.string("destination") else { throw APIError.invalid("destination", "is missing") }
        try fields.refuseUnread { _, _ in false }
        let model = try stored(source, param: "source")
        let name = try free(target, param: "destination")
        _ = try refusing("destination") {
            try store.create(name, from: model, settings: model.settings, source: model.source)
        }
        manager.forget(name.text)
        return Response(status: .ok)
    }

    func delete(_ fields: RequestFields) throws -> Response {
        let name = try free(try Self.name(fields), param: "model")
        try fields.refuseUnread { _, _ in false }
        _ = try stored(name.text, param: "model")
        try refusing("model") { try store.remove(name.text) }
        manager.forget(name.text)
        return Response(status: .ok)
    }

    /// Pulls a model, or again what one in the store was pulled from.
    func pull(_ fields: RequestFields, _ context: some RequestContext) async throws -> Response {
        let text = try Self.name(fields)
        let streams = try fields.bool("stream") ?? true
        try fields.refuse(["insecure"], "is not supported: HF_ENDPOINT names another hub")
        try fields.refuseUnread { _, _ in false }
        var name: ModelName?
        let source: ModelSource
        do throws(ModelStoreError) {
            source = try ModelSource(ollama: text)
        } catch {
            guard let known = try? stored(text, param: "model"), let former = try? ModelSource(ollama: known.source)
            else { throw APIError(.badRequest, "\(error).", param: "model", code: "invalid_value") }
            name = known.name
            source = former
        }
        // What is in the store may be pulled anew, though it is always served; the server goes on with what it has loaded.
        let target = try name ?? source.defaultName()
        if try store.model(target) == nil { _ = try free(target.text, param: "model") }
        let (chosen, origin, management, manager) = (name, source, management, manager)
        return try await OllamaProgress.response(streams: streams, context: context) { report in
            report(["status": "pulling manifest"])
            let progress = PullProgress(report)
            let puller = Puller(store: management.store, hub: management.hub) { progress.note($0) }
            let result = try await puller.pull(origin, as: chosen)
            if !result.wasPresent { manager.forget(result.model.name.text) }
        }
    }

    /// The model's name in a request, which older clients call `name`.
    static func name(_ fields: RequestFields) throws(APIError) -> String {
        let older = try fields.string("name")
        guard let name = try fields.string("model") ?? older, !name.isEmpty else {
            throw .invalid("model", "is missing")
        }
        return name
    }

    /// The model of the store that is meant.
    func stored(_ text: String, param: String) throws -> StoredModel {
        guard let name = try? ModelName(ollama: text), let model = try store.model(name) else {
            throw APIError(
                .notFound, "There is no model \"\(text)\" in the store of this server.", param: param,
                code: "model_not_found")
        }
        return model
    }

    /// A name under which a model may be put into the store, or taken from it.
    func free(_ text: String, param: String) throws -> ModelName {
        let name = try refusing(param) { try ModelName(ollama: text) }
        guard !manager.isFixed(name.text) else {
            throw APIError(
                .conflict, "\"\(name)\" is always served: the server was started with it.", param: param,
                code: "model_in_use")
        }
        return name
    }

    /// What the store refuses is the client's error.
    func refusing<Value>(_ param: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch ModelStoreError.isBusy(let name) {
            throw APIError(
                .conflict, "\(ModelStoreError.isBusy(name)).", param: param, code: "model_in_use")
        } catch let error as ModelStoreError {
            throw APIError(.badRequest, "\(error).", param: param, code: "invalid_value")
        } catch let error as FileError where error.isDiskFull {
            throw APIError(.diskFull, "\(error)", code: "disk_full")
        }
    }
}
