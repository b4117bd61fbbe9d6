import Architectures
import Checkpoints
import Foundation
import JSONValues
import OrderedCollections
import Tensors
import Testing

/// Folders as people really have them: odd, but what the reference loads runs here, with a note where something is left out.
@Suite struct FolderTests {
    /// A copy of the family's folder with another config.json and more tensors.
    private func withFolder<R>(
        _ model: String = "llama", config change: (inout JSON.Object) -> Void = { _ in },
        tensors others: [TensorSource] = [], _ body: (String) throws -> R
    ) throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(path: "swiftlet-\(UUID())")
        try FileManager.default.copyItem(at: Fixtures.url("families/\(model)"), to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        var config = try Fixtures.json("families/\(model)/config.json").objectValue ?? [:]
        change(&config)
        try Data(JSON.object(config).text().utf8).write(to: folder.appending(path: "config.json"))
        if !others.isEmpty {
            let names = others.map(\.name)
            let own = try Checkpoint.open(Fixtures.url("families/\(model)").path).tensors.values
            try SafetensorsWriter.write(
                own.filter { !names.contains($0.name) }.map { TensorSource($0) } + others,
                to: folder.appending(path: "model.safetensors").path)
        }
        return try body(folder.path)
    }

    private func tensor(_ name: String, _ shape: [Int], value: Float = 0.5) -> TensorSource {
        let count = shape.reduce(1, *)
        let bytes = (0..<count).flatMap { index in
            withUnsafeBytes(of: (value + Float(index % 7)).bitPattern.littleEndian) { Array($0) }
        }
        return TensorSource(name: name, dataType: .f32, shape: shape, bytes: bytes)
    }

    private func check(_ path: String, says model: String) throws {
        let network = try NetworkLoader(Checkpoint.open(path)).load(FastOperations(pool: ThreadPool(threads: 2)))
        FamilyTests.check(network, try FamilyTests.expected(model)) { FamilyTests.makeCache(network) }
    }

    /// Language models inside models that see: their configuration one level down, their tensors behind other beginnings, and
    /// the rest noted.
    @Test(arguments: [
        ("language_model.model.", "language_model."), ("model.language_model.", ""), ("thinker.model.", "thinker."),
    ])
    func languageModelsInsideOthersRun(model: String, others: String) throws {
        let own = try Checkpoint.open(Fixtures.url("families/gemma3").path).tensors.values
        let renamed = own.map { tensor in
            let name = tensor.name
            let new = name.hasPrefix("model.") ? model + name.dropFirst(6) : others + name
            return TensorSource(
                name: new, dataType: tensor.dataType, shape: tensor.shape, bytes: tensor.withUnsafeBytes { Array($0) })
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "swiftlet-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var text = try #require(try Fixtures.json("families/gemma3/config.json").objectValue)
        text["num_key_value_heads"] = 1
        let config: JSON = [
            "model_type": "gemma3", "text_config": .object(text),
            "vision_config": ["hidden_size": 1152, "num_hidden_layers": 27],
        ]
        try Data(config.text().utf8).write(to: folder.appending(path: "config.json"))
        try SafetensorsWriter.write(
            renamed + [
                tensor("vision_tower.encoder.layers.0.weight", [4]), tensor("model.visual.patch_embed.weight", [4]),
            ],
            to: folder.appending(path: "model.safetensors").path)
        let notes = try NetworkLoader(Checkpoint.open(folder.path)).notes
        #expect(notes.count == 1 && notes[0].contains("2 tensors of parts for pictures"), "\(notes)")
        try check(folder.path, says: "gemma3")
    }

    /// An unknown name is answered with the nearest known one.
    @Test(arguments: [
        ("gemma5", "gemma4"), ("qwen9", "qwen3"), ("deepseek_v9", "deepseek_v"), ("unheard_of", "others are"),
    ])
    func unknownArchitecturesAreAnsweredWithTheNearest(name: String, nearest: String) throws {
        try withFolder(config: { $0["model_type"] = .string(name) }) { path in
            let error = #expect(throws: ArchitectureError.self) { try NetworkLoader(Checkpoint.open(path)) }
            #expect(
                error?.reason.contains(name) == true && error?.reason.contains(nearest) == true,
                "\(error?.reason ?? "")")
        }
    }

    @Test(arguments: [
        ("v_head.summary.weight", "value head"), ("score.weight", "value head"),
        ("model.layers.0.self_attn.k_scale", "cached keys"), ("model.layers.1.self_attn.v_scale", "cached keys"),
        ("model.layers.2.mlp.up_proj.weight", "layers beyond the 2"),
        ("model.layers.61.eh_proj.weight", "layers beyond"),
    ])
    func tensorsThatTheReferenceLeavesOutAreNoted(name: String, reason: String) throws {
        try withFolder(tensors: [tensor(name, [4])]) { path in
            let notes = try NetworkLoader(Checkpoint.open(path)).notes
            #expect(notes.count == 1)
            #expect(notes.first?.contains(name) == true && notes.first?.contains(reason) == true, "\(notes)")
            try check(path, says: "llama")
        }
    }

