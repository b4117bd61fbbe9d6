import Checkpoints
import Files
import JSONValues
import Tensors

/// Writes a trained model as a folder that transformers, and Swiftlet, read.
struct ResultWriter {
    let recipe: TrainingRecipe
    /// The model's folder.
    let model: String
    let checkpoint: Checkpoint
    /// Whether the output matrix is the embedding: a copy of it in the files would be the old one.
    let sharesEmbedding: Bool
    /// A chat template that the recipe gives in place of the model's own.
    let template: String?

    /// Refuses models that no folder is written of.
    func checkBase(_ parameters: [Parameter]) throws(TrainingError) {
        guard checkpoint.format == .huggingFace else {
            throw TrainingError(
                .model, at: recipe.baseModel, "is a file, and all of its weights are to be trained",
                remedy: "train an adapter (adapter: lora), or name a Hugging Face folder")
        }
        if let parameter = parameters.first(where: { checkpoint.tensors[$0.name] == nil }) {
            throw TrainingError(
                .model, at: "\(recipe.baseModel), tensor \(parameter.name)",
                "is put together of quantized ones, which cannot be trained",
                remedy: "train an adapter (adapter: lora), or name a folder with whole weights")
        }
    }

    func write(_ parameters: ParameterStore, to folder: String) throws {
        var tensors: [TensorSource] = []
        for (name, stored) in checkpoint.tensors {
            let isOutput = name.hasSuffix("lm_head.weight") || name == "output.weight"
            if sharesEmbedding, isOutput, parameters[name: name] == nil { continue }
            if let parameter = parameters[name: name] {
                tensors.append(
                    TensorSource(
                        name: name, dataType: .f32, shape: parameter.shape,
                        bytes: Array(UnsafeRawBufferPointer(parameter.values))))
            } else {
                tensors.append(TensorSource(stored))
            }
        }
        try SafetensorsWriter.write(tensors, metadata: ["format": "pt"], to: folder + "/model.safetensors")
        for name in try FileSystem.names(in: model) where Self.isCopied(name) {
            let bytes = try FileSystem.contents(of: "\(model)/\(name)", limit: 1 << 30)
            try AtomicFile.write(name == "config.json" ? try configuration(bytes) : bytes, to: "\(folder)/\(name)")
        }
        try copyModules(to: folder)
        if let template { try AtomicFile.write(Array(template.utf8), to: folder + "/chat_template.jinja") }
    }

    /// Copies the folders that a sentence encoder's list of modules names, and the card that says what they are.
    private func copyModules(to folder: String) throws {
        guard let modules = try ModuleFolder(model).json("modules.json")?.arrayValue else { return }
        for name in modules.compactMap({ $0["path"]?.stringValue }) where !name.isEmpty {
            let source = try ModuleFolder(model).folder(name).path
            guard FileSystem.isFolder(source) else { continue }
            for file in try FileSystem.files(below: source) where Self.isCopied(FileSystem.name(of: file)) {
                try FileSystem.createFolder(FileSystem.parent(of: "\(folder)/\(name)/\(file)"))
                try AtomicFile.write(
                    FileSystem.contents(of: "\(source)/\(file)", limit: 1 << 30), to: "\(folder)/\(name)/\(file)")
            }
        }
    }

    /// The configuration, which says how the weights are stored.
    private func configuration(_ bytes: [UInt8]) throws -> [UInt8] {
        guard case .object(var members) = try JSON(parsing: bytes, source: model + "/config.json") else { return bytes }
        for key in ["torch_dtype", "dtype"] where members[key] != nil { members[key] = "float32" }
        members["quantization_config"] = nil
        return Array((JSON.object(members).text(.pretty) + "\n").utf8)
    }

    /// What lies beside weights and belongs to the model: configuration, tokenizer, template.
    private static func isCopied(_ name: String) -> Bool {
        if name.hasSuffix(".index.json")
            || ["run.json", "adapter_config.json", "metrics.jsonl", "model.json"].contains(name)
        {
            return false
        }
        return [".json", ".jinja", ".model"].contains { name.hasSuffix($0) }
            || ["vocab.txt", "merges.txt"].contains(name)
    }
}
