import Inference
import JSONValues

/// llama-server's `GET /props` and `GET /slots`.
struct NativeStatus {
    let host: ModelHost

    func properties(_ name: String?) throws(APIError) -> JSON {
        let model = try host.model(named: name)
        return [
            "default_generation_settings": [
                "id": 0, "n_ctx": .integer(model.contextLength), "speculative": .bool(model.guessesAhead),
                "is_processing": false,
                "params": .object(model.nativeSettings(model.defaultSampling, request: nil)),
            ],
            "total_slots": .integer(model.concurrentRequests),
            "model_alias": .string(model.id), "model_path": .string(model.details?.path ?? ""),
            "chat_template": .string(model.chatTemplateSource ?? ""),
            "modalities": ["vision": false, "audio": false], "build_info": "swiftlet", "is_sleeping": false,
            "bos_token": .string(model.beginText),
            "eos_token": .string(model.endTokens.first.map { model.text(of: $0) } ?? ""),
        ]
    }

    /// A place for each text that may be worked on at once; the first ones are those that are.
    func slots(_ name: String?) throws(APIError) -> JSON {
        let model = try host.model(named: name)
        let active = model.statistics.active
        return .array(
            (0..<model.concurrentRequests).map { index in
                [
                    "id": .integer(index), "n_ctx": .integer(model.contextLength),
                    "speculative": .bool(model.guessesAhead),
                    "is_processing": .bool(index < active),
                ]
            })
    }
}
