import Files
import Hummingbird
import Inference
import JSONValues
import Synchronization

/// What was last said in llama-server's slots: here only names that clients give texts, to save and restore them by.
final class SlotBook: Sendable {
    private struct Slot: Hashable {
        let model: String
        let number: Int
    }

    private let texts = Mutex<[Slot: [Int32]]>([:])

    /// Notes a text; slots beyond those that the model has are no names.
    func note(_ tokens: [Int32], slot: Int?, of model: any ServedModel) {
        guard let slot, (0..<model.concurrentRequests).contains(slot) else { return }
        texts.withLock { $0[Slot(model: model.id, number: slot)] = tokens }
    }

    /// Forgets the texts of a model that is another one now.
    func forget(_ model: String) { texts.withLock { texts in texts = texts.filter { $0.key.model != model } } }

    func tokens(slot: Int, of model: any ServedModel) -> [Int32]? {
        texts.withLock { $0[Slot(model: model.id, number: slot)] }
    }
}

/// llama-server's `POST /slots/{id}?action=save|restore|erase`: keys and values of a text in a file of a folder that the server's
/// operator has named.
struct SlotRoutes {
    let host: ModelHost
    let folder: String?

    func act(_ slot: String, _ action: String?, _ fields: RequestFields) async throws -> JSON {
        guard let folder else {
            throw APIError(
                .notImplemented,
                "This server saves no slots; its operator can name a folder for them with --slot-save-path.",
                code: "not_supported")
        }
        let model = try host.model(for: fields)
        if (model as? EngineModel)?.adapter != nil {
            throw APIError.unsupported("model", "is one with an adapter, whose texts are not saved")
        }
        guard let engine = (model as? EngineModel)?.engine, let number = Int(slot),
            (0..<model.concurrentRequests).contains(number)
        else { throw APIError(.badRequest, "There is no slot \"\(slot)\".", param: "id_slot", code: "invalid_value") }
        let start = ContinuousClock.now
        var reply: JSON.Object = ["id_slot": .integer(number)]
        if action == "erase" {
            try fields.refuseUnread { _, _ in false }
            let tokens = host.slots.tokens(slot: number, of: model) ?? []
            try await engine.forgetPrefixes(of: tokens)
            reply["n_erased"] = .integer(tokens.count)
            return .object(reply)
        }
        guard let name = try fields.string("filename"), !name.isEmpty, !name.contains("/"), !name.hasPrefix(".") else {
            throw APIError.invalid("filename", "must be the name of a file, without a folder")
        }
        try fields.refuseUnread { _, _ in false }
        let path = "\(folder)/\(name)"
        reply["filename"] = .string(name)
        do {
            switch action {
            case "save":
                guard let tokens = host.slots.tokens(slot: number, of: model) else {
                    throw APIError(
                        .badRequest, "Slot \(number) holds no text: send a completion with this id_slot before.",
                        param: "id_slot", code: "invalid_value")
                }
                reply["n_saved"] = .integer(try await engine.savePrefixes(of: tokens, to: path))
                reply["n_written"] = .integer(FileSystem.size(of: path) ?? 0)
            case "restore":
                reply["n_restored"] = .integer(try await engine.restorePrefixes(from: path))
                reply["n_read"] = .integer(FileSystem.size(of: path) ?? 0)
            default: throw APIError.invalid("action", "must be save, restore or erase")
            }
        } catch let error as FileError {
            let reason = error.reason
            throw APIError(.badRequest, "\(name) cannot be used: \(reason).", param: "filename", code: "invalid_file")
        }
        let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        reply["timings"] = [action == "save" ? "save_ms" : "restore_ms": .number(milliseconds)]
        return .object(reply)
    }
}

extension Routes {
    /// What is done with slots.
    func addSlots(to router: Router<Context>) {
        let (manager, folder, maximumSize) = (manager, options.slotFolder, options.maximumBodySize)
        let path: RouterPath = "slots/:id"
        router.post(path) { request, context in
            let action = request.uri.queryParameters.get("action")
            // To erase a slot takes no body.
            let isEmpty = action == "erase" && request.headers[.contentLength] ?? "0" == "0"
            let fields = isEmpty ? RequestFields([:]) : try await request.readFields(maximumSize: maximumSize)
            let (host, lease) = try await manager.host(for: [fields.object["model"]?.stringValue])
            defer { withExtendedLifetime(lease) {} }
            return Response(
                json: try await SlotRoutes(host: host, folder: folder).act(
                    try context.parameters.require("id"), action, fields))
        }
        refuse([.get, .put, .patch, .delete], at: path, allowing: "POST", on: router)
    }
}
