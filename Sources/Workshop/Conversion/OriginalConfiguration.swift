import Checkpoints
import JSONValues
import OrderedCollections

/// The configuration of the folder that a GGUF file was made of, in keys of its own, which llama.cpp passes over: what no
/// other key says is there again when the file becomes a folder.
enum OriginalConfiguration {
    /// What the keys begin with; the name of the file without its ending follows.
    static let prefix = "huggingface."
    private static let names = ["config", "generation_config"]

    /// The keys of a folder, without the path that the model was last saved to.
    static func metadata(_ files: HuggingFaceConfiguration) -> OrderedDictionary<String, GGUFValue> {
        var result: OrderedDictionary<String, GGUFValue> = [:]
        for (name, json) in zip(names, [files.config, files.generation ?? .null]) {
            guard var object = json.objectValue else { continue }
            object["_name_or_path"] = nil
            result[prefix + name] = .string(JSON.object(object).text())
        }
        return result
    }

    /// The files that a GGUF file keeps, by their names; what is no JSON is left out.
    static func files(in metadata: GGUFMetadata) throws(CheckpointError) -> JSON.Object {
        var result: JSON.Object = [:]
        for name in names {
            guard let text = try metadata.string(prefix + name) else { continue }
            result["\(name).json"] = (try? JSON(parsing: text, source: prefix + name)).flatMap {
                $0.objectValue == nil ? nil : $0
            }
        }
        return result
    }
}
