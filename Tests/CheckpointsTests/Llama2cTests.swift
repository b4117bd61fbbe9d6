import Files
import JSONValues
import Tensors
import Testing

@testable import Checkpoints

/// Files of llama2.c, versions 0 to 2.
@Suite struct Llama2cTests {
    static func path(_ version: String) -> String { Fixtures.path("weights/llama2c/version-\(version).bin") }

    static let expected = Result { try Fixtures.json("weights/llama2c/expected.json") }

    @Test(arguments: ["0", "0-output", "1", "2"]) func tensorsAreFound(_ version: String) throws {
        let checkpoint = try Checkpoint.open(Self.path(version))
        #expect(checkpoint.format == .llama2c)
        let plain = try #require(try Self.expected.get()["plain"]?.objectValue)
        let quantized = try #require(try Self.expected.get()["quantized"]?.objectValue)
        var used: Set<String> = []
        for (name, value) in plain {
            guard let matrix = try checkpoint.matrix(named: name) else {
                #expect(name == "lm_head.weight" && (version == "0" || version == "2"))
                continue
            }
            used.formUnion(matrix.tensors)
            let numbers = try #require((version == "2" ? quantized[name] : nil) ?? value).array().map {
                try #require($0.doubleValue)
            }
            let values = matrix.source.decoded()
            #expect(values[1] == Float(numbers[0]), "\(name)")
            #expect(abs(values.reduce(0) { $0 + Double($1) } - numbers[1]) < 1e-5, "\(name)")
            #expect(matrix.isConverted == (version == "2" && quantized[name] != nil))
        }
        #expect(used == Set(checkpoint.tensors.keys))
        for tensor in checkpoint.tensors.values { #expect(tensor.file.path == checkpoint.path) }
    }

    @Test func configurationIsMadeFromTheHeader() throws {
        for (version, isShared) in [("0", true), ("0-output", false), ("1", false), ("2", true)] {
            guard case .huggingFace(let files) = try Checkpoint.open(Self.path(version)).metadata else {
                throw Unexpected()
            }
            #expect(files.folder == Fixtures.path("weights/llama2c"))
            #expect(files.config["model_type"] == "llama")
            #expect(files.config["num_key_value_heads"] == 2)
            #expect(files.config["vocab_size"] == 12)
            #expect(files.config["rope_interleave"] == true)
            #expect(files.config["tie_word_embeddings"] == .bool(isShared))
        }
    }

    @Test func damagedFilesAreErrors() throws {
        let folder = try TemporaryFolder()
        for version in ["0", "1", "2"] {
            let bytes = try Fixtures.bytes("weights/llama2c/version-\(version).bin")
            for length in [1, 4, 27, 28, 100, 256, 300, bytes.count - 1] {
                try folder.write(Array(bytes[..<length]), to: "model.bin")
                #expect(throws: CheckpointError.self) { try Checkpoint.open("\(folder.path)/model.bin") }
            }
            try folder.write(bytes + [0], to: "model.bin")
            #expect(throws: CheckpointError.self) { try Checkpoint.open("\(folder.path)/model.bin") }
            var generator = SplitMix(state: 3)
            for _ in 0..<300 {
                let header = generator.damage(Array(bytes[..<48]))
                let file = MappedFile(contents: header + bytes[48...], path: "model.bin")
                _ = try? Checkpoint.openLlama2c(file)
            }
        }
    }
}
