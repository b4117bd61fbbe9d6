import Checkpoints
import Files
import Foundation
import JSONValues
import OrderedCollections
import Tensors
import Testing

@testable import Conversion

/// What one format says and the other has no word for is there again after the way back.
@Suite final class CompletenessTests {
    private let place = FileManager.default.temporaryDirectory.appending(path: "complete-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: place) }

    private func metadata(_ name: String) throws -> GGUFMetadata {
        guard case .gguf(let metadata) = try Checkpoint.open("\(place)/\(name)").metadata else {
            throw CheckpointError(path: name, reason: "no GGUF")
        }
        return metadata
    }

    private func write(_ contents: GGUFContents, to name: String) throws {
        let mix = try #require(QuantizationMix("F32"))
        _ = try ModelQuantizer(mix).write(contents, to: "\(place)/\(name)")
    }

    /// Keys of a publisher, of a tokenizer with scores, and some of every type.
    @Test func filesComeBackKeyForKey() throws {
        var contents = try GGUFConversion.contents(of: GGUFConversionTests.folder("llama"))
        let added: OrderedDictionary<String, GGUFValue> = [
            "general.author": .string("Ann"), "general.license": .string("mit"),
            "general.tags": .array([.string("tiny")], type: 8), "llama.attention.scale": .float32(0.1),
            "x.uint8": .uint8(255), "x.int8": .int8(-1), "x.uint16": .uint16(9), "x.int16": .int16(-9),
            "x.uint64": .uint64(.max), "x.int64": .int64(.min), "x.float64": .float64(0.1), "x.bool": .bool(true),
            "x.infinite": .float32(-.infinity), "x.empty": .array([], type: 6),
            "x.nested": .array([.array([.int32(1)], type: 5)], type: 9),
        ]
        for (key, value) in added { contents.metadata[key] = value }
        contents.metadata["general.size_label"] = nil
        contents.metadata["huggingface.config"] = nil
        try write(contents, to: "a.gguf")
        let back = try HuggingFaceConversion.contents(of: Checkpoint.open("\(place)/a.gguf"), dataType: .f32)
        try back.write(to: "\(place)/folder")
        try write(GGUFConversion.contents(of: Checkpoint.open("\(place)/folder")), to: "b.gguf")
        let (first, second) = (try metadata("a.gguf"), try metadata("b.gguf"))
        #expect(Set(second.keys) == Set(first.keys))
        for key in first.keys { #expect(try second.value(key) == first.value(key), "\(key)") }
    }

    /// Not `llama-3.1`, whose settings no published model has, so that a file of them is refused.
    @Test(arguments: GGUFConversionTests.exact.filter { $0 != "llama-3.1" })
    func configurationsComeBackKeyForKey(name: String) throws {
        let original = try GGUFConversionTests.folder(name)
        guard case .huggingFace(let files) = original.metadata else { throw CheckpointError(path: name, reason: "") }
        try write(GGUFConversion.contents(of: original), to: "a.gguf")
        let back = try HuggingFaceConversion.contents(of: Checkpoint.open("\(place)/a.gguf"), dataType: .f32)
        var expected = try #require(files.config.objectValue)
        expected["_name_or_path"] = nil
        #expect(back.config == .object(expected))
    }

    /// A file that was changed speaks for itself.
    @Test func changedFilesSayWhatTheySay() throws {
        var contents = try GGUFConversion.contents(of: GGUFConversionTests.folder("llama"))
        contents.metadata["llama.context_length"] = .uint32(77)
        try write(contents, to: "a.gguf")
        let back = try HuggingFaceConversion.contents(of: Checkpoint.open("\(place)/a.gguf"), dataType: .f32)
        #expect(back.config["max_position_embeddings"]?.intValue == 77)
    }

    @Test func modelCardsAreRead() throws {
        let folder = "\(GGUFConversionTests.fixtures)/families/llama"
        let copy = "\(place)/my-tiny-v1"
        try FileManager.default.copyItem(atPath: folder, toPath: copy)
        try AtomicFile.write(
            Array(
                """
                ---
                license: apache-2.0
                language: [en, "no"]
                base_model: some-lab/Big-Model-2
                tags:
                - chat
                pipeline_tag: text-generation
                ---
                # Text
                """.utf8), to: "\(copy)/README.md")
        try AtomicFile.write(Array(#"{"temperature": 0.6, "top_k": 20}"#.utf8), to: "\(copy)/generation_config.json")
        let metadata = try GGUFConversion.contents(of: Checkpoint.open(copy)).metadata
        let expected: OrderedDictionary<String, GGUFValue> = [
            "general.name": .string("My Tiny v1"), "general.license": .string("apache-2.0"),
            "general.languages": .array([.string("en"), .string("no")], type: 8),
            "general.tags": .array([.string("chat"), .string("text-generation")], type: 8),
            "general.base_model.count": .uint32(1), "general.base_model.0.name": .string("Big Model 2"),
            "general.base_model.0.organization": .string("Some Lab"),
            "general.base_model.0.repo_url": .string("https://huggingface.co/some-lab/Big-Model-2"),
            "general.sampling.temp": .float32(0.6), "general.sampling.top_k": .int32(20),
        ]
        for (key, value) in expected { #expect(metadata[key] == value, "\(key)") }
    }
}
