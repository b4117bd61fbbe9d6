import Checkpoints
import Files
import JSONValues
import OrderedCollections
import Yams

/// The keys `general.*` of a GGUF file: what a folder's name, model card (the head of README.md) and settings of generation say.
struct ModelCardKeys {
    private let folder: String
    /// The head of the model card; nil if there is none.
    private let card: Node.Mapping?
    private let generation: JSON?
    private(set) var notes: [String] = []

    init(_ files: HuggingFaceConfiguration) throws(CheckpointError) {
        (folder, generation) = (files.folder, files.generation)
        let path = "\(folder)/README.md"
        guard ModuleFolder(folder).contains("README.md"), let head = Self.head(try MappedFile.opened(path)) else {
            card = nil
            return
        }
        let node = try? Yams.compose(yaml: head)
        card = node?.mapping
        // What a model is called does not keep it from being converted.
        if card == nil { notes.append("the head of \(path) is no mapping in YAML, so nothing of it is in the file") }
    }

    /// The lines between the first two of three dashes.
    private static func head(_ file: MappedFile) -> String? {
        // Heads are some hundred bytes; whatever is longer than this is none.
        let start = withExtendedLifetime(file) { Array(file.bytes.prefix(1 << 16)) }
        let text = String(decoding: start, as: UTF8.self).replacing("\r\n", with: "\n")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else { return nil }
        return lines[1..<end].joined(separator: "\n").replacing("\t", with: "  ") + "\n"
    }

    func metadata() -> OrderedDictionary<String, GGUFValue> {
        var result: OrderedDictionary<String, GGUFValue> = [:]
        for (name, key, isWhole) in Self.sampling {
            guard let number = generation?[name]?.doubleValue, number.isFinite else { continue }
            let whole = Int32(min(max(number, Double(Int32.min)), Double(Int32.max)))
            result["general.sampling.\(key)"] = isWhole ? .int32(whole) : .float32(Float(number))
        }
        result["general.name"] = .string(text("name") ?? text("model_name") ?? Self.title(ofFolder: folder))
        for name in ["author", "version", "organization", "finetune", "basename", "description", "quantized_by"] {
            if let text = text(name) ?? text("model_\(name)") { result["general.\(name)"] = .string(text) }
        }
        let license = list("license")
        if !license.isEmpty { result["general.license"] = .string(license.joined(separator: ",")) }
        if let text = text("license_name") { result["general.license.name"] = .string(text) }
        if let text = text("license_link") { result["general.license.link"] = .string(text) }
        addSources("base_model", as: "general.base_model", &result)
        addSources("datasets", as: "general.dataset", &result)
        for (key, names) in [("tags", ["tags", "pipeline_tag"]), ("languages", ["languages", "language"])] {
            let all = names.flatMap(list)
            if !all.isEmpty { result["general.\(key)"] = .array(all.map { .string($0) }, type: 8) }
        }
        return result
    }

    /// Settings of generation_config.json and their names in GGUF.
    static let sampling: [(name: String, key: String, isWhole: Bool)] = [
        ("top_k", "top_k", true), ("top_p", "top_p", false), ("min_p", "min_p", false),
        ("temperature", "temp", false), ("repetition_penalty", "penalty_repeat", false),
    ]

    private func text(_ key: String) -> String? { card?[Node(key)]?.scalar?.string }

    /// One text, or a list of such.
    private func list(_ key: String) -> [String] {
        guard let node = card?[Node(key)] else { return [] }
        return node.scalar.map { [$0.string] } ?? node.sequence?.compactMap { $0.scalar?.string } ?? []
    }

    /// Models and data that this one was made of: ids such as `meta-llama/Llama-3.2-1B`, or addresses.
    private func addSources(_ key: String, as prefix: String, _ result: inout OrderedDictionary<String, GGUFValue>) {
        let ids = list(key)
        guard !ids.isEmpty else { return }
        result["\(prefix).count"] = .uint32(UInt32(clamping: ids.count))
        for (index, id) in ids.enumerated() {
            let parts = id.split(separator: "/", maxSplits: 1)
            guard !id.contains("://"), parts.count == 2 else {
                result["\(prefix).\(index).\(id.contains("://") ? "repo_url" : "name")"] = .string(id)
                continue
            }
            result["\(prefix).\(index).name"] = .string(Self.title(String(parts[1])))
            result["\(prefix).\(index).organization"] = .string(Self.title(String(parts[0])))
            result["\(prefix).\(index).repo_url"] = .string("https://huggingface.co/\(id)")
        }
    }

    private static func title(ofFolder folder: String) -> String {
        title(folder.split(separator: "/").last.map(String.init) ?? "model")
    }

    /// A name for people: dashes are spaces, words of small letters get capitals, numbers and versions stay.
    static func title(_ id: String) -> String {
        let words = id.replacing("-", with: " ").split(separator: " ")
        return words.map { word in
            let letters = word.unicodeScalars.filter(\.properties.isAlphabetic)
            let isSmall = !letters.isEmpty && letters.allSatisfy(\.properties.isLowercase)
            let isVersion = word.first == "v" && word.dropFirst().first?.isNumber == true
            guard isSmall, !isVersion, word.first?.isNumber == false else { return String(word) }
            var (title, follows) = ("", false)
            for letter in word {
                title += follows ? String(letter) : letter.uppercased()
                follows = letter.isLetter
            }
            return title
        }.joined(separator: " ")
    }
}
