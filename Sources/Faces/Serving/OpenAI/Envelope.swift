import Essentials
import JSONValues

/// What all chunks of one reply have in common.
struct Envelope: Sendable {
    /// The reply's id: a prefix that tells its kind, and a random number.
    let id: String
    let object: String
    let model: String
    let created: Int

    init(prefix: String, object: String, model: String) {
        id = prefix + "-" + String(UInt64.random(in: 0 ... .max), radix: 36)
        self.object = object
        self.model = model
        created = Int(Date().timeIntervalSince1970)
    }

    /// A reply or chunk; `usage` and `timings` are left out where they are nil.
    func json(choices: [JSON], usage: JSON? = nil, timings: JSON? = nil, more: JSON.Object = [:]) -> JSON {
        var members: JSON.Object = [
            "id": .string(id), "object": .string(object), "created": .integer(created), "model": .string(model),
            "system_fingerprint": .string(ServerVersion.fingerprint), "choices": .array(choices),
        ]
        if let usage { members["usage"] = usage }
        if let timings { members["timings"] = timings }
        members.merge(more) { $1 }
        return .object(members)
    }
}

extension GenerationOptions {
    /// What OpenAI's streams end with: the usage where it is asked for, and the mark that nothing follows.
    func closing(_ envelope: Envelope, _ usage: Usage) -> [StreamMessage] {
        let last = StreamMessage(envelope.json(choices: [], usage: usage.json, timings: usage.timings))
        return (streamsUsage ? [last] : []) + [.done]
    }
}

extension JSON {
    /// An array of token ids.
    init(tokens: [Int32]) { self = .array(tokens.map { .integer(Int($0)) }) }
}
