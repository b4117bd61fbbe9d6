import Files
import Hummingbird
import JSONValues

/// vLLM's `POST /v1/load_lora_adapter` and `/v1/unload_lora_adapter`, and llama-server's `/lora-adapters`.
///
/// Clients load only what lies in a folder that the server's operator has named.
struct AdapterRoutes {
    let host: ModelHost
    /// The folder of adapters that clients may load; nil for none.
    let folder: String?

    /// The first model that can have adapters, or the one that is named.
    private func holder(_ name: String?) throws(APIError) -> any AdapterHolder {
        guard let holder = try host.model(named: name) as? any AdapterHolder else {
            throw APIError(.badRequest, "This model takes no adapters.", param: "model", code: "no_adapters")
        }
        return holder
    }

    func load(_ fields: RequestFields) throws -> Response {
        guard let folder else {
            throw APIError(
                .forbidden,
                "Clients may load no adapters here; the server's operator can name a folder of them with --lora-folder.",
                code: "adapters_not_allowed")
        }
        guard let name = try fields.string("lora_name"), !name.isEmpty else {
            throw APIError.invalid("lora_name", "is missing")
        }
        guard let path = try fields.string("lora_path"), !path.isEmpty else {
            throw APIError.invalid("lora_path", "is missing")
        }
        let base = try fields.string("base_model_name")
        if try fields.bool("load_inplace") == true {
            throw APIError.unsupported("load_inplace", "is true; unload the adapter before")
        }
        try fields.refuseUnread { _, _ in false }
        let holder = try holder(base)
        guard let real = FileSystem.realPath(path.hasPrefix("/") ? path : "\(folder)/\(path)"),
            let root = FileSystem.realPath(folder), real.hasPrefix(root + "/")
        else {
            throw APIError(
                .notFound, "There is no adapter \"\(path)\" in the folder that clients may load from.",
                param: "lora_path", code: "adapter_not_found")
        }
        guard !host.ids.contains(name), host.aliases[name] == nil, !host.available.contains(where: { $0.name == name })
        else {
            throw APIError.invalid("lora_name", "is the name of a model that this server has")
        }
        do {
            guard try holder.loadAdapter(real, as: name) else {
                throw APIError.invalid("lora_name", "is the name of an adapter that is loaded already")
            }
        } catch let error as APIError {
            throw error
        } catch {
            throw APIError(
                .badRequest, "The adapter cannot be used: \(error)", param: "lora_path", code: "invalid_adapter")
        }
        return Self.text("Success: LoRA adapter '\(name)' added successfully.")
    }

    func unload(_ fields: RequestFields) throws -> Response {
        guard folder != nil else {
            throw APIError(.forbidden, "Clients may unload no adapters here.", code: "adapters_not_allowed")
        }
        guard let name = try fields.string("lora_name"), !name.isEmpty else {
            throw APIError.invalid("lora_name", "is missing")
        }
        try fields.refuseUnread { key, _ in key == "lora_int_id" }
        let found = host.models.contains { ($0 as? any AdapterHolder)?.unloadAdapter(name) ?? false }
        guard found else {
            throw APIError(.notFound, "There is no adapter \"\(name)\".", param: "lora_name", code: "adapter_not_found")
        }
        return Self.text("Success: LoRA adapter '\(name)' removed successfully.")
    }

    /// The adapters by their numbers.
    func list(_ name: String?) throws -> Response {
        let entries = try holder(name).adapters.enumerated().map { id, entry -> JSON in
            [
                "id": .integer(id), "name": .string(entry.name), "path": .string(FileSystem.name(of: entry.path)),
                "scale": .decimal(entry.defaultScale),
            ]
        }
        return Response(json: .array(entries))
    }

    /// Sets how much of each adapter requests get that say nothing.
    func setScales(_ json: JSON, _ name: String?) throws -> Response {
        let holder = try holder(name)
        guard let elements = json.arrayValue else {
            throw APIError(.badRequest, "The request's body must be an array of objects with id and scale.")
        }
        var scales = [Float](repeating: 0, count: holder.adapters.count)
        for (index, element) in elements.enumerated() {
            let fields = RequestFields(element.objectValue ?? [:], path: "[\(index)]")
            guard let id = try fields.integer("id", in: 0 ... .max), scales.indices.contains(id) else {
                throw APIError.invalid(fields.name("id"), "must be the number of an adapter")
            }
            scales[id] = try fields.number("scale", in: -100...100) ?? 1
            try fields.refuseUnread { _, _ in false }
        }
        for (entry, scale) in zip(holder.adapters, scales) { _ = holder.setDefaultScale(scale, ofAdapter: entry.name) }
        return Response(json: ["success": true])
    }

    private static func text(_ text: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

extension Routes {
    /// Adapters that are loaded while the server runs.
    func addAdapters(to router: Router<Context>) {
        let (manager, folder) = (manager, options.adapterFolder)
        for prefix in ["v1/", ""] {
            post(
                "\(prefix)load_lora_adapter", on: router,
                models: { fields, _ in [fields.object["base_model_name"]?.stringValue] },
                handler: { fields, _, host in
                    // Weights are read and packed.
                    try await withTaskExecutorPreference(SlowWorkExecutor.shared) {
                        try AdapterRoutes(host: host, folder: folder).load(fields)
                    }
                })
            post("\(prefix)unload_lora_adapter", on: router) { fields, _ in
                try AdapterRoutes(host: manager.host, folder: folder).unload(fields)
            }
        }
        let path: RouterPath = "lora-adapters"
        let maximumSize = options.maximumBodySize
        router.get(path) { request, _ in
            let name = request.uri.queryParameters.get("model")
            let (host, lease) = try await manager.host(for: [name])
            defer { withExtendedLifetime(lease) {} }
            return try AdapterRoutes(host: host, folder: folder).list(name)
        }
        router.post(path) { request, _ in
            let name = request.uri.queryParameters.get("model")
            let json = try await request.readJSON(maximumSize: maximumSize)
            let (host, lease) = try await manager.host(for: [name])
            defer { withExtendedLifetime(lease) {} }
            return try AdapterRoutes(host: host, folder: folder).setScales(json, name)
        }
        refuse([.put, .patch, .delete], at: path, allowing: "GET, HEAD, POST", on: router)
    }
}
