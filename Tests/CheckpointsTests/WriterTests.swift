import Files
import Foundation
import OrderedCollections
import Tensors
import Testing

@testable import Checkpoints

/// The files written here equal, byte for byte, those that the reference packages write.
@Suite struct WriterTests {
    /// What the fixtures' script puts into each GGUF file.
    static let metadata: OrderedDictionary<String, GGUFValue> = [
        "scalar.UINT8": .uint8(255), "scalar.INT8": .int8(-128), "scalar.UINT16": .uint16(65535),
        "scalar.INT16": .int16(-32768), "scalar.UINT32": .uint32(.max), "scalar.INT32": .int32(.min),
        "scalar.FLOAT32": .float32(0.1), "scalar.BOOL": .bool(true), "scalar.STRING": .string("naïve 🐦 text"),
        "scalar.UINT64": .uint64(.max), "scalar.INT64": .int64(.min), "scalar.FLOAT64": .float64(0.1),
        "array.UINT8": .array([.uint8(0), .uint8(255)]), "array.INT8": .array([.int8(-128), .int8(127)]),
        "array.UINT16": .array([.uint16(1), .uint16(65535)]), "array.INT16": .array([.int16(-32768), .int16(5)]),
        "array.UINT32": .array([.uint32(0), .uint32(.max)]), "array.INT32": .array([.int32(-1), .int32(0), .int32(1)]),
        "array.FLOAT32": .array([.float32(0.1), .float32(-2.5e-8)]),
        "array.BOOL": .array([.bool(true), .bool(false), .bool(true)]),
        "array.STRING": .array([.string(""), .string("a"), .string("é\n")]),
        "array.UINT64": .array([.uint64(0), .uint64(1 << 63 - 1)]),
        "array.INT64": .array([.int64(.min), .int64(.max)]), "array.FLOAT64": .array([.float64(0.1), .float64(1e300)]),
        "array.ARRAY": .array([.array([.int32(1), .int32(2)]), .array([.int32(3)])]),
    ]

    @Test(arguments: [("all.gguf", nil), ("aligned.gguf", UInt32(128))] as [(String, UInt32?)])
    func gguf(name: String, alignment: UInt32?) throws {
        let folder = try TemporaryFolder()
        var metadata: OrderedDictionary<String, GGUFValue> = ["general.architecture": .string("llama")]
        metadata["general.alignment"] = alignment.map { .uint32($0) }
        metadata.merge(Self.metadata) { $1 }
        let tensors = try Checkpoint.open(Fixtures.path(name)).tensors.values.map { TensorSource($0) }
        try GGUFWriter.write(tensors, metadata: metadata, to: "\(folder.path)/copy.gguf")
        #expect(try Data(contentsOf: URL(filePath: "\(folder.path)/copy.gguf")) == Data(Fixtures.bytes(name)))
    }

