import Checkpoints
import Files
import Foundation
import JSONValues
import Tensors
import Testing

@testable import Conversion

/// Folders become the files that llama.cpp's converter makes of them, and come back as they were.
@Suite struct GGUFConversionTests {
    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "ArchitecturesTests/Fixtures").path

    static let exact = [
        "llama", "llama-3.1", "llama-yarn", "llama-linear", "mixtral", "qwen3", "gemma", "gemma3", "phi3",
        "phi3-longrope", "gpt2",
    ]

    static func folder(_ name: String) throws -> Checkpoint { try Checkpoint.open("\(fixtures)/families/\(name)") }

    private static func metadata(_ checkpoint: Checkpoint) throws -> GGUFMetadata {
        guard case .gguf(let metadata) = checkpoint.metadata else { throw CheckpointError(path: "", reason: "no GGUF") }
        return metadata
    }

    @Test(arguments: exact) func equalsTheConverter(name: String) throws {
        let contents = try GGUFConversion.contents(of: Self.folder(name))
        let expected = try Checkpoint.open("\(Self.fixtures)/gguf/\(name).gguf")
        #expect(Set(contents.tensors.map(\.name)) == Set(expected.tensors.keys))
        for tensor in contents.tensors {
            let stored = try #require(expected.tensors[tensor.name])
            #expect(tensor.shape == stored.shape, "\(tensor.name)")
            let numbers = TensorRows(stored).numbers()
            let isComputed = tensor.name.hasPrefix("rope_")
            for (own, other) in zip(tensor.numbers(), numbers) where own != other {
                #expect(isComputed && abs(own - other) <= 2e-6 * abs(other), "\(tensor.name): \(own), \(other)")
            }
        }
        let own = try Self.metadata(expected)
        // The scripts' own form of what the converter leaves out for these files.
        let others = ["general.file_type", "llama.attention.key_length", "llama.attention.value_length"]
        // What the converter says of models with a name and without a tokenizer, which the scripts leave out.
        let unsaid = [
            "general.name", "general.type", "general.size_label", "gemma3.rope.freq_base_swa",
            "\(try own.string("general.architecture") ?? "").vocab_size",
        ]
        let wanted = own.keys.filter { !$0.hasPrefix("tokenizer.") && !others.contains($0) }
        for key in wanted {
            let (value, wanted) = (contents.metadata[key], try own.value(key))
            #expect(value == wanted, "\(key): \(value as Any), expected \(wanted as Any)")
        }
        let more = Set(contents.metadata.keys).subtracting(wanted + others + unsaid)
            .filter { !$0.hasPrefix("tokenizer.") && !$0.hasPrefix("huggingface.") }
        #expect(more == [], "the converter does not write them")
    }

    /// Not `llama-3.1`, whose settings no published model has: see below.
    @Test(arguments: exact.filter { $0 != "llama-3.1" }) func comesBackAsItWas(name: String) throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "conversion-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let original = try Self.folder(name)
        let mix = try #require(QuantizationMix("F32"))
        _ = try ModelQuantizer(mix).write(GGUFConversion.contents(of: original), to: "\(place)/a.gguf")
        let back = try HuggingFaceConversion.contents(of: Checkpoint.open("\(place)/a.gguf"), dataType: .f32)
        try back.write(to: "\(place)/folder", shardBytes: 20_000)
        let folder = try Checkpoint.open("\(place)/folder")
        let buffers = original.tensors.keys.filter { $0.hasSuffix(".attn.bias") || $0.hasSuffix("inv_freq") }
        // GPT-2's were saved without their head, so without the first part of their names.
        func short(_ key: String) -> String { name == "gpt2" ? String(key.dropFirst("transformer.".count)) : key }
        #expect(Set(folder.tensors.keys.map(short)) == Set(original.tensors.keys).subtracting(buffers))
        // One is added to Gemma's norms and taken off again.
        let tolerance: Float = name.hasPrefix("gemma") ? 2.5e-7 : 0
        for (key, tensor) in folder.tensors {
            let stored = try #require(original.tensors[short(key)])
            #expect(tensor.shape == stored.shape, "\(key)")
            let pairs = zip(TensorRows(tensor).numbers(), TensorRows(stored).numbers())
            #expect(pairs.allSatisfy { abs($0 - $1) <= tolerance }, "\(key)")
        }
        guard case .huggingFace(let own) = folder.metadata, case .huggingFace(let first) = original.metadata else {
            return
        }
        // Written as it was in former versions, or a default that the original leaves out.
        let renamed = [
            "torch_dtype", "rope_theta", "rope_scaling", "rope_local_base_freq", "hidden_act", "hidden_activation",
            "head_dim", "_sliding_window_pattern",
        ]
        for (key, value) in own.config.objectValue ?? [:] where !renamed.contains(key) {
            guard let before = first.config[key] else { continue }
            #expect(value.means(before), "\(key): \(value.text()), was \(before.text())")
        }
        let (rotary, firstRotary) = (RotaryConfiguration(own.config), RotaryConfiguration(first.config))
        #expect(rotary.base == firstRotary.base && rotary.kind == firstRotary.kind)
    }

    @Test(arguments: [
        ("qwen2", "use_sliding_window"), ("smollm3", "no_rope_layers"), ("llama-dynamic", "rope_scaling"),
        ("mistral", "sliding_window"),
    ])
    func lossesAreRefusedByName(name: String, key: String) throws {
        let error = #expect(throws: CheckpointError.self) { try GGUFConversion.contents(of: Self.folder(name)) }
        #expect(error?.location == "key \(key)")
        let contents = try GGUFConversion.contents(of: Self.folder(name), allowsLosses: true)
        #expect(contents.notes.contains { $0.contains(key) })
    }

    /// The published settings are found by their divisors; others are refused.
    @Test func llama3SettingsComeBack() throws {
        for (head, base, factor) in [(64, 500_000.0, 32.0), (128, 500_000.0, 8.0)] {
            let divisors = RotaryConfiguration.llama3Divisors(
                headSize: head, base: base, factor: factor, low: 1, high: 4, original: 8192)
            #expect(divisors.first == 1 && divisors.last == Float(factor))
        }
        let place = FileManager.default.temporaryDirectory.appending(path: "llama3-\(UUID().uuidString).gguf").path
        defer { try? FileManager.default.removeItem(atPath: place) }
        let mix = try #require(QuantizationMix("F32"))
        _ = try ModelQuantizer(mix).write(GGUFConversion.contents(of: Self.folder("llama-3.1")), to: place)
        let error = #expect(throws: CheckpointError.self) {
            try HuggingFaceConversion.contents(of: Checkpoint.open(place), dataType: .f32)
        }
        #expect(error?.location == "tensor rope_freqs.weight")
    }

    @Test func unknownFamiliesAreRefused() throws {
        let error = #expect(throws: CheckpointError.self) { try GGUFConversion.contents(of: Self.folder("rwkv-5")) }
        #expect(error?.location == "key model_type")
    }
}
