import Files
import JSONValues
import Tensors
import Testing

@testable import Checkpoints

/// What is read here equals what the `gguf` package reads from the same files.
@Suite struct GGUFReferenceTests {
    @Test(arguments: [
        "all.gguf", "aligned.gguf", "version-2.gguf", "shards-00001-of-00003.gguf", "shards-00002-of-00003.gguf",
        "shards-00003-of-00003.gguf",
    ])
    func file(_ name: String) throws {
        let expected = try #require(try Fixtures.expected.get()["gguf"]?[name])
        let reader = try GGUFReader(MappedFile(path: Fixtures.path(name)))
        let metadata = try #require(expected["metadata"]?.objectValue)
        #expect(reader.metadata.keys == Array(metadata.keys))
        for (key, value) in metadata { #expect(try reader.metadata.json(key) == value, "\(key)") }
        try expectEqual(Array(reader.tensors.values), try #require(expected["tensors"]).array())
    }

    @Test func kinds() throws {
        let metadata = try GGUFReader(MappedFile(path: Fixtures.path("all.gguf"))).metadata
        #expect(try metadata.int("scalar.UINT32") == Int(UInt32.max))
        #expect(try metadata.int("scalar.INT64") == Int.min)
        #expect(try metadata.double("scalar.UINT64") == 0x1p64)
        #expect(try metadata.double("scalar.FLOAT32") == Double(Float(0.1)))
        #expect(try metadata.double("scalar.UINT8") == 255)
        #expect(try metadata.bool("scalar.BOOL") == true)
        #expect(try metadata.ints("array.INT64") == [Int.min, Int.max])
        #expect(try metadata.floats("array.FLOAT64") == [0.1, .infinity])
        #expect(try metadata.json("absent") == JSON?.none)
        let error = #expect(throws: CheckpointError.self) { try metadata.int("scalar.UINT64") }
        #expect(error?.reason == "\(UInt64.max) is too large; at most \(Int.max)")
        var strings: [Int: [UInt8]] = [:]
        #expect(try metadata.withStringBytes("array.STRING") { strings[$0] = Array($1) } == 3)
        #expect(strings == [0: [], 1: Array("a".utf8), 2: Array("é\n".utf8)])
    }

    @Test func shardsFromAnyOfThem() throws {
        let names = (1...3).map { "shards-0000\($0)-of-00003.gguf" }
        let all = try Fixtures.expected.get()["gguf"]
        let expected = try names.flatMap { try #require(all?[$0]?["tensors"]).array() }
        for name in names {
            let checkpoint = try Checkpoint.open(Fixtures.path(name))
            try expectEqual(Array(checkpoint.tensors.values), expected)
            guard case .gguf(let metadata) = checkpoint.metadata else { throw Unexpected() }
            #expect(try metadata.string("general.architecture") == "llama")
            #expect(checkpoint.parameterCount == 5 * 6)
            #expect(checkpoint.byteCount == 6 * (4 + 2 + 8 + 1 + 2))
        }
    }

    /// Every type is known by name; those that are read have the same blocks.
    @Test func types() throws {
        let types = try #require(try Fixtures.expected.get()["ggmlTypes"]).array()
        #expect(types.count > 30)
        for type in types {
            let number = UInt32(try type["number"]?.int() ?? -1)
            #expect(GGMLType.names[number] == type["name"]?.stringValue)
            guard let dataType = GGMLType.dataType(number) else { continue }
            #expect(dataType.blockSize == type["blockSize"]?.intValue)
            #expect(dataType.blockByteCount == type["blockByteCount"]?.intValue)
        }
    }

    @Test func bigEndianIsNamed() throws {
        let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(Fixtures.path("big-endian.gguf")) }
        #expect(error?.reason == "big-endian GGUF is not read")
    }

    @Test func truncationAtEveryByteIsAnError() throws {
        let bytes = try Fixtures.bytes("aligned.gguf")
        // The last tensor is followed by padding, which may be missing.
        let reader = try GGUFReader(MappedFile(contents: bytes, path: "aligned.gguf"))
        let end = try #require(reader.tensors.values.map(\.byteRange.upperBound).max())
        for length in 0..<end {
            #expect(throws: CheckpointError.self) {
                try GGUFReader(MappedFile(contents: Array(bytes[..<length]), path: "aligned.gguf"))
            }
        }
    }

    @Test func damageNeverCrashes() throws {
        let bytes = try Fixtures.bytes("all.gguf")
        var generator = SplitMix(state: 11)
        for _ in 0..<1500 {
            let file = MappedFile(contents: generator.damage(bytes), path: "all.gguf")
            guard let reader = try? GGUFReader(file) else { continue }
            for key in reader.metadata.keys { _ = try? reader.metadata.json(key) }
            for tensor in reader.tensors.values { tensor.withUnsafeBytes { #expect($0.count == tensor.byteCount) } }
        }
    }
}

struct Unexpected: Error {}

/// Compares tensors with the descriptions of the fixtures.
func expectEqual(_ tensors: [StoredTensor], _ expected: [JSON]) throws {
    #expect(tensors.map(\.name) == expected.map { $0["name"]?.stringValue })
    for (tensor, expected) in zip(tensors, expected) {
        #expect(tensor.dataType.name == expected["type"]?.stringValue, "\(tensor.name)")
        #expect(tensor.shape == (try #require(expected["shape"]).array().map { try $0.int() }), "\(tensor.name)")
        let bytes = try #require(expected["bytes"]).hexBytes()
        #expect(tensor.withUnsafeBytes { Array($0) } == bytes, "\(tensor.name)")
        if let offset = expected["offset"]?.intValue { #expect(tensor.byteRange.lowerBound == offset) }
    }
}
