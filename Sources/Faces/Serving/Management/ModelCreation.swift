import Decoding
import Files
import Hummingbird
import JSONValues
import ModelStore
import Templating

/// `POST /api/create`: a model made of another one's files, or of files that were sent, under settings of its own.
extension ManagementRoutes {
    func create(_ fields: RequestFields, _ context: some RequestContext) async throws -> Response {
        let name = try free(try Self.name(fields), param: "model")
        let streams = try fields.bool("stream") ?? true
        var (base, settings) = try Self.described(fields)
        try fields.refuse(["quantize"], "is not supported here: use swiftlet quantize")
        var files: [String: String] = [:]
        for (key, folder) in [("files", ""), ("adapters", "adapter/")] {
            for (path, digest) in try fields.fields(key)?.object ?? [:] {
                files[folder + path] = try blob(digest.stringValue ?? "", param: "\(key).\(path)")
                if key == "adapters" { settings.adapter = "adapter" }
            }
        }
        try fields.refuseUnread { _, _ in false }
        if settings.adapter != nil {
            guard files["adapter/adapter_config.json"] != nil else {
                throw APIError.invalid(
                    "adapters", "must have an adapter_config.json and its weights, as PEFT writes them")
            }
        }
        try Self.check(settings)
        var model: StoredModel?
        if let text = base {
            model = try stored(text, param: "from")
        } else if files.isEmpty {
            throw APIError.invalid("from", "is missing")
        } else {
            base = "files"
        }
        let (origin, used, sources, source) = (
            model, settings.over(model?.settings ?? ModelSettings()), files, base ?? ""
        )
        return try await OllamaProgress.response(streams: streams, context: context) { report in
            report(["status": "reading model metadata"])
            // Files are hashed, and written to the disk.
            _ = try await withTaskExecutorPreference(SlowWorkExecutor.shared) {
                try refusing("from") {
                    try store.create(
                        name, from: origin, settings: used, source: origin?.source ?? "made of \(source)",
                        files: sources)
                }
            }
            // The model has them now; what is made of nothing else is not kept twice.
            for path in sources.values { try? FileSystem.remove(path) }
            report(["status": "writing manifest"])
            manager.forget(name.text)
        }
    }

    /// What a request says that the model is: in fields, or in the text of a Modelfile.
    private static func described(_ fields: RequestFields) throws -> (base: String?, settings: ModelSettings) {
        var settings = ModelSettings()
        var base = try fields.string("from").flatMap { $0.isEmpty ? nil : $0 }
        if let text = try fields.string("modelfile") {
            let file: Modelfile
            do throws(ModelStoreError) {
                file = try Modelfile(parsing: text)
            } catch {
                throw APIError.invalid("modelfile", "cannot be read: \(error)")
            }
            guard file.adapter == nil else {
                throw APIError.unsupported("modelfile", "names an adapter: send its files and name them in 'adapters'")
            }
            (base, settings) = (file.base, file.settings)
        }
        for (key, value) in try fields.fields("parameters")?.object ?? [:] {
            settings.parameters[key] = key == "stop" ? .array(value.arrayValue ?? [value]) : value
        }
        settings.system = try fields.string("system") ?? settings.system
        settings.template = try fields.string("template") ?? settings.template
        let messages = try OllamaMessages.read(fields)
        if !messages.isEmpty { settings.messages = messages }
        if let license = fields["license"] {
            let parts = license.arrayValue ?? [license]
            let texts = parts.compactMap(\.stringValue)
            guard texts.count == parts.count else {
                throw APIError.invalid("license", "must be a string or an array of strings")
            }
            settings.license = texts.joined(separator: "\n")
        }
        return (base, settings)
    }

    /// Refuses what the model could not be used with.
    private static func check(_ settings: ModelSettings) throws {
        for (name, _) in settings.parameters where !OllamaOptions.isKnown(name) {
            throw APIError.invalid("parameters.\(name)", "is no option that models have here")
        }
        let parameters = RequestFields(settings.parameters, path: "parameters")
        _ = try SamplingParameters(parameters, defaults: SamplingParameters(), vocabularySize: .max)
        _ = try GenerationOptions.stopStrings(parameters)
        for key in ["num_predict", "num_ctx"] { _ = try parameters.integer(key, in: -2 ... .max) }
        for (field, text) in [("system", settings.system), ("license", settings.license)] {
            if text?.contains(Modelfile.quotes) ?? false {
                throw APIError.invalid(field, "has three quotes in a row, which no Modelfile can hold")
            }
        }
        guard let template = settings.template else { return }
        do {
            _ = try ChatTemplate(source: template, name: "template", beginOfText: nil, endOfText: nil)
        } catch {
            throw APIError.invalid(
                "template",
                "cannot be read as a Jinja template, such as models bring (Go's templates are not read): \(error)")
        }
    }

    private func blob(_ digest: String, param: String) throws(APIError) -> String {
        guard let path = store.blob(digest) else {
            throw .invalid(param, "must be sha256: and 64 hexadecimal digits")
        }
        guard FileSystem.isFile(path) else {
            throw .invalid(param, "names a file that was not sent: POST /api/blobs/\(digest)")
        }
        return path
    }
}
