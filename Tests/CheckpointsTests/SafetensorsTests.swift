import Files
import JSONValues
import Tensors
import Testing

@testable import Checkpoints

/// What is read here equals what the `safetensors` package reads; what it refuses is refused.
@Suite struct SafetensorsTests {
    func read(_ bytes: [UInt8]) throws(CheckpointError) -> SafetensorsReader {
        try SafetensorsReader(MappedFile(contents: bytes, path: "sample.safetensors"))
    }

    @Test(arguments: ["single", "sharded"])
    func folder(_ name: String) throws {
        let checkpoint = try Checkpoint.open(Fixtures.path(name))
        let expected = try #require(try Fixtures.expected.get()["safetensors"]?[name]?["tensors"]).array()
        #expect(checkpoint.format == .huggingFace)
        try expectEqual(
            checkpoint.tensors.values.sorted { $0.name < $1.name },
            expected.sorted { ($0["name"]?.stringValue ?? "") < ($1["name"]?.stringValue ?? "") })
        #expect(checkpoint.parameterCount == 15 * 12 + 1)
        #expect(checkpoint.byteCountByDataType[.bf16] == 24)
    }

    @Test func cases() throws {
        let cases = try #require(try Fixtures.expected.get()["safetensorsCases"]).array()
        #expect(cases.count > 25)
        for sample in cases {
            let name = try #require(sample["name"]).string()
            // The one place where this reader is stricter: the package keeps the last of two tensors of one name.
            let isAccepted = name == "twice" ? false : sample["accepted"]?.boolValue
            let bytes = try #require(sample["bytes"]).hexBytes()
            #expect(((try? read(bytes)) != nil) == isAccepted, "\(name)")
        }
    }

    @Test func changedBytes() throws {
        let expected = try #require(try Fixtures.expected.get()["safetensorsChanges"])
        let base = try #require(expected["base"]).hexBytes()
        let changes = try #require(expected["changes"]).array()
        #expect(changes.count == 3000)
        for change in changes {
            let numbers = try change.array().map { try $0.int() }
            var bytes = base
            for index in stride(from: 1, to: numbers.count, by: 2) { bytes[numbers[index]] = UInt8(numbers[index + 1]) }
            #expect(((try? read(bytes)) != nil) == (numbers[0] == 1), "\(numbers)")
        }
    }

    @Test func truncationAtEveryByteIsAnError() throws {
        let bytes = try Fixtures.bytes("single/model.safetensors")
        for length in 0..<bytes.count {
            #expect(throws: CheckpointError.self) { try read(Array(bytes[..<length])) }
        }
    }

    @Test func damageNeverCrashes() throws {
        let bytes = try Fixtures.bytes("single/model.safetensors")
        var generator = SplitMix(state: 13)
        for _ in 0..<2000 {
            guard let reader = try? read(generator.damage(bytes)) else { continue }
            for tensor in reader.tensors.values { tensor.withUnsafeBytes { #expect($0.count == tensor.byteCount) } }
        }
    }

    @Test func errorsNameTensor() throws {
        func error(_ header: String) -> CheckpointError? {
            let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
            return #expect(throws: CheckpointError.self) { try read(length + Array(header.utf8) + [0, 0]) }
        }
        #expect(
            error(#"{"w":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}}"#)?.description
                == "sample.safetensors, tensor w: its type F4 is not read. Get the model in another precision.")
        #expect(
            error(#"{"w":{"dtype":"F16","shape":[4],"data_offsets":[0,8]}}"#)?.reason
                == "its bytes 0..<8 reach past the 2 in the file")
        #expect(
            error(#"{"w":{"dtype":"F16","shape":[2],"data_offsets":[0,2]}}"#)?.reason
                == "2 bytes do not hold the shape [2] of F16")
        #expect(error(#"{"w":{"dtype":"F16","shape":[1]}}"#)?.reason == "tensor w has no data_offsets")
    }
}
