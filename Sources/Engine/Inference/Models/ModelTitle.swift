import Checkpoints
import Essentials

/// What people call a model: the name in its metadata, or else that of its file or folder.
public enum ModelTitle {
    /// Names that tell nothing; converters write some of them where they know none.
    private static let empty: Set<String> = [
        "", ".", "..", "model", "models", "hf", "tmp", "temp", "checkpoint", "output", "out", "workspace", "snapshots",
        "main", "llama v2", "unknown", "none", "ggml-model", "content", "data",
    ]

    /// The name of the model at `path`, read from its metadata without opening its weights; of files that bring none,
    /// the file's or folder's.
    public static func of(path: String) -> String {
        (try? Checkpoint.open(path)).map { of($0) } ?? file(path)
    }

    static func of(_ checkpoint: Checkpoint) -> String {
        let file = file(checkpoint.path)
        switch checkpoint.metadata {
        case .gguf(let metadata):
            return (try? metadata.string("general.name")).flatMap { sensible($0) } ?? file
        case .huggingFace(let files) where empty.contains(file.lowercased()):
            // A folder that somebody named is called so: `_name_or_path` is often the model that it was made from.
            return files.config["_name_or_path"]?.stringValue.flatMap { sensible(self.file($0)) } ?? file
        case .huggingFace, .bare: return file
        }
    }

    /// The last component of a path without the ending of a weight file and the number of a shard. Snapshots in a cache of
    /// the Hub are called by their repository.
    public static func file(_ path: String) -> String {
        let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        let components = absolute.split(separator: "/").filter { $0 != "." }.map(String.init)
        if components.count >= 3, components[components.count - 2] == "snapshots" {
            let repository = components[components.count - 3]
            if repository.hasPrefix("models--"), let name = repository.split(separator: "--").last {
                return String(name)
            }
        }
        var name = components.last ?? path
        for ending in [".gguf", ".safetensors", ".bin", ".pth", ".pt"] where name.hasSuffix(ending) {
            name.removeLast(ending.count)
            break
        }
        name = name.replacing(/-\d{5}-of-\d{5}$/, with: "")
        // `rwkv-5/model.pth`
        if empty.contains(name.lowercased()), components.count >= 2, !empty.contains(components[components.count - 2]) {
            return components[components.count - 2]
        }
        return name
    }

    /// A name from metadata in the form of an identifier, or nil if it tells nothing or is a path.
    private static func sensible(_ name: String) -> String? {
        let words = name.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard !empty.contains(words.lowercased()), !words.contains("/"), !words.contains("\\"), words.count <= 96,
            words.contains(where: \.isLetter), !words.unicodeScalars.contains(where: { $0.value < 0x20 })
        else { return nil }
        return words.replacing(" ", with: "-")
    }
}