    @Test(arguments: [
        "rotary_emb.inv_freq", "model.rotary_emb.inv_freq", "model.layers.0.self_attn.rotary_emb.inv_freq",
        "model.layers.1.self_attn.rotary_emb.cos_cached",
    ])
    func whatFollowsFromTheConfigurationIsLeftOut(name: String) throws {
        try withFolder(tensors: [tensor(name, [4])]) { path in
            #expect(try NetworkLoader(Checkpoint.open(path)).notes.isEmpty)
            try check(path, says: "llama")
        }
    }

    @Test func otherTensorsAreRefused() throws {
        try withFolder(tensors: [tensor("model.layers.0.self_attn.q_proj.bias", [32])]) { path in
            let error = #expect(throws: ArchitectureError.self) { try NetworkLoader(Checkpoint.open(path)) }
            #expect(error?.description.contains("q_proj.bias") == true)
        }
    }

    /// A stored head counts where it differs from the embedding, whatever the configuration says.
    @Test func aDifferentHeadIsNotTied() throws {
        try withFolder(config: { $0["tie_word_embeddings"] = true }) { path in
            let loader = try NetworkLoader(Checkpoint.open(path))
            #expect(loader.spec.output?.sharesEmbedding == false)
            #expect(loader.notes.first?.contains("lm_head.weight") == true)
            try check(path, says: "llama")
        }
        let embedding = try #require(
            try Checkpoint.open(Fixtures.url("families/smollm3").path).tensors["model.embed_tokens.weight"])
        try withFolder("smollm3", tensors: [TensorSource(embedding, name: "lm_head.weight")]) { path in
            let loader = try NetworkLoader(Checkpoint.open(path))
            #expect(loader.spec.output?.sharesEmbedding == true && loader.notes.isEmpty)
            try check(path, says: "smollm3")
        }
    }

    /// The nested base of rotary positions counts, and so does that of the older object.
    @Test func nestedRotaryBaseCounts() throws {
        func base(_ change: (inout JSON.Object) -> Void) throws -> Float? {
            try withFolder(config: change) { path in
                let spec = try NetworkLoader(Checkpoint.open(path)).spec
                guard case .attention(let attention) = spec.layers[0].mixer else { return nil }
                return attention.rotary?.base
            }
        }
        #expect(
            try base {
                $0["rope_theta"] = 1
                $0["rope_parameters"] = ["rope_theta": 5000, "rope_type": "default"]
            } == 5000)
        #expect(
            try base {
                $0["rope_theta"] = 300
                $0["rope_parameters"] = ["rope_type": "default"]
            } == 300)
        #expect(
            try base {
                $0["rope_theta"] = 1
                $0["rope_scaling"] = ["rope_theta": 70, "rope_type": "linear", "factor": 2]
            } == 70)
        #expect(
            try base {
                $0["rope_scaling"] = [:]
                $0["rope_parameters"] = ["rope_theta": 5000, "rope_type": "linear", "factor": 2]
            } == 5000)
    }

    /// Python writes numbers that JSON lacks.
    @Test func infinityIsRead() throws {
        try withFolder { path in
            let file = URL(filePath: "\(path)/config.json")
            let text = try String(contentsOf: file, encoding: .utf8)
            let odd = #"{"time_step_limit": [0.0, Infinity], "a": NaN, "b": -Infinity, "c": 1e999, "# + text.dropFirst()
            try Data(odd.utf8).write(to: file)
            try check(path, says: "llama")
        }
        try withFolder(config: { $0["rope_theta"] = 7 }) { path in
            let file = URL(filePath: "\(path)/config.json")
            let text = try String(contentsOf: file, encoding: .utf8).replacing(
                "\"rms_norm_eps\":1e-05", with: "\"rms_norm_eps\":NaN")
            try Data(text.utf8).write(to: file)
            let error = #expect(throws: ArchitectureError.self) { try NetworkLoader(Checkpoint.open(path)) }
            #expect(error?.description.contains("rms_norm_eps: is nan") == true, "\(error?.description ?? "")")
        }
    }

    /// A file that says nothing of what it divides by would run, only worse.
    @Test func missingEpsilonOfAGGUFFileIsNamed() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "swiftlet-\(UUID()).gguf")
        defer { try? FileManager.default.removeItem(at: folder) }
        let checkpoint = try Checkpoint.open(Fixtures.url("gguf/llama.gguf").path)
        guard case .gguf(let metadata) = checkpoint.metadata else { return }
        var values: OrderedDictionary<String, GGUFValue> = [:]
        for key in metadata.keys where !key.hasSuffix("rms_epsilon") { values[key] = try metadata.value(key) }
        try GGUFWriter.write(checkpoint.tensors.values.map { TensorSource($0) }, metadata: values, to: folder.path)
        let error = #expect(throws: ArchitectureError.self) { try NetworkLoader(Checkpoint.open(folder.path)) }
        #expect(error?.key == "metadata key llama.attention.layer_norm_rms_epsilon" && error?.reason == "is missing")
    }
}