    /// What is read is written back byte for byte: every type of number stays what it is, empty arrays keep theirs.
    @Test(arguments: ["all.gguf", "aligned.gguf", "empty"])
    func metadataIsWrittenBack(name: String) throws {
        let folder = try TemporaryFolder()
        var path = Fixtures.path(name)
        if name == "empty" {
            let arrays = (0...12).map { ("array.\($0)", GGUFValue.array([], type: $0)) }
            path = "\(folder.path)/empty.gguf"
            try GGUFWriter.write([], metadata: OrderedDictionary(uniqueKeysWithValues: arrays), to: path)
        }
        let checkpoint = try Checkpoint.open(path)
        guard case .gguf(let metadata) = checkpoint.metadata else { return }
        var values: OrderedDictionary<String, GGUFValue> = [:]
        for key in metadata.keys { values[key] = try metadata.value(key) }
        #expect(values.count >= 13)
        let tensors = checkpoint.tensors.values.map { TensorSource($0) }
        try GGUFWriter.write(tensors, metadata: values, to: "\(folder.path)/copy.gguf")
        #expect(
            try Data(contentsOf: URL(filePath: "\(folder.path)/copy.gguf")) == Data(contentsOf: URL(filePath: path)))
    }

    @Test func `tensors that do not fit in one file go to shards, which are read as one folder`() throws {
        let folder = try TemporaryFolder()
        let tensors = (0..<5).map { index in
            TensorSource(
                name: "t\(index)", dataType: .f32, shape: [2, 2], bytes: [UInt8](repeating: UInt8(index), count: 16))
        }
        try SafetensorsWriter.write(tensors, toFolder: folder.path, maximumBytes: 40)
        #expect(
            try FileSystem.names(in: folder.path) == [
                "model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors",
                "model-00003-of-00003.safetensors",
                "model.safetensors.index.json",
            ])
        try Data("{}".utf8).write(to: URL(filePath: "\(folder.path)/config.json"))
        let checkpoint = try Checkpoint.open(folder.path)
        #expect(Array(checkpoint.tensors.keys) == (0..<5).map { "t\($0)" })
        #expect(checkpoint.tensors["t4"]?.withUnsafeBytes { Array($0) } == [UInt8](repeating: 4, count: 16))
        #expect(throws: CheckpointError.self) {
            try SafetensorsWriter.write(tensors + tensors, toFolder: folder.path, maximumBytes: 40)
        }
        try FileSystem.remove("\(folder.path)/model.safetensors.index.json")
        try SafetensorsWriter.write(tensors, toFolder: folder.path, maximumBytes: 80)
        #expect(FileSystem.isFile("\(folder.path)/model.safetensors"))
    }

    @Test func `a tensor that cannot be made ends the writing`() throws {
        let folder = try TemporaryFolder()
        let broken = TensorSource(name: "broken", dataType: .f32, shape: [1]) { (_) throws(CheckpointError) in
            throw CheckpointError(path: "elsewhere", reason: "no bytes")
        }
        let error = #expect(throws: CheckpointError.self) {
            try SafetensorsWriter.write([broken], to: "\(folder.path)/file")
        }
        #expect(error?.path == "elsewhere")
        #expect(try FileSystem.names(in: folder.path) == [])
    }

    @Test func safetensors() throws {
        let folder = try TemporaryFolder()
        let tensors = try Checkpoint.open(Fixtures.path("single")).tensors.values.map { TensorSource($0) }
        try SafetensorsWriter.write(tensors, metadata: ["format": "pt"], to: "\(folder.path)/copy.safetensors")
        let copy = try Data(contentsOf: URL(filePath: "\(folder.path)/copy.safetensors"))
        #expect(try copy == Data(Fixtures.bytes("single/model.safetensors")))
    }

    /// Above all no device, which root could replace.
    @Test func onlyPlainFilesAreReplaced() throws {
        let folder = try TemporaryFolder()
        let pipe = "\(folder.path)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        for path in [pipe, folder.path] {
            let error = #expect(throws: CheckpointError.self) { try SafetensorsWriter.write([], to: path) }
            #expect(error?.description == "\(path): it is not a plain file. Name a file to write.")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["pipe"])
        #expect(try SafetensorsWriter.write([], to: "\(folder.path)/new.safetensors") == ())
    }

    @Test func failureLeavesOldFile() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/model.safetensors"
        try folder.write("old", to: "model.safetensors")
        let good = TensorSource(name: "a", dataType: .f32, shape: [2], bytes: [UInt8](repeating: 1, count: 8))
        let short = TensorSource(name: "b", dataType: .f32, shape: [2], bytes: [1, 2, 3])
        let error = #expect(throws: CheckpointError.self) { try SafetensorsWriter.write([good, short], to: path) }
        #expect(error?.description == "\(path), tensor b: 3 bytes were given, type and shape ask for 8.")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model.safetensors"])
        try SafetensorsWriter.write([good], to: path)
        #expect(try SafetensorsReader(MappedFile(path: path)).tensors["a"]?.byteCount == 8)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model.safetensors"])
    }

    @Test func impossibleRequestsAreRefused() throws {
        let folder = try TemporaryFolder()
        func reason(_ tensors: [TensorSource], _ metadata: OrderedDictionary<String, GGUFValue>) -> String? {
            let path = "\(folder.path)/model.gguf"
            return #expect(throws: CheckpointError.self) {
                try GGUFWriter.write(tensors, metadata: metadata, to: path)
            }?.reason
        }
        func tensor(_ type: DataType, _ shape: [Int]) -> TensorSource {
            TensorSource(name: "w", dataType: type, shape: shape, bytes: [])
        }
        #expect(reason([tensor(.u8, [1])], [:]) == "GGUF has no type U8")
        #expect(reason([tensor(.q4x0, [33])], [:]) == "the shape [33] is impossible for Q4_0")
        #expect(reason([tensor(.f32, [1, 1, 1, 1, 1])], [:]) == "5 dimensions; at most 4")
        #expect(reason([tensor(.f32, [0]), tensor(.f32, [0])], [:]) == "the name is taken")
        #expect(reason([], ["k": .array([.bool(true), .uint8(1)])]) == "an array of several types")
        #expect(reason([], ["general.alignment": .uint32(48)]) == "expected a power of two as uint32")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        let error = #expect(throws: CheckpointError.self) {
            try SafetensorsWriter.write([tensor(.q4x0, [32])], to: "\(folder.path)/model.safetensors")
        }
        #expect(error?.reason == "safetensors has no type Q4_0")
        let missing = #expect(throws: CheckpointError.self) {
            try SafetensorsWriter.write([], to: "\(folder.path)/none/model.safetensors")
        }
        #expect(missing?.reason.hasPrefix("cannot create it") == true)
    }
}
