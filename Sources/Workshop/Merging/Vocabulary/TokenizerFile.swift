import Checkpoints
import JSONValues
import OrderedCollections

/// The tokens of a folder's `tokenizer.json`, and the file itself to be changed.
struct TokenizerFile: Sendable {
    let folder: String
    /// The whole file.
    private(set) var json: JSON
    /// The ids of all tokens, added ones included, by their texts, in the order of ids.
    private(set) var ids: OrderedDictionary<String, Int>

    /// Reads a folder's file; nil if there is none.
    init?(folder: String) throws {
        guard let json = try ModuleFolder(folder).json("tokenizer.json") else { return nil }
        self.folder = folder
        self.json = json
        ids = [:]
        try readIDs()
    }

    private mutating func readIDs() throws {
        var found: [(text: String, id: Int)] = []
        if let vocabulary = json["model"]?["vocab"]?.objectValue {
            for (text, id) in vocabulary { found.append((text, try number(id, text))) }
        } else {
            for (id, entry) in (json["model"]?["vocab"]?.arrayValue ?? []).enumerated() {
                guard let text = entry[0]?.stringValue else { throw error("entry \(id) of the vocabulary has no text") }
                found.append((text, id))
            }
        }
        for entry in addedTokens { found.append((entry.text, try number(entry.json["id"] ?? .null, entry.text))) }
        guard !found.isEmpty else { throw error("it has no tokens") }
        found.sort { $0.id < $1.id }
        ids = OrderedDictionary(found.map { ($0.text, $0.id) }, uniquingKeysWith: { first, _ in first })
    }

    private func number(_ value: JSON, _ text: String) throws -> Int {
        guard let id = value.intValue, (0..<(1 << 31)).contains(id) else {
            throw error("the token \(text) has the id \(value.text())")
        }
        return id
    }

    private func error(_ reason: String) -> MergeError {
        MergeError(path: "\(folder)/tokenizer.json", reason: reason, remedy: "Download it again")
    }

    /// The entries that stand beside the model's vocabulary.
    var addedTokens: [(text: String, json: JSON)] {
        (json["added_tokens"]?.arrayValue ?? []).compactMap { entry in entry["content"]?.stringValue.map { ($0, entry) }
        }
    }

    /// Adds a token under the next id: a copy of another file's entry, or one found in plain text.
    mutating func add(_ text: String, as entry: JSON? = nil) {
        guard ids[text] == nil else { return }
        let id = (ids.values.last ?? -1) + 1
        var object =
            entry?.objectValue ?? [
                "id": 0, "content": .string(text), "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": true, "special": false,
            ]
        object["id"] = .integer(id)
        var root = json.objectValue ?? [:]
        root["added_tokens"] = .array((root["added_tokens"]?.arrayValue ?? []) + [.object(object)])
        json = .object(root)
        ids[text] = id
    }

    /// Removes tokens whose ids are no rows of the model, with the merges that need them.
    mutating func strip(from end: Int) throws {
        let gone = Set(ids.filter { $0.value >= end }.map(\.key))
        guard !gone.isEmpty else { return }
        guard json["model"]?["type"]?.stringValue == "BPE" || gone.isSubset(of: Set(addedTokens.map(\.text))),
            var root = json.objectValue, var model = root["model"]?.objectValue
        else {
            throw MergeError(
                path: "\(folder)/tokenizer.json",
                reason: "\(gone.count) tokens have ids beyond the model's \(end) rows",
                remedy: "Take another model's tokenizer")
        }
        root["added_tokens"] = .array(addedTokens.filter { !gone.contains($0.text) }.map(\.json))
        if let vocabulary = model["vocab"]?.objectValue {
            model["vocab"] = .object(vocabulary.filter { !gone.contains($0.key) })
        }
        if let merges = model["merges"]?.arrayValue {
            model["merges"] = .array(
                merges.filter { merge in
                    let parts =
                        merge.arrayValue?.compactMap(\.stringValue)
                        ?? merge.stringValue?.split(separator: " ").map(String.init) ?? []
                    return !parts.contains { gone.contains($0) }
                })
        }
        root["model"] = .object(model)
        json = .object(root)
        ids = ids.filter { !gone.contains($0.key) }
    }

    /// `tokenizer_config.json` with the added tokens of this file.
    func configuration(_ original: JSON?) -> JSON? {
        guard var object = original?.objectValue, object["added_tokens_decoder"] != nil else { return original }
        var decoder = JSON.Object()
        for entry in addedTokens {
            guard var members = entry.json.objectValue, let id = members.removeValue(forKey: "id")?.intValue else {
                continue
            }
            decoder[String(id)] = .object(members)
        }
        object["added_tokens_decoder"] = .object(decoder)
        return .object(object)
    }
}
