import Foundation
import JSONValues
import Tensors
import Testing

@testable import Checkpoints

/// Opening files and folders: what is found, and what is said when it is not.
@Suite struct CheckpointTests {
    func failure(_ path: String) -> CheckpointError? {
        #expect(throws: CheckpointError.self) { try Checkpoint.open(path) }
    }

    func configuration(_ path: String) throws -> HuggingFaceConfiguration {
        guard case .huggingFace(let configuration) = try Checkpoint.open(path).metadata else { throw Unexpected() }
        return configuration
    }

    @Test func foldersAreReadAsTheyAre() throws {
        let single = try configuration(Fixtures.path("single") + "//")
        #expect(single.folder == Fixtures.path("single"))
        #expect(single.config == ["model_type": "llama", "hidden_size": 8])
        #expect(single.generation == ["eos_token_id": [1, 2]])
        #expect(single.chatTemplate == "{{ messages }}")
        #expect(single.tokenizerConfiguration == JSON?.none)
        let sharded = try configuration(Fixtures.path("sharded"))
        #expect(sharded.chatTemplate == "D")
        #expect(sharded.specialTokens == ["bos_token": "<s>"])
        #expect(sharded.generation == JSON?.none)
    }

    @Test func missingFilesAreNamed() throws {
        let folder = try TemporaryFolder()
        #expect(failure("\(folder.path)/none.gguf")?.reason == "no such file")
        #expect(failure(folder.path)?.reason == "there is no config.json in the folder")
        try folder.write("{}", to: "config.json")
        let error = failure(folder.path)
        #expect(error?.reason == "none of model.safetensors, pytorch_model.bin and their indexes is in the folder")
        #expect(error?.remedy == "Download the weights too")
        try folder.write("x", to: "model.pth")
        #expect(failure(folder.path)?.remedy == "Rename model.pth to pytorch_model.bin if it holds the weights")
        try folder.write("x", to: "b.gguf")
        #expect(failure(folder.path)?.remedy == "Open the GGUF file itself, b.gguf")
        try folder.write("[1]", to: "config.json")
        #expect(failure(folder.path)?.reason == "expected an object, found an array")
        try folder.write("{\n  \"a\": tru\n}", to: "config.json")
        #expect(failure(folder.path)?.description == "\(folder.path)/config.json, line 2, column 8: expected true.")
        #expect(failure("\(folder.path)/config.json")?.remedy == "Open the folder itself")
    }

    @Test(arguments: ["../model.safetensors", "/etc/passwd", "..", ".", "", "a/b.safetensors", "a\u{0}b"])
    func indexCannotLeadOut(_ shard: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("{}", to: "config.json")
        let index: JSON = ["weight_map": ["w": .string(shard)]]
        try folder.write(index.text(), to: "model.safetensors.index.json")
        #expect(failure(folder.path)?.reason == "\(JSON.string(shard)) is not the name of a file in this folder")
    }

    /// What the shards hold counts, as in the reference, which only asks an index for their names.
    @Test func shardsCountWhereTheIndexDisagrees() throws {
        let folder = try TemporaryFolder()
        try folder.write("{}", to: "config.json")
        try folder.copy(fixture: "single/model.safetensors", as: "a.safetensors")
        try folder.write(#"{"weight_map": {"scalar": "a.safetensors"}}"#, to: "model.safetensors.index.json")
        let whole = try Checkpoint.open(Fixtures.path("single")).tensors.keys
        #expect(try Set(Checkpoint.open(folder.path).tensors.keys) == Set(whole))
        #expect(try Checkpoint.open(folder.path).notes.isEmpty)
        try folder.write(
            #"{"weight_map": {"w": "a.safetensors", "v": "a.safetensors"}}"#, to: "model.safetensors.index.json")
        #expect(try Set(Checkpoint.open(folder.path).tensors.keys) == Set(whole))
        #expect(
            try Checkpoint.open(folder.path).notes
                == ["\(folder.path)/model.safetensors.index.json lists w and 1 more, which no file holds"])
        // One that lies in another shard than it is listed for.
        try folder.copy(fixture: "sharded/model-00001-of-00004.safetensors", as: "c.safetensors")
        try folder.write(
            #"{"weight_map": {"scalar": "c.safetensors", "x": "a.safetensors"}}"#, to: "model.safetensors.index.json")
        #expect(try Checkpoint.open(folder.path).tensors["scalar"] != nil)
        try folder.write(#"{"weight_map": {"w": "b.safetensors"}}"#, to: "model.safetensors.index.json")
        #expect(failure(folder.path)?.description == "\(folder.path)/b.safetensors: no such file. Check the path.")
        try folder.write(#"{"weight_map": []}"#, to: "model.safetensors.index.json")
        #expect(failure(folder.path)?.location == "key weight_map")
    }

    @Test func shardsMustBelongTogether() throws {
        let folder = try TemporaryFolder()
        let names = (1...3).map { "shards-0000\($0)-of-00003.gguf" }
        for name in names { try folder.copy(fixture: name) }
        #expect(try Checkpoint.open("\(folder.path)/\(names[1])").tensors.count == 5)
        try folder.copy(fixture: names[1], as: "other.gguf")
        #expect(failure("\(folder.path)/other.gguf")?.location == "key split.count")
        try folder.remove(names[2])
        #expect(failure("\(folder.path)/\(names[0])")?.description.contains("\(names[2]): no such file") == true)
        try folder.copy(fixture: names[1], as: names[2])
        #expect(failure("\(folder.path)/\(names[0])")?.reason == "expected 2 of 3, found 1 of 3")
        try folder.remove(names[2])
        try folder.copy(fixture: "aligned.gguf", as: names[2])
        #expect(failure("\(folder.path)/\(names[0])")?.reason == "expected 2 of 3, found none of 1")
        // A last shard of another version, with the right numbers and no tensors.
        var bytes = try Fixtures.bytes(names[2])
        bytes[8] = 0
        try folder.write(bytes, to: names[2])
        #expect(
            failure("\(folder.path)/\(names[0])")?.reason == "5 tensors are promised, the shards hold 4")
    }

    @Test func onlyRegularFilesAreOpened() throws {
        let folder = try TemporaryFolder()
        #expect(mkfifo("\(folder.path)/pipe.gguf", 0o600) == 0)
        #expect(failure("\(folder.path)/pipe.gguf")?.reason == "is not a regular file")
        try folder.write("", to: "empty.gguf")
        #expect(failure("\(folder.path)/empty.gguf")?.reason == "the file is empty")
        try folder.write("{}", to: "config.json")
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/generation_config.json", withIntermediateDirectories: false)
        #expect(failure(folder.path)?.reason == "is a folder, not a file")
    }

    @Test func adviceLeavesContents() throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("all.gguf"))
        let tensor = try #require(checkpoint.tensors["Q6_K.weight"])
        let before = tensor.withUnsafeBytes { Array($0) }
        tensor.file.advise(.dontNeed, 0..<tensor.file.count)
        tensor.file.advise(.willNeed, -5..<Int.max)
        #expect(tensor.withUnsafeBytes { Array($0) } == before)
    }
}
